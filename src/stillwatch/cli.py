"""The `stillwatch` command: words in, exit code out; results go to stdout, progress and errors to stderr."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from stillwatch import __version__
from stillwatch.arguments import (
    Findings,
    Words,
    check_format,
    check_one_place,
    check_out,
    check_run,
    default_out,
    each_named,
    job_from,
)
from stillwatch.errors import StillwatchError
from stillwatch.lab_commands import lab
from stillwatch.options import (
    LENIENT,
    Accounts,
    AsJson,
    Engine,
    Judgements,
    KeyFile,
    Logs,
    Out,
    Permits,
    SettingsFile,
    Since,
    SparkRemote,
    StateFolder,
    Strict,
    Until,
    console,
    print_json,
)

# Heavy modules (Arrow, numba, DuckDB) load inside the commands that need them, so that `--help` answers at once.

ISSUES = "the place named in `SECURITY.md`"
QUARANTINED = 3  # exit code: done, but rows were quarantined and `--strict` was given
INTERRUPTED = 130  # exit code: 128 + SIGINT, as shells expect
TERMINATED = 143  # 128 + SIGTERM
WIDE = 160  # of large tables where no terminal says how wide it is

app = typer.Typer(
    help="Finds accounts run through one hand that jointly extract a language model's capabilities.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(lab, name="lab")


@app.callback()
def settle_globals(
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something unexpected fails.")] = False,
) -> None:
    """Options that every command takes."""
    # read by `main`, which also sees it when it stands behind the command's name


@app.command()
def demo(out: Out = None) -> None:
    """Makes a small world, scans it, prints what was found beside the truth, and writes the report."""
    folder = out or Path("demo-run")
    findings = Findings()
    check_out(folder, findings)
    findings.settle()
    from stillwatch.lab.demo import run as run_demo

    raise typer.Exit(run_demo(folder, console()))


@app.command(context_settings=LENIENT)
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
    findings = Findings()
    job = job_from(Words(logs or (), accounts or (), permits or (), judgements or (), settings, since, until), findings)
    findings.settle()
    from stillwatch import flow
    from stillwatch.read.summary import render

    found = flow.check(job)
    if as_json:
        print_json(asdict(found))
    else:
        render(found, console())
    _settle_strict(strict, found.rows.quarantined)


@app.command(context_settings=LENIENT)
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
    )
    job = job_from(words, findings)
    check_out(folder, findings)
    findings.settle()
    from stillwatch import flow, report
    from stillwatch.report import terminal

    found = flow.scan(job, folder)
    if as_json:
        print_json({"run": str(folder), **report.summary(folder)})
    else:
        terminal.render(folder, console())
        typer.echo(f"run folder: {folder}")
    _settle_strict(strict, found.rows.quarantined)


@app.command(context_settings=LENIENT)
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
    job = job_from(words, findings)
    check_one_place(out, state, findings)
    if job.settings.sketch.key_file is None:
        findings.add("`--key-file`", "is missing", "name a file of at least 16 secret bytes")
    findings.settle()
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


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")],
    campaign: Annotated[str | None, typer.Option(help="One campaign's dossier instead of the whole run.")] = None,
    format_: Annotated[str, typer.Option("--format", help="`html`, `md` or `json`.")] = "md",
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
    else:
        out.write_text(text, encoding="utf-8")


@lab.command()
def build(  # noqa: PLR0913  one parameter is one option
    world: Annotated[str, typer.Argument(help="A shipped world's name or a world file.")],
    out: Annotated[Path, typer.Option(help="The folder to write the world to.")],
    seed: Annotated[int, typer.Option(help="Same seed, same world.")] = 1,
    accounts: Annotated[int, typer.Option(min=1, help="About how many accounts.")] = 2_000,
    exchanges: Annotated[int, typer.Option(min=1, help="About how many exchanges.")] = 40_000,
    prompts: Annotated[Path | None, typer.Option(help="A folder of prompt files; none: our own.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            envvar="STILLWATCH_DATA",
            help="A folder whose `ip` holds real address ranges and client headers; `../shared/data` if it is there, "
            "else invented ones.",
        ),
    ] = None,
) -> None:
    """Makes a world with known truth."""
    from stillwatch.lab.build import build as build_world
    from stillwatch.lab.build import data_folder

    build_world(world, seed, accounts, exchanges, prompts, out, data=data_folder(data))
    typer.echo(f"world: {out}")


@lab.command()
def telltale(
    world: Annotated[Path, typer.Argument(help="A folder that `lab build` wrote.")],
    as_json: AsJson = False,
) -> None:
    """Looks for formats, gaps and combinations of columns that give a rung's accounts away without meaning to."""
    from stillwatch.lab.telltale import render, telltales

    found = telltales(world)
    if as_json:
        print_json([asdict(one) | {"speaks": one.speaks, "intended": one.intended} for one in found])
    else:
        render(found, console())
    if any(one.speaks and not one.intended for one in found):
        raise typer.Exit(1)


@lab.command()
def score(
    run: Annotated[Path, typer.Argument(help="A run folder that `scan` wrote.")],
    truth: Annotated[Path, typer.Argument(help="The `truth` folder of a world.")],
    as_json: AsJson = False,
) -> None:
    """Scores a run against a world's truth."""
    findings = Findings()
    check_run(run, findings)
    if not truth.is_dir():
        findings.add(f"`{truth}`", "is not a folder", "name the `truth` folder of a world")
    findings.settle()
    from stillwatch.lab.score import score as score_run

    scores = score_run(run, truth)
    if as_json:
        print_json(scores.as_dict())
    else:
        scores.render(console())


@lab.command()
def ladder(  # noqa: PLR0913  one parameter is one option
    seeds: Annotated[list[int], typer.Option(help="Seeds of the worlds, one world each.")],
    out: Annotated[Path, typer.Option(help="The folder for results; what is finished there is not done again.")],
    scale: Annotated[float, typer.Option(min=0.0, help="1: 100,000 accounts and 3,000,000 exchanges a world.")] = 1.0,
    world: Annotated[str, typer.Option(help="A shipped world's name or a world file.")] = "ladder",
    prompts: Annotated[Path | None, typer.Option(help="A folder of prompt files; none: our own.")] = None,
    data: Annotated[
        Path | None, typer.Option(envvar="STILLWATCH_DATA", help="A folder of real data; none: invented addresses.")
    ] = None,
    missing: Annotated[
        list[str] | None, typer.Option(help="Also scan without `text`, `addresses`, the `accounts` table.")
    ] = None,
    ablate: Annotated[bool, typer.Option("--ablate", help="Also scan without each sort of evidence.")] = False,
    baselines: Annotated[bool, typer.Option("--baselines", help="Also score other methods on the worlds.")] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep worlds, sketches and complete runs: a gigabyte a seed.")
    ] = False,
) -> None:
    """Every score on every rung, over worlds of many seeds: tables, ladder.json and ladder.html."""
    from stillwatch.lab.build import data_folder
    from stillwatch.lab.ladder.plan import MISSING, Plan
    from stillwatch.lab.ladder.run import run

    findings = Findings()
    for name in missing or ():
        if name not in MISSING:
            findings.add(
                f"`--missing {name}`", "is no part of the logs that can be left out", f"use {', '.join(MISSING)}"
            )
    findings.settle()
    without = tuple(name for name in MISSING if name in (missing or ()))
    plan = Plan(
        tuple(dict.fromkeys(seeds)), out, scale, world, prompts, without, ablate, baselines, keep, data_folder(data)
    )
    run(plan, console(WIDE), lambda text: typer.echo(text, err=True))
    typer.echo(f"results: {out / 'ladder.html'}")


def main() -> None:
    """Runs the command line of this process and exits with the contract's code."""
    signal.signal(signal.SIGTERM, partial(_terminate, os.getpid()))
    sys.exit(invoke(sys.argv[1:]))


def invoke(words: Sequence[str]) -> int:
    """Runs one command line and returns its exit code; prints no traceback unless `--debug` is among the words."""
    debug = "--debug" in words
    kept = each_named([word for word in words if word != "--debug"])
    try:
        typer.main.get_command(app).main(args=kept, prog_name="stillwatch")
    except SystemExit as done:
        if done.code == INTERRUPTED:  # the parser turns Ctrl-C into this, and says nothing
            _complain("interrupted; nothing was written", debug)
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except StillwatchError as error:
        _complain(_with_notes(str(error), error), debug)
        return error.exit_code
    except BrokenPipeError:
        # whoever read our output has heard enough; a second complaint when Python flushes stdout helps nobody
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # noqa: BLE001  the one place where the unexpected is turned into words
        said = (
            f"stillwatch {__version__} failed unexpectedly ({type(error).__name__}: {error}); "
            f"nothing half-written was left; run again with `--debug` and report it to {ISSUES}"
        )
        _complain(_with_notes(said, error), debug)
        return 1
    return 0


def _terminate(owner: int, _number: int, _frame: FrameType | None) -> None:
    if os.getpid() != owner:
        os._exit(TERMINATED)  # a forked worker owns nothing that needs cleaning up
    raise KeyboardInterrupt  # so that a polite kill cleans up like Ctrl-C


def _with_notes(said: str, error: Exception) -> str:
    return "; ".join([said, *getattr(error, "__notes__", ())])


def _complain(text: str, debug: bool) -> None:
    if debug:
        traceback.print_exc()
    for line in text.splitlines():
        sys.stderr.write(f"stillwatch: {line}\n")


def _settle_strict(strict: bool, quarantined: int) -> None:
    if strict and quarantined:
        raise typer.Exit(QUARANTINED)
