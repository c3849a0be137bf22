"""Where a command finds the ledger: what `respond`, `decisions`, `appeals` and `keys` share."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from stillwatch.cli.findings import Findings
from stillwatch.errors import InputError

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

State = Annotated[Path | None, typer.Option("--state", help="A state's folder; its ledger is `ledger.db` in it.")]
Database = Annotated[
    str | None, typer.Option("--database", help="A ledger in PostgreSQL: postgresql://user@host/name.")
]
By = Annotated[str, typer.Option("--by", help="Your name; it stands in the ledger.", show_default="your user name")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the ledger.")]

VERDICTS = "verdicts"
"""The folder of snapshots in a state's folder."""
RUNS, LATEST = "runs", "latest"


class Place(NamedTuple):
    """Where a ledger is kept: in a state's folder, in a database, or in the latter with snapshots in the former."""

    state: Path | None
    database: str | None


def user() -> str:
    """The name of the user who types, or '' where the machine knows none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def now() -> datetime:
    """The clock, in UTC."""
    return datetime.now(UTC)


@contextmanager
def ledger_of(state: Path | None, database: str | None, create: bool = False) -> Iterator[Ledger]:
    """Yields the ledger that `--state` or `--database` names; the latter wins.

    Raises UsageError where neither does, and as `stillwatch.ledger.opened`.
    """
    from stillwatch.ledger import opened  # here, because `--help` must not wait for it

    if state is None and database is None:
        findings = Findings()
        findings.add("`--state`", "is missing", "name a state's folder, or a ledger with `--database`")
        findings.settle()
    with opened(database or state or Path(), create) as found:
        yield found


def drop_effects(state: Path | None, ids: Sequence[str]) -> bool:
    """Takes the effects of these decisions out of the state's snapshot; returns whether there is a snapshot."""
    if state is None or not ids:
        return False
    from stillwatch.verdicts import drop

    return drop(state / VERDICTS, ids) is not None


def latest_run(state: Path) -> Path:
    """The newest run of a state; raises InputError where there is none."""
    pointer = state / RUNS / LATEST
    if pointer.is_dir():
        return pointer
    try:
        name = pointer.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"there is no run in `{state / RUNS}`; name a run folder, or let `watch` finish one"
        ) from error
    if not name or Path(name).name != name or not (state / RUNS / name).is_dir():
        raise InputError(f"`{pointer}` names no run; name a run folder, or let `watch` finish one")
    return state / RUNS / name
