"""`stillwatch check`, `scan` and `sketch`: logs in; a summary, a run folder or sketches out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from stillwatch.cli.arguments import default_out, job_from
from stillwatch.cli.findings import Findings, check_one_place, check_out
from stillwatch.cli.options import LOGS, TABLES, Typed, takes
from stillwatch.cli.output import console, print_json, say, show_document

QUARANTINED = 3  # exit code: done, but rows were quarantined and `--strict` was given


@takes(*LOGS, *TABLES, "strict", "as_json")
def check(
    typed: Typed,
    context: typer.Context,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Print a mapping file that the logs seem to need, and read nothing.")
    ] = False,
) -> None:
    """Reads and validates only: rows used, quarantined and why, and which evidence the columns allow."""
    job = job_from(context, typed, Findings())
    from stillwatch import flow
    from stillwatch.read.check_text import render

    if suggest:
        show_document(flow.suggest(job))
        return

    found = flow.check(job)
    if typed.as_json:
        print_json(asdict(found))
    else:
        render(found, console(), job.settings.read.most_lost)
    if found.refusals:
        raise typer.Exit(1)
    _settle_strict(typed.strict, found.rows.quarantined)


@takes(*LOGS, *TABLES, "engine", "spark_remote", "key_file", "out", "state", "previous", "strict", "as_json")
def scan(typed: Typed, context: typer.Context) -> None:
    """The main job: logs in, a run folder out."""
    folder = typed.out or default_out()
    findings = Findings()
    check_out(folder, findings, typed.state)
    job = job_from(context, typed, findings)
    from stillwatch import flow, report

    found = flow.scan(job, folder)
    if typed.as_json:
        print_json({"run": str(folder), **report.summary(folder)})
    else:
        report.show(folder, console())
        say(f"run folder: {folder}")
    _settle_strict(typed.strict, found.rows.quarantined)


@takes(*LOGS, "key_file", "out", "state", "strict", "as_json")
def sketch(typed: Typed, context: typer.Context) -> None:
    """Raw logs to textless sketches, made near the logs under a key that the provider holds."""
    findings = Findings()
    check_one_place(typed.out, typed.state, findings)
    job = job_from(context, typed, findings, needs_key=True)
    from stillwatch import flow

    folder = typed.state or typed.out or Path()
    rows = flow.write_sketches(job, folder) if typed.state is None else flow.add_to_state(job)
    if typed.as_json:
        print_json({"folder": str(folder), "rows": asdict(rows)})
    else:
        outside = f"{rows.outside_window:,} outside the window or kept already, " if rows.outside_window else ""
        found = "rows kept in all" if typed.state else "exchanges sketched"
        say(f"{rows.used - rows.outside_window:,} {found}, {outside}{rows.quarantined:,} quarantined: {folder}")
    _settle_strict(typed.strict, rows.quarantined)


def _settle_strict(strict: bool, quarantined: int) -> None:
    if strict and quarantined:
        raise typer.Exit(QUARANTINED)
