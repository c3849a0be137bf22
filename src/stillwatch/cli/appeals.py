"""`stillwatch appeals`: holders' objections from the shell."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillwatch.cli.findings import Findings
from stillwatch.cli.ledgers import By, Database, Reason, State, drop_effects, ledger_of, now, user
from stillwatch.cli.options import AsJson
from stillwatch.cli.output import print_json, say

if TYPE_CHECKING:
    from stillwatch.ledger import Appeal

Id = Annotated[str, typer.Argument(metavar="ID", help="An appeal's id, as `list` prints it.")]
OUTCOMES = ("upheld", "overturned")

app = typer.Typer(help="What holders object, and what came of it.", no_args_is_help=True)


@app.command(name="list")
def list_(
    state: State = None,
    database: Database = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that nobody has decided.")] = False,
    as_json: AsJson = False,
) -> None:
    """Appeals, oldest first; those that wait in the order in which they are to be heard."""
    with ledger_of(state, database) as ledger:
        found = tuple(one for one, _ in ledger.appeals.waiting()) if waiting else ledger.appeals.list()
    if as_json:
        print_json([described(one) for one in found])
        return
    for one in found:
        say(f"{one.appeal_id}  {one.status:<10}  {one.received_at:%Y-%m-%d %H:%M}  {one.decision_id}  {one.text[:60]}")
    if not found:
        say("no appeal")


@app.command()
def show(appeal_id: Id, state: State = None, database: Database = None, as_json: AsJson = False) -> None:
    """One appeal with its text and what came of it."""
    with ledger_of(state, database) as ledger:
        found = ledger.appeals.find(appeal_id)
    if found is None:
        findings = Findings()
        findings.add(f"appeal `{appeal_id}`", "is not in the ledger", "see `stillwatch appeals list`")
        findings.settle()
    elif as_json:
        print_json(described(found))
    else:
        _say(found)


def _say(found: Appeal) -> None:
    say(f"{found.appeal_id}  {found.status}  against {found.decision_id}  received {found.received_at:%Y-%m-%d %H:%M}")
    if found.contact:
        say(f"contact: {found.contact}")
    for line in found.text.splitlines():
        say(f"> {line}")
    for event in found.events:
        what = f"assigned to {event.assignee}" if event.event == "assigned" else event.outcome
        say(f"{event.at:%Y-%m-%d %H:%M} {what} by {event.by}: {event.reason}")


@app.command()
def assign(
    appeal_id: Id,
    to: Annotated[str, typer.Option("--to", help="Who is to decide it.")],
    state: State = None,
    database: Database = None,
    by: By = "",
) -> None:
    """Gives an appeal to a person who had no part in the decision."""
    with ledger_of(state, database) as ledger:
        event = ledger.appeals.assign(appeal_id, to, by or user(), now())
    say(f"{event.appeal_id} is assigned to {event.assignee}")


@app.command()
def decide(
    appeal_id: Id,
    outcome: Annotated[str, typer.Option(help="`upheld` (the decision stays) or `overturned`.")] = "",
    state: State = None,
    database: Database = None,
    by: By = "",
    reason: Reason = "",
) -> None:
    """Settles an appeal; `overturned` reverses the account's decisions and records that it is innocent."""
    findings = Findings()
    if outcome not in OUTCOMES:
        findings.add("`--outcome`", "is missing or no outcome", "use `upheld` (the decision stays) or `overturned`")
    if not reason.strip():
        findings.add("`--reason`", "is missing", "say why: it stands in the ledger")
    findings.settle()
    with ledger_of(state, database) as ledger:
        event = ledger.appeals.decide(appeal_id, outcome, by or user(), now(), reason)  # type: ignore[arg-type]
        appeal = ledger.appeals.find(appeal_id)
        entry = ledger.decisions.find(appeal.decision_id) if appeal is not None else None
        account = entry.decision.account_id if entry is not None else ""
        ids = [one.decision.decision_id for one in ledger.decisions.list(account, limit=1_000)]
    say(f"{event.appeal_id} was {event.outcome} by {event.by}")
    if event.outcome == "overturned":
        then = "have ended" if drop_effects(state, ids) else "end with the next snapshot"
        say(f"the effects on `{account}` {then}; a judgement says that it is innocent")


def described(found: Appeal) -> dict[str, Any]:
    """An appeal as JSON has it."""
    return {**asdict(found), "status": found.status}
