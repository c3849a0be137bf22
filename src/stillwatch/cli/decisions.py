"""`stillwatch decisions`: the ledger's decisions from the shell."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillwatch.cli.findings import Findings
from stillwatch.cli.ledgers import By, Database, Place, Reason, State, drop_effects, ledger_of, now, user
from stillwatch.cli.options import AsJson, Typed, takes
from stillwatch.cli.output import print_json, say

if TYPE_CHECKING:
    from stillwatch.ledger import DecisionEvent, Entry
    from stillwatch.ledger.ledger import Ledger

Id = Annotated[str, typer.Argument(metavar="ID", help="A decision's id, as `list` prints it.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="Ids of decisions, as `list` prints them.")]

LIVING = ("active", "to_begin", "waiting", "held_out")

app = typer.Typer(help="What was decided about accounts, and what became of it.", no_args_is_help=True)


@app.command(name="list")
@takes("as_json")
def list_(
    typed: Typed,
    state: State = None,
    database: Database = None,
    of: Annotated[str | None, typer.Option(help="Only of this account, network or campaign.")] = None,
    status: Annotated[str | None, typer.Option(help="Only `active`, `to_begin`, `waiting` or `held_out`.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=1_000)] = 100,
) -> None:
    """Decisions, newest first."""
    findings = Findings()
    if status not in (None, *LIVING):
        findings.add(f"`--status {status}`", "is no status", f"use {', '.join(f'`{one}`' for one in LIVING)}")
    findings.settle()
    with ledger_of(state, database) as ledger:
        found = _listed(ledger, of, status, limit)
    if typed.as_json:
        print_json([described(one) for one in found])
        return
    for one in found:
        decision = one.decision
        say(
            f"{decision.decision_id}  {one.status(now()).replace('_', ' '):<9}  {decision.effect:<14}  "
            f"{decision.account_id}  {decision.subject}  {decision.since:%Y-%m-%d %H:%M} to "
            f"{decision.expires_at:%Y-%m-%d %H:%M}  by line {decision.policy}"
        )
    if not found:
        say("no decision")


def _listed(ledger: Ledger, of: str | None, status: str | None, limit: int) -> tuple[Entry, ...]:
    if status is None and of is None:
        return ledger.decisions.list(limit=limit)
    if status is None:
        mine = {*ledger.decisions.list(account_id=of, limit=limit), *ledger.decisions.list(subject=of, limit=limit)}
    else:
        moment = now()
        mine = {one for one in ledger.decisions.living(moment) if one.status(moment) == status}
    fits = [one for one in mine if of in (None, one.decision.account_id, one.decision.subject)]
    return tuple(sorted(fits, key=lambda one: (-one.decision.made_at.timestamp(), one.decision.decision_id))[:limit])


@app.command()
def show(decision_id: Id, state: State = None, database: Database = None, as_json: AsJson = False) -> None:
    """One decision with its evidence, the text for the holder, and what became of it."""
    with ledger_of(state, database) as ledger:
        found = ledger.decisions.find(decision_id)
    if found is None:
        _unknown(decision_id)
    elif as_json:
        print_json(described(found))
    else:
        _say(found)


def _say(found: Entry) -> None:
    for name, value in asdict(found.decision).items():
        if name == "evidence":
            for one in found.decision.evidence:
                weight = f" ({one.bits:+.1f} bits)" if one.bits else ""  # not every claim is weighed
                say(f"{'evidence':<14}  {one.claim}{weight}: {one.sentence}")
        elif value is not None:
            say(f"{name.replace('_', ' '):<14}  {value}")
    say(f"{'status':<14}  {found.status(now()).replace('_', ' ')}")
    for event in found.events:
        say(f"{event.event:<14}  {event.at:%Y-%m-%d %H:%M} by {event.by}: {event.reason}")


@app.command()
def approve(
    decision_ids: Ids, state: State = None, database: Database = None, by: By = "", reason: Reason = ""
) -> None:
    """Lets decisions that wait for a second person begin, from the next snapshot on; all of them or none."""
    with ledger_of(state, database) as ledger, ledger.writing():
        events = [ledger.decisions.approve(one, by or user(), now(), reason) for one in decision_ids]
    _told(events, "with the next snapshot that `respond` or `watch` publishes it takes effect")


@app.command()
def refuse(decision_ids: Ids, state: State = None, database: Database = None, by: By = "", reason: Reason = "") -> None:
    """Ends decisions that wait for a second person; all of them or none."""
    _end(decision_ids, "refuse", Place(state, database), by, reason)


@app.command()
def reverse(
    decision_ids: Ids, state: State = None, database: Database = None, by: By = "", reason: Reason = ""
) -> None:
    """Undoes decisions and what renews them, all or none; the snapshot of `--state` loses their effects at once."""
    _end(decision_ids, "reverse", Place(state, database), by, reason)


def _end(decision_ids: list[str], step: str, place: Place, by: str, reason: str) -> None:
    findings = Findings()
    if not reason.strip():
        findings.add("`--reason`", "is missing", "say why: it stands in the ledger")
    findings.settle()
    with ledger_of(place.state, place.database) as ledger:
        act = ledger.decisions.refuse if step == "refuse" else ledger.decisions.reverse
        with ledger.writing():
            chains = [ledger.decisions.chain(one) for one in decision_ids]
            without = [all(_has_no_effect(ledger, name) for name in chain) for chain in chains]
            events = [act(one, by or user(), now(), reason) for one in decision_ids]
    dropped = drop_effects(place.state, sorted({name for chain in chains for name in chain}))
    then = "its effect has ended" if dropped else "its effect ends with the next snapshot"
    for event, nothing in zip(events, without, strict=True):
        _told([event], "it had no effect that could end" if nothing else then)


def _has_no_effect(ledger: Ledger, decision_id: str) -> bool:
    """Whether no snapshot has the decision; one that was reversed before may still be in it."""
    found = ledger.decisions.find(decision_id)
    return found is not None and found.status(now()) in ("held_out", "waiting", "refused", "expired")


def _told(events: list[DecisionEvent], then: str) -> None:
    for event in events:
        say(f"{event.decision_id} was {event.event} on {event.at:%Y-%m-%d %H:%M} UTC by {event.by}; {then}")


def _unknown(decision_id: str) -> None:
    findings = Findings()
    findings.add(f"decision `{decision_id}`", "is not in the ledger", "see `stillwatch decisions list`")
    findings.settle()


def described(found: Entry) -> dict[str, Any]:
    """A decision as JSON has it."""
    events = [asdict(event) for event in found.events]
    return {**asdict(found.decision), "status": found.status(now()), "events": events}
