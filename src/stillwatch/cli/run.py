"""`stillwatch check`, `scan` and `sketch`: logs in; a summary, a run folder or sketches out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer

from stillwatch.cli.arguments import Findings, Words, check_one_place, check_out, default_out, job_from
from stillwatch.cli.options import (
    Accounts,
    AsJson,
    Engine,
    Judgements,
    KeyFile,
    Logs,
    Out,
    Permits,
    Previous,
    SettingsFile,
    Since,
    SparkRemote,
    StateFolder,
    Strict,
    Until,
    console,
    print_json,
)

QUARANTINED = 3  # exit code: done, but rows were quarantined and `--strict` was given


def check(  # noqa: PLR0913  one parameter is one option
    logs: Logs = None,
    accounts: Accounts = None,
    permits: Permits = None,
    judgements: Judgements = None,
    settings: SettingsFile = None,
    since: Since = None,
    until: Until = None,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Reads and validates only: rows used, quarantined and why, and which evidence the columns allow."""
    words = Words(logs or (), accounts or (), permits or (), judgements or (), settings, since, until)
    job = job_from(words, Findings())
    from stillwatch import flow
    from stillwatch.read.summary import render

    found = flow.check(job)
    if as_json:
        print_json(asdict(found))
    else:
        render(found, console())
    _settle_strict(strict, found.rows.quarantined)


def scan(  # noqa: PLR0913  one parameter is one option
    logs: Logs = None,
    accounts: Accounts = None,
    permits: Permits = None,
    judgements: Judgements = None,
    settings: SettingsFile = None,
    since: Since = None,
    until: Until = None,
    engine: Engine = None,
    spark_remote: SparkRemote = None,
    out: Out = None,
    key_file: KeyFile = None,
    state: StateFolder = None,
    previous: Previous = None,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """The main job: logs in, a run folder out."""
    folder = out or default_out()
    findings = Findings()
    words = Words(
        logs or (),
        accounts or (),
        permits or (),
        judgements or (),
        settings,
        since,
        until,
        key_file,
        engine,
        spark_remote,
        state,
        previous or (),
    )
    check_out(folder, findings)
    job = job_from(words, findings)
    from stillwatch import flow, report

    found = flow.scan(job, folder)
    if as_json:
        print_json({"run": str(folder), **report.summary(folder)})
    else:
        report.show(folder, console())
        typer.echo(f"run folder: {folder}")
    _settle_strict(strict, found.rows.quarantined)


def sketch(  # noqa: PLR0913  one parameter is one option
    logs: Logs = None,
    settings: SettingsFile = None,
    since: Since = None,
    until: Until = None,
    key_file: KeyFile = None,
    out: Out = None,
    state: StateFolder = None,
    strict: Strict = False,
    as_json: AsJson = False,
) -> None:
    """Raw logs to textless sketches, made near the logs under a key that the provider holds."""
    findings = Findings()
    words = Words(logs or (), settings=settings, since=since, until=until, key_file=key_file, state=state)
    check_one_place(out, state, findings)
    job = job_from(words, findings, needs_key=True)
    from stillwatch import flow

    folder = state or out or Path()
    rows = flow.write_sketches(job, folder) if state is None else flow.add_to_state(job)
    if as_json:
        print_json({"folder": str(folder), "rows": asdict(rows)})
    else:
        outside = f"{rows.outside_window:,} outside the window or kept already, " if rows.outside_window else ""
        found = "rows kept in all" if state else "exchanges sketched"
        typer.echo(f"{rows.used - rows.outside_window:,} {found}, {outside}{rows.quarantined:,} quarantined: {folder}")
    _settle_strict(strict, rows.quarantined)


def _settle_strict(strict: bool, quarantined: int) -> None:
    if strict and quarantined:
        raise typer.Exit(QUARANTINED)
