"""One account: why it is in or out, what it shares, its peers, decisions about it and the way to object."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from stillwatch.console import queries, review, subjects
from stillwatch.console.asked import Asked, NotFoundError, note_view
from stillwatch.console.findings import Run
from stillwatch.console.render import page
from stillwatch.console.views import screening
from stillwatch.ledger.records import LEVELS
from stillwatch.records.subjects import INNOCENT_RETURNS, of_account
from stillwatch.report import convert
from stillwatch.report.document import Alternative, Value
from stillwatch.report.queries import alternatives_sql
from stillwatch.serve.http import Response

VALUES = 24


def one(asked: Asked) -> Response:
    """Shows one account; that it was looked at is noted before."""
    account = asked.query.get("id", "")
    if not account:
        raise NotFoundError("The address names no account.")
    note_view(asked, "account", [account])
    run = asked.site.findings.run_if_any
    verdict = asked.site.snapshots.find(account)
    decisions = asked.ledger.decisions.list(account_id=account, limit=100)
    subject = of_account(account)
    judgements = asked.ledger.judgements.list(subject)
    newest = review.newest_of(asked.ledger, subject)
    found = story(run, account) if run is not None else {}
    appealed = {one.decision.decision_id for one in decisions}
    return page(
        asked,
        "account.html.j2",
        title="Account",
        run=run,
        account=account,
        subject=subject,
        verdict=verdict,
        decisions=decisions,
        appeals=[one for one in asked.ledger.appeals.list() if one.decision_id in appealed] if appealed else [],
        judgements=judgements,
        newest=newest,
        seen=newest.judgement_id if newest else "",
        notes=asked.ledger.notes.list(subject),
        taken=asked.ledger.claims.held(asked.now).get(subject),
        second_person_above=asked.site.settings.console.second_person_above,
        known=bool(found.get("places")),
        back=screening.returned(asked, account),
        innocent_returns=INNOCENT_RETURNS,
        **{
            "places": [],
            "networks": [],
            "campaigns": [],
            "level": "none",
            "values": [],
            "peers": [],
            "open": {},
            **found,
        },
    )


def story(run: Run, account: str) -> dict[str, Any]:
    """What the run says of an account."""
    places = run.rows(queries.account_sql(account))
    networks = [row["subject"] for row in places if row["sort"] == "network"]
    names = [row["subject"] for row in places if row["sort"] == "campaign"]
    levels = [row["level"] for row in places if row["level"] in LEVELS]
    return {
        "places": places,
        "networks": [
            {**row, **(subjects.network(run, row["subject"]) or {})} for row in places if row["sort"] == "network"
        ],
        "campaigns": [_campaign(run, account, row) for row in places if row["sort"] == "campaign"],
        "level": max(levels, key=LEVELS.index, default="none"),
        "values": by_sort(convert.value(row) for row in run.rows(queries.account_values_sql(account, networks, VALUES)))
        if networks
        else [],
        "peers": run.rows(queries.account_peers_sql(account, networks)) if networks else [],
        "open": _explanations(run, [*names, *networks]),
    }


def by_sort(values: Iterable[Value]) -> list[tuple[Value, int]]:
    """Shared values, the strongest first: each that can be shown, and of those that cannot one of each claim, with
    the number of its fellows.
    """
    first: dict[tuple[str, str | None], Value] = {}
    count = Counter[tuple[str, str | None]]()
    for one in values:
        first.setdefault((one.claim, one.shown), one)
        count[one.claim, one.shown] += 1
    return [(one, count[key] - 1) for key, one in first.items()]


def _campaign(run: Run, account: str, place: dict[str, Any]) -> dict[str, Any]:
    """One campaign of an account: how the account stands in it, and on which days it took part."""
    name = place["subject"]
    spread = run.rows(queries.campaign_spread_sql(name))[0]
    days: dict[date, int] = defaultdict(int)
    for row in run.rows(queries.account_days_sql(account, [name])):
        days[row["day"]] += row["exchanges"]
    most = max(days.values(), default=1)
    campaign = subjects.campaign(run, name)
    return {
        **place,
        "spread": spread,
        "campaign": campaign,
        "days": [(day, count, count / most) for day, count in sorted(days.items())],
    }


def _explanations(run: Run, names: list[str]) -> dict[str, tuple[Alternative, ...]]:
    """By network or campaign the innocent explanations that its account could quote."""
    rows = run.rows(alternatives_sql(names)) if names else []
    return {
        name: mine for name in names if (mine := convert.alternatives(row for row in rows if row["subject"] == name))
    }
