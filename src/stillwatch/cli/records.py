"""`stillwatch records`: what is kept of people for a case and from screening, until when, and its deletion."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch import input_files
from stillwatch.cli.findings import Findings, check_run
from stillwatch.cli.ledgers import By, Database, State, ledger_of, now, user
from stillwatch.cli.output import say

Case = Annotated[str, typer.Option("--campaign", help="The case: a campaign of the run.")]

app = typer.Typer(help="What is kept of people, until when, and its deletion.", no_args_is_help=True)


@app.command()
def export(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    holders: Annotated[list[str], typer.Argument(help="Holders as you know them: files, folders or globs.")],
    campaign: Case,
    state: State = None,
    database: Database = None,
    by: By = "",
) -> None:
    """Keeps a record of each account of a case, as the customer-identification proposal of 2024 lists its fields."""
    findings = Findings()
    check_run(run, findings)
    found, mistakes = input_files.find(holders)
    findings.mistakes.extend(mistakes)
    place = _place(state, findings)
    findings.settle()
    from stillwatch.report import folder
    from stillwatch.report.access import records
    from stillwatch.runs import retention
    from stillwatch.screening.holders import rows_of

    with folder.opened(run) as (engine, _):
        levels = records.members(engine, campaign)
    if not levels or not campaign.isalnum():
        findings.add(f"`--campaign {campaign[:100]}`", "has no account at act or review here", "name one of the run")
        findings.settle()
    wanted = ("account_id", *records.FIELDS)
    made = records.records(campaign, levels, (row for one in found.sources for row in rows_of(one.path, wanted)))
    if all(set(records.NEEDED) <= set(one["missing"]) for one in made):  # it would replace what was kept before
        what = f"says nothing of any of the {len(made):,} accounts of {campaign}"
        fields = ", ".join(f"`{one}`" for one in records.FIELDS)
        findings.add("HOLDERS", what, f"name files with `account_id` and {fields}")
        findings.settle()
    with ledger_of(place, database, create=True) as ledger:
        path = retention.Keeper(place, ledger, by or user(), now()).keep(campaign, made)
    lacking = sum(len(one["missing"]) > 0 for one in made)
    nameless = sum(set(records.NEEDED) <= set(one["missing"]) for one in made)
    nothing = f", {nameless:,} of them every field: is it the right file?" if nameless else ""
    say(f"{len(made):,} records of {campaign}, of which {lacking:,} lack a field{nothing}: {path}")


@app.command("list")
def listed(state: State = None) -> None:
    """Shows what is kept of people, and since when."""
    place = _settled(state)
    from stillwatch.runs import retention

    found = retention.kept(place)
    for one in found:
        since = "unknown" if one.oldest is None else f"{one.oldest:%Y-%m-%d}"
        say(f"{one.name}: {one.rows:,} rows, the oldest of {since}")
    if not found:
        say("nothing is kept")


@app.command()
def expire(
    state: State = None,
    database: Database = None,
    settings: Annotated[Path | None, typer.Option(help="A TOML file of settings.")] = None,
    campaign: Annotated[str, typer.Option(help="Delete the records of this case before their time.")] = "",
    by: By = "",
) -> None:
    """Deletes what was kept for long enough; the ledger proves it. Let a timer run it daily."""
    place = _settled(state)
    from stillwatch.runs import retention
    from stillwatch.settings import load_settings

    terms = load_settings(settings).records
    days = {retention.RECORDS: terms.case_days, retention.SCREENING: terms.screening_days}
    with ledger_of(place, database, create=True) as ledger:
        keeper = retention.Keeper(place, ledger, by or user(), now())
        gone = [keeper.delete_case(campaign)] if campaign else keeper.expire(days)
    for one in gone:
        say(f"{one.name}: {one.gone_rows:,} rows deleted, sha256 {one.gone_sha256}; {one.rows:,} stay")
    if not gone:
        say("nothing is due")


def _settled(state: Path | None) -> Path:
    findings = Findings()
    place = _place(state, findings)
    if state is not None and not state.is_dir():
        # a timer with a mistyped folder would delete nothing, and say that nothing is due
        findings.add(f"`--state {state}`", "is no folder", "name the one that holds what is kept")
    findings.settle()
    return place


def _place(state: Path | None, findings: Findings) -> Path:
    if state is None:
        findings.add("`--state`", "is missing", "name a state's folder: what is kept lies in it")
        return Path()
    return state
