"""`stillwatch attribution`: what people hold of the actor behind a campaign, entered from a file and weighed."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stillwatch.cli.findings import Findings, check_run
from stillwatch.cli.ledgers import By, Database, Reason, State, ledger_of, now, user
from stillwatch.cli.options import AsJson
from stillwatch.cli.output import print_json, say
from stillwatch.runs import epochs

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger
    from stillwatch.ledger.worksheet import Conclusion, Worksheet

Campaign = Annotated[str, typer.Argument(metavar="CAMPAIGN", help="A campaign's id.")]

SHOWN = 20
"""Campaigns that a complaint names."""

app = typer.Typer(help="Who may be behind a campaign, as people have entered it.", no_args_is_help=True)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A worksheet in TOML; docs/methods/dossier.md shows one.")],
    state: State = None,
    database: Database = None,
    by: By = "",
    run: Annotated[
        Path | None,
        typer.Option(help="The run that found the campaign, if neither the ledger nor the state's newest run has it."),
    ] = None,
) -> None:
    """Enters what is new or changed in a worksheet; each entry becomes a row of the ledger."""
    from stillwatch.ledger import FILE
    from stillwatch.report.dossier.worksheet_file import entries, load_worksheet

    findings = Findings()
    if run is not None:
        check_run(run, findings)
    findings.settle()
    worksheet = load_worksheet(file)
    found = worksheet.campaign in _of_run(run, state)
    # rows of a ledger stay: neither a mistyped campaign nor a new ledger beside it may come of a slip
    if not found and database is None and state is not None and not (state / FILE).is_file():
        _refuse(file, worksheet.campaign)
    with ledger_of(state, database, create=found) as ledger:
        if not found and not _in_ledger(ledger, worksheet.campaign):
            _refuse(file, worksheet.campaign)
        known = ledger.attributions.list(worksheet.campaign)
        fresh = ledger.attributions.add(entries(worksheet, known, by or user(), now()))
    for one in fresh:
        say(f"{one.kind}: {' '.join(part for part in (one.hypothesis, one.item, one.value) if part)}")
    entered = f"{len(worksheet.hypothesis)} hypotheses, {len(worksheet.item)} items, {len(worksheet.entity)} entities"
    say(f"{len(fresh)} new of {entered}, and what belongs to them")


def _of_run(run: Path | None, state: Path | None) -> list[str]:
    """The campaigns of the run, or of the state's newest one where no run is named."""
    named = run if run is not None or state is None else epochs.latest(state)
    if named is None:
        return []
    from stillwatch.runs.tables import table_of

    return [str(one) for one in table_of(named, "campaigns", ["campaign_id"])["campaign_id"].to_pylist()]


def _in_ledger(ledger: Ledger, campaign: str) -> bool:
    about = (ledger.attributions.list, ledger.decisions.about, ledger.judgements.list, ledger.shares.about)
    return any(entered(campaign) for entered in about)


def _refuse(file: Path, campaign: str) -> None:
    findings = Findings()
    what = f"`{campaign}` is in no entry of this ledger, and in no run that was looked at"
    findings.add(f"`{file}` at `campaign`", what, "mend the id, or name the run that found it with `--run`")
    findings.settle()


@app.command()
def withdraw(
    campaign: Campaign,
    hypothesis: Annotated[str, typer.Option(help="The hypothesis to take back.")] = "",
    item: Annotated[str, typer.Option(help="The item or entity to take back.")] = "",
    state: State = None,
    database: Database = None,
    reason: Reason = "",
) -> None:
    """Takes a hypothesis or an item back; what was entered stays in the ledger."""
    from stillwatch.ledger import Attribution
    from stillwatch.ledger.worksheet import entered, taken_back

    findings = Findings()
    if bool(hypothesis) == bool(item):
        findings.add("`--hypothesis`", "or `--item` is needed, and not both", "name what to take back")
    if not reason.strip():
        findings.add("`--reason`", "is missing", "say why: it stands in the ledger")
    findings.settle()
    kind = "hypothesis" if hypothesis else "item"
    with ledger_of(state, database) as ledger:
        known = ledger.attributions.list(campaign)
        gone = taken_back(known, hypothesis, item)
        if gone is not None:
            say(f"{kind} {hypothesis or item} was taken back already, on {gone.at:%Y-%m-%d} by {gone.by}")
            return
        if not entered(known, hypothesis, item):
            findings.add(f"`--{kind} {hypothesis or item}`", "was never entered", "see `stillwatch attribution show`")
            findings.settle()
        entry = Attribution(campaign, "withdrawn", user(), now(), hypothesis, item, text=reason)
        ledger.attributions.add([entry])
    say(f"{kind} {hypothesis or item} is taken back")


@app.command()
def show(campaign: Campaign, state: State = None, database: Database = None, as_json: AsJson = False) -> None:
    """The worksheet of a campaign: hypotheses by what speaks against them, items, and what was concluded."""
    from dataclasses import asdict

    from stillwatch.ledger.worksheet import worksheet

    with ledger_of(state, database) as ledger:
        found = worksheet(ledger.attributions.list(campaign))
        if found is None and not _in_ledger(ledger, campaign):
            _check_known(campaign, {*_of_run(None, state), *ledger.attributions.subjects()})
    if as_json:
        print_json(None if found is None else asdict(found))
    elif found is None:
        say("nobody has entered anything")
    else:
        _say(found)


def _check_known(campaign: str, known: Collection[str]) -> None:
    findings = Findings()
    if campaign not in known:
        shown = ", ".join(f"`{one}`" for one in sorted(known)[:SHOWN])
        more = f" and {len(known) - SHOWN:,} more" if len(known) > SHOWN else ""
        remedy = f"name one of {shown}{more}" if known else "`stillwatch attribution add` enters a worksheet"
        findings.add(f"campaign `{campaign}`", "is in no entry of this ledger, and not in the newest run", remedy)
    findings.settle()


def _say(found: Worksheet) -> None:
    for hypothesis in found.hypotheses:
        say(f"hypothesis  {hypothesis.name}  {hypothesis.against:g} against it  {hypothesis.text}")
    for item in found.items:
        rated = ", ".join(f"{name} {rating}" for name, rating in item.ratings)
        apart = "tells apart" if item.diagnostic else "tells nothing apart"
        say(f"item        {item.name}  {apart} ({rated})  {item.text} ({item.source})")
    if found.conclusion is not None:
        _concluded(found.conclusion)
    for entity in found.entities:
        where = "; ".join((*entity.places, *entity.networks)) or "no place, no network"
        say(f"entity      {entity.name}  {entity.sort}, {entity.role}  {where}")
        if entity.concluded is not None:
            _concluded(entity.concluded)


def _concluded(one: Conclusion) -> None:
    say(f"concluded   {one.hypothesis} {one.rung}, {one.likelihood}, confidence {one.confidence}, by {one.by}")
    say(f"turns over  {one.turns_over}")
    for lack in one.lacks:
        say(f"lacks       {lack}")


@app.command()
def aids(
    run: Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")],
    campaign: Annotated[str, typer.Option(help="A campaign's id.")],
    names: Annotated[Path | None, typer.Option(help="Names to look for in shared values, one a line.")] = None,
) -> None:
    """What a person may look at: quiet hours and days, shared values, names from a list, earlier events."""
    findings = Findings()
    check_run(run, findings)
    findings.settle()
    from stillwatch import report as reports

    for line in reports.attribution_aids(run, campaign, names):
        say(line)
