"""The SQL of the report, one pure function for each question to the run's tables."""

from __future__ import annotations

from collections.abc import Iterable

from stillwatch.engine import Query, literal
from stillwatch.records.outputs import LEVELS

MEMBERS = 50  # accounts listed for each campaign; the rest is in `campaign_members.parquet`
VALUES = 24  # shared values listed and drawn for each network: a reader compares no more rows
VALUES_OF_A_CLAIM = 4  # of them at most of one claim, so that fifty shared phrases do not hide one shared card
LINKS = 4_000  # links fetched for each network's drawing


def campaigns_sql() -> Query:
    """All campaigns, the gravest level first, then the largest."""
    return Query(
        "report campaigns",
        f"SELECT * FROM campaigns ORDER BY {_level_rank('level')}, exchanges DESC, campaign_id",
    )


def reference_sql() -> Query:
    """What accounts outside networks ask for: one row, or none."""
    return Query("report reference", "SELECT accounts, exchanges, targets FROM reference_shares ORDER BY accounts")


def campaign_accounts_sql() -> Query:
    """How many distinct accounts are in any campaign: one row, `accounts`."""
    return Query("report campaign accounts", "SELECT count(DISTINCT account_id) AS accounts FROM campaign_members")


def days_sql(campaigns: Iterable[str]) -> Query:
    """Exchanges of each campaign on each day, sent before and after their account was detected."""
    return Query(
        "report days",
        f"""SELECT e.campaign_id, CAST(e.started_at AS DATE) AS day,
       count(*) FILTER (WHERE m.detected_at IS NULL OR e.started_at < m.detected_at) AS before,
       count(*) FILTER (WHERE e.started_at >= m.detected_at) AS after
FROM campaign_exchanges AS e
LEFT JOIN campaign_members AS m ON m.campaign_id = e.campaign_id AND m.account_id = e.account_id
WHERE e.campaign_id IN ({_list(campaigns)})
GROUP BY 1, 2
ORDER BY 1, 2""",
    )


def detections_sql(campaigns: Iterable[str]) -> Query:
    """When the first account and half of the accounts of a campaign were detected."""
    return Query(
        "report detections",
        f"""SELECT campaign_id, min(detected_at) AS first, min(detected_at) FILTER (WHERE 2 * nth >= members) AS half
FROM (
  SELECT campaign_id, detected_at, count(*) OVER (PARTITION BY campaign_id) AS members,
         row_number() OVER (PARTITION BY campaign_id ORDER BY detected_at, account_id) AS nth
  FROM campaign_members
  WHERE campaign_id IN ({_list(campaigns)})
) AS ranked
GROUP BY 1
ORDER BY 1""",
    )


def members_sql(campaigns: Iterable[str]) -> Query:
    """The strongest members of each campaign: gravest level, highest probability, most exchanges first."""
    order = f"{_level_rank('level')}, probability DESC, exchanges DESC, account_id"
    return Query(
        "report members",
        f"""SELECT campaign_id, account_id, exchanges, probability, level, detected_at
FROM (
  SELECT *, row_number() OVER (PARTITION BY campaign_id ORDER BY {order}) AS nth
  FROM campaign_members
  WHERE campaign_id IN ({_list(campaigns)})
) AS ranked
WHERE nth <= {MEMBERS}
ORDER BY campaign_id, nth""",
    )


def levels_sql(campaigns: Iterable[str]) -> Query:
    """How many accounts each campaign has at each level."""
    return Query(
        "report levels",
        f"""SELECT campaign_id, level, count(*) AS accounts
FROM campaign_members
WHERE campaign_id IN ({_list(campaigns)})
GROUP BY 1, 2
ORDER BY 1, {_level_rank("level")}""",
    )


def evidence_sql(subjects: Iterable[str]) -> Query:
    """Evidence about campaigns or networks, most bits first."""
    return Query(
        "report evidence",
        f"""SELECT subject, claim, bits, sentence, examples
FROM evidence
WHERE subject IN ({_list(subjects)})
ORDER BY subject, bits DESC, claim, sentence""",
    )


def alternatives_sql(subjects: Iterable[str]) -> Query:
    """Innocent explanations of campaigns or networks."""
    return Query(
        "report alternatives",
        f"""SELECT subject, alternative, verdict, sentence
FROM alternatives
WHERE subject IN ({_list(subjects)})
ORDER BY subject, alternative, sentence""",
    )


def networks_sql() -> Query:
    """All networks, the largest first."""
    return Query("report networks", "SELECT * FROM networks ORDER BY accounts DESC, network_id")


def values_sql(networks: Iterable[str]) -> Query:
    """The most surprising shared values of each network, of many claims."""
    order = "bits DESC, accounts DESC, value_id"
    return Query(
        "report values",
        f"""SELECT network_id, value_id, family, claim, accounts, outside_accounts, bits, shown
FROM (
  SELECT *, row_number() OVER (PARTITION BY network_id ORDER BY {order}) AS nth
  FROM (
    SELECT network_id, value_id, family, claim, accounts, outside_accounts, bits, shown,
           row_number() OVER (PARTITION BY network_id, claim ORDER BY {order}) AS nth_of_claim
    FROM network_values
    WHERE network_id IN ({_list(networks)})
  ) AS of_claims
  WHERE nth_of_claim <= {VALUES_OF_A_CLAIM}
) AS ranked
WHERE nth <= {VALUES}
ORDER BY network_id, nth""",
    )


def network_members_sql(network: str) -> Query:
    """The likeliest members of a network, those with most bits first, each with its gravest level in any campaign."""
    return Query(
        "report network members",
        f"""SELECT account_id, probability, linked_at, level
FROM (
  SELECT m.*, c.level, row_number() OVER (ORDER BY m.probability DESC, m.bits DESC, m.account_id) AS nth
  FROM network_members AS m LEFT JOIN ({gravest_level_sql()}) AS c ON c.account_id = m.account_id
  WHERE m.network_id = {literal(network)}
) AS ranked
WHERE nth <= {MEMBERS}
ORDER BY nth""",
    )


def gravest_level_sql() -> str:
    """SQL of `account_id` and the gravest `level` of every account that is in a campaign."""
    names = " ".join(f"WHEN {rank} THEN {literal(level)}" for rank, level in enumerate(LEVELS))
    rank = f"min({_level_rank('level')})"
    return f"SELECT account_id, CASE {rank} {names} END AS level FROM campaign_members GROUP BY account_id"


def links_sql(campaign: str | None, networks: Iterable[str]) -> Query:
    """Which account has which value in each network, and whether the account is in the campaign (None: in any)."""
    chosen = "" if campaign is None else f" WHERE campaign_id = {literal(campaign)}"
    return Query(
        "report links",
        f"""SELECT network_id, account_id, value_id, inside
FROM (
  SELECT l.network_id, l.account_id, l.value_id, m.account_id IS NOT NULL AS inside,
         row_number() OVER (PARTITION BY l.network_id ORDER BY l.account_id, l.value_id) AS nth
  FROM network_links AS l
  LEFT JOIN (SELECT DISTINCT account_id FROM campaign_members{chosen}) AS m ON m.account_id = l.account_id
  WHERE l.network_id IN ({_list(networks)})
) AS ranked
WHERE nth <= {LINKS}
ORDER BY network_id, account_id, value_id""",
    )


def channels_off_sql() -> Query:
    """The sorts of evidence that could not be used because columns or days are missing."""
    return Query(
        "report channels off", "SELECT name, sentence FROM evidence_sources WHERE NOT available ORDER BY name, sentence"
    )


def sources_sql() -> Query:
    """Every input file."""
    return Query("report sources", "SELECT * FROM sources ORDER BY feeds, source, digest")


def quarantine_sql() -> Query:
    """Unused rows by reason and sort of file, each with the first place where it was met."""
    return Query(
        "report quarantine",
        """SELECT reason, rows, source, line, raw, feeds
FROM (
  SELECT q.*, s.feeds, count(*) OVER (PARTITION BY q.reason, s.feeds) AS rows,
         row_number() OVER (PARTITION BY q.reason, s.feeds ORDER BY q.source, q.line, q.raw) AS nth
  FROM quarantine AS q
  LEFT JOIN (SELECT source, min(feeds) AS feeds FROM sources GROUP BY source) AS s ON s.source = q.source
) AS ranked
WHERE nth = 1
ORDER BY rows DESC, reason, feeds""",
    )


def unread_sql() -> Query:
    """Files that were not read, or not to their end; those passed over by their names are left out."""
    return Query(
        "report unread files", "SELECT source, reason, in_part FROM unread_files WHERE NOT passed_over ORDER BY source"
    )


def altered_sql() -> Query:
    """One row: accounts whose texts were altered, those of them in campaigns, and the exchanges."""
    return Query(
        "report altered texts",
        """
SELECT
  count(DISTINCT altered.account_id) AS accounts,
  count(DISTINCT members.account_id) AS in_campaigns,
  CAST(coalesce(sum(rows), 0) AS BIGINT) AS exchanges
FROM (SELECT account_id, max(rows) AS rows FROM altered_accounts GROUP BY account_id) AS altered
LEFT JOIN (SELECT DISTINCT account_id FROM campaign_members) AS members ON members.account_id = altered.account_id
""",
    )


def _level_rank(column: str) -> str:
    cases = " ".join(f"WHEN {literal(level)} THEN {rank}" for rank, level in enumerate(LEVELS))
    return f"CASE {column} {cases} ELSE {len(LEVELS)} END"


def _list(ids: Iterable[str]) -> str:
    return ", ".join(literal(one) for one in ids) or "NULL"
