"""`stillwatch report`: the dossier of a finished run, of one of its campaigns or networks, and lists of accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stillwatch.cli.findings import Findings, check_format, check_run
from stillwatch.cli.output import say, show_document
from stillwatch.disk import replaced

LISTS = (".csv", ".parquet")


def report(
    run: Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")],
    campaign: Annotated[str | None, typer.Option(help="One campaign's dossier instead of the whole run.")] = None,
    network: Annotated[str | None, typer.Option(help="One network's dossier instead of the whole run.")] = None,
    format_: Annotated[str, typer.Option("--format", help="`html`, `md`, `json` or `text`.")] = "md",
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of stdout.")] = None,
    accounts_out: Annotated[
        Path | None, typer.Option(help="Write every account to this file, `.csv` or `.parquet`, instead.")
    ] = None,
) -> None:
    """The dossier of a run, or of one of its campaigns or networks."""
    findings = Findings()
    check_run(run, findings)
    check_format(format_, findings)
    _check_subject(campaign, network, findings)
    _check_files(out, accounts_out, findings)
    findings.settle()
    from stillwatch import report as reports

    if accounts_out is not None:
        listed = reports.write_accounts(run, accounts_out, campaign, network)
        whose = "a campaign" if network is None else "the network"
        say(f"{listed:,} {'row' if listed == 1 else 'rows'}, one for each account of {whose}: {accounts_out}")
        if out is None:
            return
    text = reports.write(run, campaign, format_, network)
    if out is None:
        show_document(text)
        return
    with replaced(out, "--out") as file:
        file.write_text(text, encoding="utf-8")


def _check_subject(campaign: str | None, network: str | None, findings: Findings) -> None:
    if campaign is not None and network is not None:
        findings.add("`--network`", "cannot stand beside `--campaign`", "name one of them: a dossier is about one")


def _check_files(out: Path | None, accounts_out: Path | None, findings: Findings) -> None:
    if accounts_out is None:
        return
    if accounts_out.suffix not in LISTS:
        known = " or ".join(f"`{one}`" for one in LISTS)
        findings.add(f"`--accounts-out {accounts_out}`", "has no known suffix", f"let the name end in {known}")
    if out is not None and out.absolute() == accounts_out.absolute():
        findings.add(f"`--accounts-out {accounts_out}`", "is `--out` as well", "name two files")
