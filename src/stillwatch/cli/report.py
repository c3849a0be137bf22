"""`stillwatch report`: the dossier of a finished run, or of one of its campaigns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.cli.findings import Findings, check_format, check_run
from stillwatch.errors import OutputError


def report(
    run: Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")],
    campaign: Annotated[str | None, typer.Option(help="One campaign's dossier instead of the whole run.")] = None,
    format_: Annotated[str, typer.Option("--format", help="`html`, `md`, `json` or `text`.")] = "md",
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")] = None,
) -> None:
    """The dossier of a run, or of one of its campaigns."""
    findings = Findings()
    check_run(run, findings)
    check_format(format_, findings)
    findings.settle()
    from stillwatch import report as reports

    text = reports.write(run, campaign, format_)
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot write `{out}`: {error.strerror or error}; name another `--out`") from error
