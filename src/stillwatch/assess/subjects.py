"""The subjects of this run and of earlier ones, read from tables for judgements and written as lineage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.assess.judgements import (
    EVER,
    PERMITTED,
    Applied,
    Present,
    Resolution,
    Statement,
    events_of,
    resolve,
    through,
)
from stillwatch.assess.permits import (
    accusable_exchanges_sql,
    latest_judgements_sql,
    outgrown_exchanges_sql,
    permitted_accounts_sql,
    permitted_exchanges_sql,
)
from stillwatch.engine import Engine, Query
from stillwatch.records.columns import Kind, Table, columns
from stillwatch.records.lineage import CAMPAIGN, LINEAGE, LINEAGE_MEMBERS, NETWORK
from stillwatch.records.outputs import APPLIED_JUDGEMENTS
from stillwatch.records.subjects import ACCOUNT
from stillwatch.runs.lineage import Found, Groups, History, advance, history, newest_exchange

ACCOUNT_JUDGEMENTS = Table(
    "account_judgements", columns(Kind.STRING, "account_id verdict", required=True), ("account_id",)
)
"""The judgement of each account that has one, its own or one of a network or campaign that it belonged to."""

PERMIT_ACCOUNTS = Table("permit_accounts", columns(Kind.STRING, "permit_id account_id", required=True), ("permit_id",))
"""The accounts of permits that name a network or campaign as their holder."""


def named_accounts_sql() -> Query:
    """Subjects of judgements that are accounts seen or registered, as `records.subjects` names them."""
    return Query(
        "judged accounts",
        f"""
SELECT DISTINCT subject
FROM (
  SELECT
    subject,
    CASE WHEN left(subject, {len(ACCOUNT)}) = '{ACCOUNT}'
      THEN right(subject, length(subject) - {len(ACCOUNT)}) ELSE subject END AS account_id
  FROM latest_judgements
) AS named
WHERE account_id IN (SELECT account_id FROM account_sketches) OR account_id IN (SELECT account_id FROM accounts)
ORDER BY subject
""",
    )


def holders_sql() -> Query:
    """Every permit, and whether its holder is an account seen or registered or an organisation."""
    return Query(
        "permits and their holders",
        """
SELECT
  permit_id, holder, purpose, valid_from,
  holder IN (SELECT account_id FROM account_sketches)
    OR holder IN (SELECT account_id FROM accounts)
    OR holder IN (SELECT organisation_id FROM accounts WHERE organisation_id IS NOT NULL) AS registered
FROM permits
ORDER BY permit_id
""",
    )


def present(engine: Engine) -> Present:
    """This run's networks and candidates with their accounts, and the accounts that judgements name."""
    pairs = engine.fetch(Query("candidates", "SELECT candidate_id, network_id FROM candidate_campaigns"))
    return Present(
        frozenset(engine.fetch(named_accounts_sql())["subject"].to_pylist()),
        _groups(engine, "network_id", "network_members"),
        _groups(engine, "candidate_id", "candidate_members"),
        dict(zip(pairs["candidate_id"].to_pylist(), pairs["network_id"].to_pylist(), strict=True)),
    )


def statements(engine: Engine, subjects: Container[str]) -> Iterator[Statement]:
    """The latest judgement on each subject, and the permits that may name a network or campaign.

    `subjects` are the ids of networks and campaigns, which no account and no organisation can take over.
    """
    judgements = Query("judgements", "SELECT * FROM latest_judgements ORDER BY subject")
    for row in engine.fetch(judgements).to_pylist():
        yield Statement(
            "judgement", row["subject"], row["verdict"], row["decided_at"], row["decided_by"], row["reason"]
        )
    for row in engine.fetch(holders_sql()).to_pylist():
        if row["registered"] and row["holder"] not in subjects:
            continue
        since = row["valid_from"] or EVER
        yield Statement("permit", row["holder"], PERMITTED, since, None, row["purpose"], row["permit_id"])


def settle(engine: Engine) -> tuple[History, Present, Resolution]:
    """What people have said, resolved for this run, and the exchanges that may still be accused.

    Writes `latest_judgements`, `account_judgements`, `permit_accounts`, `permitted_exchanges`, `permitted_accounts`,
    `outgrown_exchanges` and the view `accusable_exchanges`. Raises InputError when the previous run had read further
    than this one.
    """
    engine.create("latest_judgements", latest_judgements_sql())
    past, known = history(engine), present(engine)
    subjects = past.subjects | known.networks.keys() | known.candidates.keys()
    found = resolve(past, known, tuple(statements(engine, subjects)))
    write_resolution(engine, found)
    engine.create("permitted_exchanges", permitted_exchanges_sql())
    engine.create("permitted_accounts", permitted_accounts_sql())
    engine.create("outgrown_exchanges", outgrown_exchanges_sql())
    engine.view("accusable_exchanges", accusable_exchanges_sql())
    return past, known, found


def write_resolution(engine: Engine, found: Resolution) -> None:
    """Writes `account_judgements` and `permit_accounts`, which later queries join."""
    judged = [{"account_id": account, "verdict": said} for account, said in sorted(found.accounts.items())]
    engine.store(ACCOUNT_JUDGEMENTS, pa.Table.from_pylist(judged, schema=ACCOUNT_JUDGEMENTS.schema))
    held = [
        {"permit_id": permit, "account_id": account}
        for permit, accounts in sorted(found.permitted.items())
        for account in sorted(accounts)
    ]
    engine.store(PERMIT_ACCOUNTS, pa.Table.from_pylist(held, schema=PERMIT_ACCOUNTS.schema))


def write_lineage(engine: Engine, past: History, networks: Groups, applied: tuple[Applied, ...]) -> History:
    """Writes what became of every network and campaign, and for whom each judgement holds in this run.

    Returns the history with this run.
    """
    formed = engine.fetch(Query("formed", "SELECT network_id, formed_at FROM networks"))
    born = dict(zip(formed["network_id"].to_pylist(), formed["formed_at"].to_pylist(), strict=True))
    found = {NETWORK: Found(networks, born), CAMPAIGN: _campaigns(engine)}
    at = newest_exchange(engine) or pc.max(past.events["at"]).as_py()
    now = past if at is None else advance(past, found, at)
    engine.store(LINEAGE, now.events)
    engine.store(LINEAGE_MEMBERS, now.members)
    happened = events_of(now)
    rows = [
        {
            "source": one.statement.source,
            "subject": one.statement.subject,
            "verdict": one.statement.verdict,
            "decided_at": None if one.statement.decided_at == EVER else one.statement.decided_at,
            "decided_by": one.statement.decided_by,
            "reason": one.statement.reason,
            "applies_to": one.subject,
            "accounts": one.accounts,
            "through": through(happened, one.statement.subject, one.statement.decided_at),
        }
        for one in applied
    ]
    engine.store(APPLIED_JUDGEMENTS, pa.Table.from_pylist(rows, schema=APPLIED_JUDGEMENTS.schema))
    return now


def _groups(engine: Engine, name: str, table: str) -> dict[str, frozenset[str]]:
    rows = engine.fetch(Query(table, f"SELECT {name}, account_id FROM {table}"))
    found: dict[str, set[str]] = defaultdict(set)
    for subject, account in zip(rows[name].to_pylist(), rows["account_id"].to_pylist(), strict=True):
        found[subject].add(account)
    return {subject: frozenset(accounts) for subject, accounts in found.items()}


def _campaigns(engine: Engine) -> Found:
    first = engine.fetch(
        Query("detected", "SELECT campaign_id, min(detected_at) AS at FROM campaign_members GROUP BY campaign_id")
    )
    born: dict[str, datetime] = dict(zip(first["campaign_id"].to_pylist(), first["at"].to_pylist(), strict=True))
    return Found(_groups(engine, "campaign_id", "campaign_members"), born)
