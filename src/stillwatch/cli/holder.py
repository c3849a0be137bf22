"""`stillwatch report holder`: an extract that the holder of one account can be given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stillwatch.cli.access import Format, Out, check_document, put
from stillwatch.cli.ledgers import Database, State, ledger_of, now
from stillwatch.cli.output import complain

if TYPE_CHECKING:
    from stillwatch.ledger import Entry


def holder(
    run: Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")],
    account: Annotated[str, typer.Option(help="Whose extract it is.")],
    state: State = None,
    database: Database = None,
    format_: Format = "md",
    out: Out = None,
) -> None:
    """What the holder of an account can be given: own counts, the rule, how to object; nothing about others."""
    check_document(run, format_, out)
    from stillwatch import report as reports

    decisions: tuple[Entry, ...] | None = None
    if state is not None or database is not None:
        with ledger_of(state, database) as ledger:
            decisions = ledger.decisions.list(account, limit=1_000)
    else:
        complain("no ledger was named, so the extract does not say what was decided; add `--state` or `--database`")
    extract = reports.write_extract(run, account, decisions, format_, now())
    put(extract, out)
