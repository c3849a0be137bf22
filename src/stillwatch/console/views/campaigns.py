"""Campaigns: all of them, one with everything for and against it, and its accounts."""

from __future__ import annotations

from typing import Any

from stillwatch.console import queries, review, subjects
from stillwatch.console.asked import Asked, NotFoundError, note_view
from stillwatch.console.findings import Run
from stillwatch.console.render import page
from stillwatch.errors import Mistake, UsageError
from stillwatch.records.outputs import LEVELS
from stillwatch.report import queries as report_queries
from stillwatch.report.build import campaign_of
from stillwatch.report.document import Campaign
from stillwatch.report.dossier.damage import damage, load_prices
from stillwatch.report.dossier.gather import usage_sql
from stillwatch.report.dossier.taken import amounts, worth
from stillwatch.serve.http import Response

DECISIONS = 20
PREPARED = 300
"""Campaigns whose pages are read before somebody asks; the gravest first."""


def listed(asked: Asked) -> Response:
    """Lists campaigns: of a level, judged or not, those that are chosen."""
    run = asked.site.findings.run
    decided = asked.ledger.judgements.latest()
    level, judged = asked.query.get("level", ""), asked.query.get("judged", "")
    chosen = [
        row
        for row in subjects.campaigns(run)
        if level in ("", row["level"]) and _fits(judged, decided.get(row["campaign_id"]))
    ]
    return page(
        asked,
        "campaigns.html.j2",
        title="Campaigns",
        run=run,
        campaigns=chosen[:500],
        total=len(chosen),
        decided=decided,
        levels=LEVELS,
        level=level,
        judged=judged,
    )


def _fits(judged: str, said: Any) -> bool:
    return not judged or judged == ("none" if said is None else said.verdict)


def one(asked: Asked) -> Response:
    """Shows one campaign."""
    run, name = asked.site.findings.run, asked.ids[0]
    campaign = described(run, name)
    about = shown(asked, run, campaign)
    note_view(asked, "campaign", [name, *(row["account_id"] for row in about["members"])])
    return page(asked, "campaign_page.html.j2", title=f"Campaign {name}", **about)


def described(run: Run, name: str) -> Campaign:
    """The campaign as the report describes it; raises NotFoundError."""
    found = (
        run.once(("campaign", name), lambda engine: campaign_of(engine, name)) if subjects.campaign(run, name) else None
    )
    if found is None:
        raise NotFoundError(
            f"The run {run.name} has no campaign {name}. It may have merged, fallen silent or been cleared."
        )
    return found


def prepare(run: Run) -> None:
    """Reads what the pages of all campaigns show, so that nobody waits for it; raises NoRunError."""
    for row in subjects.campaigns(run)[:PREPARED]:
        described(run, row["campaign_id"])
        run.rows(report_queries.members_sql([row["campaign_id"]]))
        run.rows(queries.applied_sql(row["campaign_id"]))
        run.rows(usage_sql(row["campaign_id"]))


def shown(asked: Asked, run: Run, campaign: Campaign) -> dict[str, Any]:
    """What the page of a campaign, and its place in the review queue, show."""
    name = campaign.campaign_id
    ledger = asked.ledger
    newest = review.newest_of(ledger, name)
    decisions = ledger.decisions.list(subject=name, limit=DECISIONS + 1)
    return {
        "run": run,
        "contents": _contents(asked, campaign),
        "facts": run.facts,
        "campaign": campaign,
        "subject": name,
        "since": subjects.first_found(run, name, campaign.first_seen),
        "judgements": ledger.judgements.list(name),
        "newest": newest,
        "seen": newest.judgement_id if newest else "",
        "applied": run.rows(queries.applied_sql(name)),
        "members": run.rows(report_queries.members_sql([name])),
        "notes": ledger.notes.list(name),
        "costs": taken(asked, run, name),
        "decisions": decisions[:DECISIONS],
        "more_decisions": len(decisions) > DECISIONS,
        "taken": ledger.claims.held(asked.now).get(name),
        "second_person_above": asked.site.settings.console.second_person_above,
    }


def _contents(asked: Asked, campaign: Campaign) -> tuple[tuple[str, str], ...]:
    """The parts of the page that a reader goes to, as anchor and name."""
    parts = (
        ("targets", "Capabilities", campaign.targets),
        ("evidence", "Evidence", True),
        ("explanations", "Innocent explanations", True),
        ("taken", "Costs", True),
        ("networks", "Networks", campaign.networks),
        ("accounts", "Accounts", True),
        ("said", "Judgements", True),
        ("notes", "Notes", True),
        ("judging", "Judge it", asked.may("analyst")),
    )
    return tuple((anchor, name) for anchor, name, there in parts if there)


def taken(asked: Asked, run: Run, name: str) -> dict[str, Any]:
    """What the campaign took by model and capability, and its list price where the settings name prices."""
    path, prices, mistakes = asked.site.settings.console.prices, None, tuple[Mistake, ...]()
    if path is not None:
        try:
            prices = load_prices(path, "console.prices")
        except UsageError as error:
            mistakes = error.mistakes
    found = damage(run.rows(usage_sql(name)), (), prices)
    blocks = (*amounts(found), *([worth(found, prices)] if prices is not None and found.by_model else []))
    return {"taken_blocks": blocks, "price_mistakes": mistakes, "prices_named": path is not None}


def accounts(asked: Asked) -> Response:
    """Lists the accounts of a campaign, a page at a time."""
    run, name = asked.site.findings.run, asked.ids[0]
    if subjects.campaign(run, name) is None:
        raise NotFoundError(f"The run {run.name} has no campaign {name}.")
    level = asked.query.get("level") or None
    found = run.rows(queries.campaign_accounts_sql(name, asked.query.get("after") or None, level))
    rows = found[: queries.PAGE]
    note_view(asked, f"accounts of {name}", [row["account_id"] for row in rows])
    return page(
        asked,
        "accounts.html.j2",
        title=f"Accounts of campaign {name}",
        heading=f"Accounts of campaign {name}",
        back=f"/campaigns/{name}",
        here=f"/campaigns/{name}/accounts",
        rows=rows,
        more=rows[-1]["account_id"] if len(found) > queries.PAGE else None,
        chosen={"level": level or ""},
        levels=LEVELS,
    )
