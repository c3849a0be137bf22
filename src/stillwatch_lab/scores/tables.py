"""The SQL of the scores: each query compares one aspect of a run with the truth."""

from __future__ import annotations

from pathlib import Path

from stillwatch.engine import Engine, Query, literal
from stillwatch.errors import InputError
from stillwatch.records.columns import Kind, Table, columns

LEVELS_SQL = "CASE level WHEN 'act' THEN 0 WHEN 'review' THEN 1 ELSE 2 END"
MILLIONTHS = 1_000_000
"""Probabilities are summed as whole millionths, so that no sum depends on the order of threads."""

RUN_FILES = ("campaigns", "campaign_members", "campaign_exchanges")
TRUTH_FILES = ("accounts", "exchanges", "campaigns")

MATCHES = Table("matches", columns(Kind.STRING, "found truth", required=True))
"""Pairs of a found campaign and the true campaign that it matches."""


def name_files(engine: Engine, run: Path, truth: Path) -> None:
    """Makes views over the files of a run and of the truth, and the tables `pairs` and `found_accounts`.

    The views are `campaigns`, `campaign_members`, `campaign_exchanges`, `true_accounts`, `true_campaigns`, and
    `true_exchanges` with `started_at`, taken from the world's logs if the truth does not have it. Accounts with the
    role `apart` are counted neither as innocents nor in the reliability. Raises InputError, which names every missing
    file.
    """
    files = {name: run / f"{name}.parquet" for name in RUN_FILES}
    files |= {f"true_{name}": truth / f"{name}.parquet" for name in TRUTH_FILES}
    missing = [f"`{path}`" for path in files.values() if not path.is_file()]
    if missing:
        raise InputError(f"cannot score without {', '.join(missing)}; name a finished run and a world's `truth` folder")
    for name, path in files.items():
        engine.view(name, Query(name, f"SELECT * FROM read_parquet({literal(str(path))})"))
    if "started_at" not in engine.columns("true_exchanges"):
        engine.view("true_exchanges", _timed_exchanges_sql(truth))
    engine.create("pairs", _pairs_sql())
    engine.create("found_accounts", _found_accounts_sql())


def _timed_exchanges_sql(truth: Path) -> Query:
    labels, logs = literal(str(truth / "exchanges.parquet")), literal(str(truth.parent / "exchanges" / "*.parquet"))
    return Query(
        "true exchanges with their times",
        f"""
SELECT labels.*, logs.started_at
FROM read_parquet({labels}) AS labels
JOIN (SELECT exchange_id, started_at FROM read_parquet({logs})) AS logs USING (exchange_id)
""",
    )


def _pairs_sql() -> Query:
    """The accounts of each true campaign; an account of several campaigns has a row for each."""
    return Query(
        "true memberships",
        """
SELECT DISTINCT campaign_id, account_id
FROM (
    SELECT campaign_id, account_id FROM true_accounts
    UNION ALL
    SELECT campaign_id, account_id FROM true_exchanges
)
WHERE campaign_id IS NOT NULL
""",
    )


def _found_accounts_sql() -> Query:
    """One row an accused account: its level (0 act, 1 review, 2 watch), and its first times at `act` and any level."""
    return Query(
        "found accounts",
        f"""
SELECT
    account_id,
    min({LEVELS_SQL}) AS level,
    min(detected_at) FILTER (WHERE level = 'act') AS act_at,
    min(detected_at) AS any_at
FROM campaign_members
GROUP BY account_id
""",
    )


def true_campaigns_sql() -> Query:
    """One row a true campaign, with its accounts counted by the level at which they were found."""
    return Query(
        "true campaigns",
        """
SELECT
    truth.campaign_id, truth.rung, truth.first_seen, truth.last_seen, truth.targets,
    count(pairs.account_id) AS accounts,
    count(*) FILTER (WHERE found.level = 0) AS act,
    count(*) FILTER (WHERE found.level <= 1) AS review,
    count(*) FILTER (WHERE found.level <= 2) AS watch
FROM true_campaigns AS truth
LEFT JOIN pairs USING (campaign_id)
LEFT JOIN found_accounts AS found USING (account_id)
GROUP BY ALL
ORDER BY truth.campaign_id
""",
    )


def found_campaigns_sql() -> Query:
    """One row a found campaign."""
    return Query(
        "found campaigns",
        f"""
SELECT campaign_id, first_seen, last_seen, accounts, exchanges, expected_innocent_accounts AS expected, targets,
    {LEVELS_SQL} AS level
FROM campaigns
ORDER BY campaign_id
""",
    )


def overlaps_sql() -> Query:
    """The number of members that each found campaign has of each true one; NULL means innocents."""
    return Query(
        "members by truth",
        """
SELECT members.campaign_id AS found, pairs.campaign_id AS truth, count(*) AS members
FROM campaign_members AS members
LEFT JOIN pairs USING (account_id)
GROUP BY ALL
ORDER BY found, truth NULLS LAST
""",
    )


def exchanges_sql() -> Query:
    """Numbers of exchanges of each true campaign: all, those before `act`, those before any level."""
    return Query(
        "leaked exchanges",
        """
SELECT
    campaign_id,
    count(*) AS exchanges,
    count(*) FILTER (WHERE act_at IS NULL OR started_at < act_at) AS before_act,
    count(*) FILTER (WHERE any_at IS NULL OR started_at < any_at) AS before_any
FROM true_exchanges
LEFT JOIN found_accounts USING (account_id)
WHERE campaign_id IS NOT NULL
GROUP BY campaign_id
ORDER BY campaign_id
""",
    )


def matched_exchanges_sql() -> Query:
    """Numbers of exchanges listed by the found campaigns that match each true one, and those that belong to it."""
    return Query(
        "exchanges of matching campaigns by truth",
        """
WITH listed AS (
    SELECT DISTINCT matches.truth, exchange_id
    FROM campaign_exchanges JOIN matches ON matches.found = campaign_exchanges.campaign_id
)
SELECT listed.truth, count(*) AS listed, count(labels.exchange_id) AS hits
FROM listed
LEFT JOIN (SELECT DISTINCT exchange_id, campaign_id FROM true_exchanges) AS labels
    ON labels.exchange_id = listed.exchange_id AND labels.campaign_id = listed.truth
GROUP BY listed.truth
ORDER BY listed.truth
""",
    )


def innocents_sql() -> Query:
    """Innocents by kind and group: the number of accounts, and of those accused at each level."""
    return Query(
        "accused innocents",
        """
WITH innocent AS (SELECT * FROM true_accounts SEMI JOIN
    (SELECT account_id FROM true_accounts WHERE role <> 'apart' EXCEPT SELECT account_id FROM pairs) AS outside
    USING (account_id))
SELECT
    kind,
    CAST(group_id AS VARCHAR) AS group_id,
    count(*) AS accounts,
    count(*) FILTER (WHERE found.level = 0) AS act,
    count(*) FILTER (WHERE found.level <= 1) AS review,
    count(*) FILTER (WHERE found.level <= 2) AS watch
FROM innocent LEFT JOIN found_accounts AS found USING (account_id)
GROUP BY ALL
ORDER BY kind, group_id NULLS FIRST
""",
    )


def strangers_sql() -> Query:
    """The number of accused accounts that are not in the truth; they count as innocents of a kind of their own."""
    return Query(
        "accused strangers",
        """
SELECT count(*) FILTER (WHERE level = 0) AS act, count(*) FILTER (WHERE level <= 1) AS review, count(*) AS watch
FROM found_accounts ANTI JOIN true_accounts USING (account_id)
""",
    )


def reliability_sql() -> Query:
    """Members by tenth of their probability: number, summed probability (in millionths), number in true campaigns."""
    return Query(
        "reliability",
        f"""
SELECT
    least(floor(probability * 10), 9)::BIGINT AS tenth,
    count(*) AS members,
    sum(round(probability * {MILLIONTHS})::BIGINT)::BIGINT AS stated,
    count(truth.account_id) AS observed
FROM campaign_members AS members
ANTI JOIN (SELECT account_id FROM true_accounts WHERE role = 'apart') AS apart USING (account_id)
LEFT JOIN (SELECT DISTINCT account_id FROM pairs) AS truth USING (account_id)
GROUP BY tenth
ORDER BY tenth
""",
    )
