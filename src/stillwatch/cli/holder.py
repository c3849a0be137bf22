"""`stillwatch report holder`: an extract that the holder of one account can be given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stillwatch.cli.findings import Findings, check_run
from stillwatch.cli.ledgers import Database, State, ledger_of
from stillwatch.cli.output import show_document
from stillwatch.disk import replaced

if TYPE_CHECKING:
    from stillwatch.ledger import Entry

FORMATS = ("pdf", "html", "md")


def holder(
    run: Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")],
    account: Annotated[str, typer.Option(help="Whose extract it is.")],
    state: State = None,
    database: Database = None,
    format_: Annotated[str, typer.Option("--format", help="`md`, `html` or `pdf`.")] = "md",
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")] = None,
) -> None:
    """What the holder of an account can be given: own counts, the rule, how to object; nothing about others."""
    findings = Findings()
    check_run(run, findings)
    if format_ not in FORMATS:
        findings.add(f"`--format {format_}`", "is not a format", "use `md`, `html` or `pdf`")
    if format_ == "pdf" and out is None:
        findings.add("`--format pdf`", "is not for terminals", "name a file with `--out`")
    findings.settle()
    from stillwatch import report as reports

    decisions: tuple[Entry, ...] = ()
    if state is not None or database is not None:
        with ledger_of(state, database) as ledger:
            decisions = ledger.decisions.list(account, limit=1_000)
    extract = reports.write_extract(run, account, decisions, format_)
    if out is None:
        show_document(extract.decode())
        return
    with replaced(out, "--out") as file:
        file.write_bytes(extract)
