"""`stillwatch respond`: a run and a policy in, decisions and a snapshot out, or what would have happened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stillwatch.cli.findings import Findings, check_run
from stillwatch.cli.ledgers import VERDICTS, Database, Place, State, latest_run, ledger_of, now
from stillwatch.cli.options import Typed, takes
from stillwatch.cli.output import complain, print_json, say
from stillwatch.errors import RunError
from stillwatch.key import exposure

if TYPE_CHECKING:
    from stillwatch.respond import People, Policy, Summary
    from stillwatch.respond.dry_run import DryRun

SHOWN = 5
"""Accounts of a list that a terminal shows; `--json` has all."""


@takes("accounts", "permits", "as_json")
def respond(
    typed: Typed,
    run: Annotated[Path | None, typer.Argument(help="A run folder; without it the newest of `--state`.")] = None,
    state: State = None,
    database: Database = None,
    policy: Annotated[Path | None, typer.Option(help="A TOML file (`examples/policy.toml` explains it).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what the last 30 days would have seen.")] = False,
) -> None:
    """Decides on what a run found, as far as a policy goes, and publishes the verdicts."""
    folder = _run(run, state, database, policy, dry_run)
    from stillwatch.respond import load_policy

    rules, people = load_policy(policy), _people(typed.accounts, typed.permits)
    if (warning := exposure(rules.key_file)) is not None:
        complain(warning)
    show = _show_dry_run if dry_run else _decide
    show(folder, rules, people, Place(state, database), typed.as_json)


def _run(run: Path | None, state: Path | None, database: str | None, policy: Path | None, dry_run: bool) -> Path:
    findings = Findings()
    if policy is None:
        findings.add("`--policy`", "is missing", "copy `examples/policy.toml`, which explains every key")
    if run is not None:
        check_run(run, findings)
    elif state is None:
        findings.add("RUN", "is missing", "name a run folder, or `--state` for its newest")
    if state is None and not dry_run and database is None:
        findings.add("`--state`", "is missing", "name where decisions are kept, or use `--dry-run`")
    findings.settle()
    return run or latest_run(state or Path())


def _people(accounts: Sequence[str], permits: Sequence[str]) -> People:
    """What is known of accounts, read and checked as by a scan."""
    from stillwatch.job import Inputs, resolve
    from stillwatch.respond import People
    from stillwatch.watch.beside import Beside

    inputs = Inputs(accounts=tuple(accounts), permits=tuple(permits))
    with TemporaryDirectory(prefix="stillwatch-respond-") as folder:
        beside = Beside(inputs, resolve(inputs), Path(folder) / "checked")
        return People.of(beside.accounts(), beside.permits())


def _decide(run: Path, policy: Policy, people: People, place: Place, as_json: bool) -> None:
    from stillwatch import respond as responding

    state = place.state
    with ledger_of(state, place.database, create=True) as ledger:
        done = responding.decide(run, ledger, policy, None, people, now())
        folder = state / VERDICTS if state is not None and done.answers else None
        snapshot = None if folder is None else responding.publish(run, ledger, None, folder, now())
    for warning in done.warnings:
        complain(warning)
    if as_json:
        print_json({**_summary(done), "snapshot": snapshot})
    else:
        _say_summary(done, snapshot)
    if done.refusal is not None:
        raise RunError(done.refusal)


def _summary(done: Summary) -> dict[str, Any]:
    return {
        "run": done.run,
        "made_at": done.made_at.isoformat(),
        "decided": [one.decision_id for one in done.decided],
        "renewed": [one.decision_id for one in done.renewed],
        "reversed": dict(done.reversed),
        "kept": done.kept,
        "kept_out": {reason: list(accounts) for reason, accounts in done.kept_out.items()},
        "refusal": done.refusal,
        "warnings": list(done.warnings),
    }


def _say_summary(done: Summary, snapshot: str | None) -> None:
    waiting = sum(one.needs_approval for one in (*done.decided, *done.renewed))
    say(
        f"{len(done.decided):,} decided ({waiting:,} wait for a second person), {len(done.renewed):,} renewed, "
        f"{len(done.reversed):,} reversed, {done.kept:,} kept"
    )
    _say_kept_out(done.kept_out)
    if snapshot is not None:
        say(f"snapshot: {snapshot}")


def _say_kept_out(kept_out: Any, before: str = "") -> None:
    from stillwatch.respond.choice import WORDS

    for reason, accounts in sorted(kept_out.items()):
        say(f"{before}left alone, {WORDS[reason]}: {len(accounts):,} ({_some(accounts)})")


def _some(accounts: Any) -> str:
    more = f" and {len(accounts) - SHOWN:,} more" if len(accounts) > SHOWN else ""
    return ", ".join(accounts[:SHOWN]) + more


def _show_dry_run(run: Path, policy: Policy, people: People, place: Place, as_json: bool) -> None:
    from stillwatch import respond as responding
    from stillwatch.ledger import FILE

    judgements = {}
    if place.database is not None or (place.state is not None and (place.state / FILE).is_file()):
        with ledger_of(place.state, place.database) as ledger:
            judgements = ledger.judgements.latest()
    found = responding.dry_run(run, policy, people, judgements)
    for warning in found.warnings:
        complain(warning)
    if as_json:
        print_json(_dry_run(found))
        return
    _say_dry_run(found)


def _dry_run(found: DryRun) -> dict[str, Any]:
    return {
        "until": found.until.isoformat() if found.until else None,
        "refusal": found.refusal,
        "warnings": list(found.warnings),
        "days": {
            str(day): {"effects": dict(one.effects), "for_approval": one.for_approval, "kept_out": dict(one.kept_out)}
            for day, one in found.days.items()
        },
    }


def _say_dry_run(found: DryRun) -> None:
    if found.until is None:
        say("the run has no networks: nothing would have happened")
        return
    say(f"what the policy would have done in the 30 days until {found.until:%Y-%m-%d} (nothing was written)")
    for day, one in sorted(found.days.items()):
        for effect, accounts in sorted(one.effects.items()):
            say(f"{day}  {effect}: {len(accounts):,} ({_some(accounts)})")
        if one.for_approval:
            say(f"{day}  would have waited for a second person: {len(one.for_approval):,} ({_some(one.for_approval)})")
        _say_kept_out(one.kept_out, f"{day}  ")
    if not found.days and found.refusal is None:
        say("nothing")
    if found.refusal is not None:
        say(f"it would have stopped {found.refusal}")
