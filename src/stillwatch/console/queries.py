"""The SQL of the pages that the report does not ask: lists that go on, one account, and what is found by its name."""

from __future__ import annotations

from collections.abc import Sequence

from stillwatch.engine import Query, literal
from stillwatch.records import Table
from stillwatch.records.columns import Kind, columns

PAGE = 100
"""Rows of one page of a list."""
PEERS = 12

PLACES_MADE = Table(
    "places_made",
    (
        *columns(Kind.STRING, "account_id subject sort", required=True),
        *columns(Kind.STRING, "level"),
        *columns(Kind.FLOAT64, "probability bits"),
        *columns(Kind.INT64, "exchanges"),
        *columns(Kind.TIMESTAMP, "since until"),
    ),
    ("account_id", "sort", "subject"),
)
"""Where each account is found, in the order of accounts: the run's own tables are in the order of networks."""


def places_sql() -> Query:
    """Every network and campaign that an account belongs to, or belonged to in an earlier run."""
    return Query(
        "console places",
        """SELECT account_id, network_id AS subject, 'network' AS sort, NULL AS level, probability, bits,
  NULL AS exchanges, linked_at AS since, NULL AS until
FROM network_members
UNION ALL
SELECT account_id, campaign_id, 'campaign', level, probability, NULL, exchanges, detected_at, NULL
FROM campaign_members
UNION ALL
SELECT account_id, subject, 'earlier', NULL, NULL, NULL, NULL, joined_at, left_at
FROM lineage_members WHERE left_at IS NOT NULL""",
    )


def newest_sql() -> Query:
    """The newest exchange of any network."""
    return Query("console newest", "SELECT max(last_seen) AS newest FROM networks")


def account_sql(account: str) -> Query:
    """Where an account is found."""
    return Query(
        "console account",
        f"SELECT * FROM places WHERE account_id = {literal(account)} ORDER BY sort, probability DESC, subject",
    )


def beginning_sql(text: str, most: int) -> Query:
    """Accounts whose ids begin with a text."""
    return Query(
        "console accounts that begin so",
        f"""SELECT DISTINCT account_id FROM places
WHERE account_id >= {literal(text)} AND starts_with(account_id, {literal(text)})
ORDER BY account_id LIMIT {most}""",
    )


def account_days_sql(account: str, campaigns: Sequence[str]) -> Query:
    """Exchanges of an account in each of its campaigns on each day."""
    return Query(
        "console account days",
        f"""SELECT campaign_id, CAST(started_at AS DATE) AS day, count(*) AS exchanges
FROM campaign_exchanges
WHERE campaign_id IN ({_list(campaigns)}) AND account_id = {literal(account)}
GROUP BY 1, 2 ORDER BY 1, 2""",
    )


def account_values_sql(account: str, networks: Sequence[str], most: int) -> Query:
    """What an account shares with its networks, as far as the sample of links has it."""
    return Query(
        "console account values",
        f"""SELECT v.*
FROM network_links AS l JOIN network_values AS v ON v.network_id = l.network_id AND v.value_id = l.value_id
WHERE l.network_id IN ({_list(networks)}) AND v.network_id IN ({_list(networks)})
  AND l.account_id = {literal(account)}
ORDER BY v.bits DESC, v.value_id LIMIT {most}""",
    )


def account_peers_sql(account: str, networks: Sequence[str]) -> Query:
    """The accounts that share most values with one, as far as the sample of links has them."""
    return Query(
        "console peers",
        f"""SELECT o.account_id, count(*) AS shared
FROM network_links AS m JOIN network_links AS o ON o.network_id = m.network_id AND o.value_id = m.value_id
WHERE m.network_id IN ({_list(networks)}) AND o.network_id IN ({_list(networks)})
  AND m.account_id = {literal(account)} AND o.account_id <> {literal(account)}
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {PEERS}""",
    )


def campaign_spread_sql(campaign: str) -> Query:
    """How the accounts of a campaign are spread over exchanges and probability: one row."""
    return Query(
        "console spread",
        f"""SELECT count(*) AS accounts, CAST(quantile_disc(exchanges, 0.1) AS BIGINT) AS low,
  CAST(quantile_disc(exchanges, 0.5) AS BIGINT) AS middle, CAST(quantile_disc(exchanges, 0.9) AS BIGINT) AS high,
  quantile_disc(probability, 0.5) AS probability
FROM campaign_members WHERE campaign_id = {literal(campaign)}""",
    )


def campaign_accounts_sql(campaign: str, after: str | None, level: str | None) -> Query:
    """Accounts of a campaign in the order of their ids, behind one; of one level, or of all."""
    return Query(
        "console campaign accounts",
        f"""SELECT account_id, level, probability, exchanges, detected_at AS since
FROM campaign_members
WHERE campaign_id = {literal(campaign)}{_after(after)}{"" if level is None else f" AND level = {literal(level)}"}
ORDER BY account_id LIMIT {PAGE + 1}""",
    )


def network_accounts_sql(network: str, after: str | None, value: str | None) -> Query:
    """Accounts of a network in the order of their ids, behind one; those that hold a value, or all."""
    chosen = (
        ""
        if value is None
        else (
            f" AND account_id IN (SELECT account_id FROM network_links WHERE network_id = {literal(network)}"
            f" AND value_id = {literal(value)})"
        )
    )
    return Query(
        "console network accounts",
        f"""SELECT account_id, NULL AS level, probability, bits, linked_at AS since
FROM network_members
WHERE network_id = {literal(network)}{_after(after)}{chosen}
ORDER BY account_id LIMIT {PAGE + 1}""",
    )


def levels_sql(campaigns: Sequence[str], accounts: Sequence[str]) -> Query:
    """The levels of some accounts in some campaigns."""
    return Query(
        "console levels",
        f"""SELECT account_id, level FROM campaign_members
WHERE campaign_id IN ({_list(campaigns)}) AND account_id IN ({_list(accounts)})""",
    )


def per_day_sql() -> Query:
    """Exchanges of all campaigns on each day, by the campaign's level."""
    return Query(
        "console per day",
        """SELECT CAST(e.started_at AS DATE) AS day, c.level, count(*) AS exchanges
FROM campaign_exchanges AS e JOIN campaigns AS c ON c.campaign_id = e.campaign_id
GROUP BY 1, 2 ORDER BY 1, 2""",
    )


def fresh_sql() -> Query:
    """What the newest run of the lineage noticed, the largest first."""
    return Query(
        "console fresh",
        """SELECT run, subject, event, other, "at", accounts, overlap FROM lineage
WHERE run = (SELECT max(run) FROM lineage) AND event IN ('born', 'grew', 'merged_into', 'split_from', 'returned')
ORDER BY event = 'grew', accounts DESC, subject LIMIT 20""",
    )


def born_sql() -> Query:
    """When each subject was first found."""
    return Query("console born", "SELECT subject, min(\"at\") AS since FROM lineage WHERE event = 'born' GROUP BY 1")


def shown_values_sql(text: str, most: int) -> Query:
    """Shared values that hold a text as the log has them, with the network that shares them."""
    return Query(
        "console shown values",
        f"""SELECT network_id, value_id, claim, shown, accounts, outside_accounts
FROM network_values WHERE contains(lower(shown), {literal(text.lower())})
ORDER BY accounts DESC, network_id, value_id LIMIT {most}""",
    )


def shared_objects_sql(after: int) -> Query:
    """Values that several networks share, or that most members hold, the widest first."""
    return Query(
        "console shared objects",
        f"""SELECT shown, claim, count(*) AS networks, CAST(sum(accounts) AS BIGINT) AS accounts,
  CAST(sum(outside_accounts) AS BIGINT) AS outside, min(network_id) AS example
FROM network_values WHERE shown IS NOT NULL
GROUP BY 1, 2 ORDER BY networks DESC, accounts DESC, shown, claim LIMIT {PAGE + 1} OFFSET {after}""",
    )


def applied_sql(subject: str | None) -> Query:
    """What judgements and permits meant in the run: of one subject, or the newest of all."""
    chosen = "" if subject is None else f"WHERE subject = {literal(subject)} OR applies_to = {literal(subject)}"
    return Query(
        "console applied judgements",
        f"""SELECT source, subject, verdict, decided_at, decided_by, reason, applies_to, accounts, through
FROM applied_judgements {chosen} ORDER BY decided_at DESC, subject LIMIT 200""",
    )


def picture_members_sql(network: str) -> Query:
    """Every account of a network, in the order of ids."""
    return Query(
        "console picture accounts",
        f"SELECT account_id FROM network_members WHERE network_id = {literal(network)} ORDER BY account_id",
    )


def picture_accused_sql(campaigns: Sequence[str]) -> Query:
    """The accounts of some campaigns with their levels."""
    return Query(
        "console picture levels",
        f"SELECT account_id, level FROM campaign_members WHERE campaign_id IN ({_list(campaigns)})",
    )


def picture_links_sql(network: str) -> Query:
    """Which account of a network holds which value, as far as the sample has it."""
    return Query(
        "console picture links",
        f"""SELECT account_id, value_id FROM network_links WHERE network_id = {literal(network)}
ORDER BY account_id, value_id""",
    )


def picture_values_sql(network: str, most: int) -> Query:
    """The most surprising values of a network, which become the picture's hubs."""
    return Query(
        "console picture values",
        f"""SELECT * FROM network_values WHERE network_id = {literal(network)}
ORDER BY bits DESC, accounts DESC, value_id LIMIT {most}""",
    )


def _after(account: str | None) -> str:
    return "" if account is None else f" AND account_id > {literal(account)}"


def _list(ids: Sequence[str]) -> str:
    return ", ".join(literal(one) for one in ids) or "NULL"
