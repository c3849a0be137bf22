"""`stillwatch report doors` and `report reseller`: how accounts came in, and the letter to who sold them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.cli.findings import Findings, check_run
from stillwatch.cli.ledgers import Database, State, ledger_of
from stillwatch.cli.output import show_document
from stillwatch.disk import replaced

FORMATS = ("pdf", "html", "md")
Format = Annotated[str, typer.Option("--format", help="`md`, `html` or `pdf`.")]
Out = Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")]


def check_document(run: Path, format_: str, out: Path | None) -> None:
    """Raises UsageError for all that is wrong with how a document in blocks on a run is asked for."""
    findings = Findings()
    check_run(run, findings)
    if format_ not in FORMATS:
        findings.add(f"`--format {format_}`", "is not a format", "use `md`, `html` or `pdf`")
    if format_ == "pdf" and out is None:
        findings.add("`--format pdf`", "is not for terminals", "name a file with `--out`")
    findings.settle()


def put(document: bytes, out: Path | None) -> None:
    """Writes a document to its file, or shows it."""
    if out is None:
        show_document(document.decode())
        return
    with replaced(out, "--out") as file:
        file.write_bytes(document)


def doors(
    run: Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")],
    state: State = None,
    database: Database = None,
    format_: Format = "md",
    out: Out = None,
) -> None:
    """Through which door accounts came in, what campaigns took there, and what one more check would have stopped."""
    check_document(run, format_, out)
    from stillwatch import report as reports
    from stillwatch.report.access.doors import Upheld, upheld

    judged = Upheld()
    if state is not None or database is not None:
        with ledger_of(state, database) as ledger:
            judged = upheld(ledger)
    put(reports.write_doors(run, judged, format_), out)


def reseller(
    run: Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")],
    name: Annotated[str, typer.Option("--reseller", help="Whose letter it is: a `reseller_id` of the accounts.")],
    month: Annotated[str, typer.Option(help="The month that it is about: `2026-05`.")],
    format_: Format = "md",
    out: Out = None,
) -> None:
    """The monthly letter to a reseller: which customers it must look into, and its duties; nothing about others."""
    check_document(run, format_, out)
    from stillwatch import report as reports

    put(reports.write_letter(run, name, month, format_), out)
