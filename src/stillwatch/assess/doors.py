"""Through which door accounts came in, which checks they had passed there, and what campaigns took through it.

An account has one door, so that doors add up: its reseller, else the programme that it was admitted to, else the free
plan, else the channel of its first exchange. An account of several campaigns counts for the one that it served most.
"""

from __future__ import annotations

from stillwatch.engine import Engine, Query, literal
from stillwatch.records.inputs import VERIFICATIONS
from stillwatch.records.outputs import DOORS, RESELLERS, RESOLD_ACCOUNTS

ENTRIES = "entries"
"""One row for each account with exchanges: its door, and where it was found."""


def write(engine: Engine) -> None:
    """Writes `doors`, `resellers` and `resold_accounts`, and `entries` for what else is asked of accounts."""
    engine.create("first_channels", first_channels_sql())
    engine.create(ENTRIES, entries_sql())
    for table, query in ((DOORS, doors_sql()), (RESELLERS, resellers_sql()), (RESOLD_ACCOUNTS, resold_sql())):
        engine.store(table, engine.fetch(query))


def first_channels_sql() -> Query:
    """The channel of each account's first exchange."""
    return Query(
        "first channels",
        """
SELECT opened.account_id, min(opened.channel) AS channel
FROM exchange_sketches AS opened
JOIN account_sketches AS first ON first.account_id = opened.account_id AND first.first_seen = opened.started_at
WHERE opened.channel IS NOT NULL
GROUP BY opened.account_id
""",
    )


def entries_sql() -> Query:
    """Every account with its door, its check and its campaign, if any."""
    return Query(
        "entries",
        f"""
WITH early AS (
  SELECT taken.campaign_id, taken.account_id, count(*) AS exchanges
  FROM campaign_exchanges AS taken
  JOIN campaign_members AS found ON found.campaign_id = taken.campaign_id AND found.account_id = taken.account_id
  WHERE taken.started_at < found.detected_at
  GROUP BY taken.campaign_id, taken.account_id
),
served AS (
  SELECT *
  FROM campaign_members
  QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY exchanges DESC, campaign_id) = 1
),
linked AS (
  SELECT members.account_id, min(networks.kind) AS kind
  FROM network_members AS members JOIN networks ON networks.network_id = members.network_id
  GROUP BY members.account_id
)
SELECT
  seen.account_id,
  CASE
    WHEN stated.reseller_id IS NOT NULL THEN 'reseller'
    WHEN stated.account_type IN ('education', 'research', 'startup') THEN stated.account_type
    WHEN stated.plan = 'free' THEN 'free'
    ELSE 'channel'
  END AS door,
  came.channel,
  CASE
    WHEN stated.verification IN ({", ".join(map(literal, VERIFICATIONS))}) THEN stated.verification
  END AS verification,
  stated.reseller_id,
  stated.account_id IS NOT NULL AS registered,
  seen.exchanges,
  served.campaign_id,
  served.level,
  served.probability,
  served.exchanges AS served_exchanges,
  coalesce(early.exchanges, 0) AS early_exchanges,
  epoch(served.detected_at - CASE
    WHEN stated.created_at <= seen.first_seen THEN stated.created_at ELSE seen.first_seen
  END) AS waited,
  linked.kind,
  coalesce(judged.verdict, '') = 'innocent' AS cleared
FROM account_sketches AS seen
LEFT JOIN accounts AS stated ON stated.account_id = seen.account_id
LEFT JOIN first_channels AS came ON came.account_id = seen.account_id
LEFT JOIN served ON served.account_id = seen.account_id
LEFT JOIN early ON early.account_id = served.account_id AND early.campaign_id = served.campaign_id
LEFT JOIN linked ON linked.account_id = seen.account_id
LEFT JOIN account_judgements AS judged ON judged.account_id = seen.account_id
""",
    )


def doors_sql() -> Query:
    """Counts by door, check and campaign; probabilities are summed in millionths, so that no order changes the sum."""
    return Query(
        "doors",
        """
SELECT
  door,
  CASE WHEN door = 'channel' THEN channel END AS channel,
  verification,
  campaign_id,
  level,
  count(*) AS accounts,
  count(*) FILTER (WHERE cleared) AS cleared_accounts,
  CAST(sum(coalesce(served_exchanges, exchanges)) AS BIGINT) AS exchanges,
  CAST(sum(early_exchanges) AS BIGINT) AS early_exchanges,
  count(*) FILTER (WHERE waited <= 3600) AS within_hour,
  count(*) FILTER (WHERE waited <= 86400) AS within_day,
  count(*) FILTER (WHERE waited <= 604800) AS within_week,
  CAST(sum(CAST(round(1000000 * (1.0 - coalesce(probability, 1.0))) AS BIGINT)) AS BIGINT) / 1000000.0
    AS expected_innocent_accounts
FROM entries
GROUP BY 1, 2, 3, 4, 5
""",
    )


def resellers_sql() -> Query:
    """What came in through each reseller, beside the newest permit for resale that it holds."""
    return Query(
        "resellers",
        """
WITH permit AS (
  SELECT *
  FROM permits
  WHERE purpose = 'resale'
  QUALIFY row_number() OVER (PARTITION BY holder ORDER BY valid_from DESC, permit_id) = 1
),
sold AS (
  SELECT
    reseller_id,
    count(*) AS accounts,
    CAST(sum(exchanges) AS BIGINT) AS exchanges,
    count(*) FILTER (WHERE level = 'act') AS act,
    count(*) FILTER (WHERE level = 'review') AS review,
    count(*) FILTER (WHERE level = 'watch') AS watch,
    CAST(sum(CASE WHEN campaign_id IS NULL THEN 0 ELSE served_exchanges END) AS BIGINT) AS campaign_exchanges
  FROM entries
  WHERE reseller_id IS NOT NULL
  GROUP BY reseller_id
)
SELECT sold.*, permit.permit_id, permit.valid_from, permit.valid_until, permit.duties
FROM sold LEFT JOIN permit ON permit.holder = sold.reseller_id
""",
    )


def resold_sql() -> Query:
    """The accounts in campaigns that came in through a reseller."""
    return Query(
        "resold accounts",
        """
SELECT reseller_id, account_id, campaign_id, level
FROM entries
WHERE reseller_id IS NOT NULL AND campaign_id IS NOT NULL
""",
    )
