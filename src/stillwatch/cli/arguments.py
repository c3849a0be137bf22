"""What was typed becomes a job."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from stillwatch.cli.findings import Findings
from stillwatch.cli.options import Typed
from stillwatch.cli.output import complain
from stillwatch.errors import InputError, UsageError
from stillwatch.job import Inputs, Job, Window, resolve
from stillwatch.key import exposure
from stillwatch.runs import state as states
from stillwatch.settings import ReadSettings, Settings, load_settings

ENGINES = ("duckdb", "spark")
REMOTE = "sc://"
ALIKE = 0.7
"""Likeness (of `difflib`) from which a word is taken for a misspelt option; at 0.6 `--version` passes for `--json`."""


def job_from(
    context: typer.Context, typed: Typed, findings: Findings, needs_key: bool = False, needs_logs: bool = True
) -> Job:
    """The job that was typed; `context` knows the options of the command.

    Raises UsageError with what was found before, what is wrong with the words, and what the job cannot find.
    """
    settings = _settings(typed, findings)
    if needs_key and settings.sketch.key_file is None:
        findings.add("`--key-file`", "is missing", "name a file of at least 16 secret bytes")
    options = [option for one in context.command.params for option in one.opts if option.startswith("--")]
    logs = _without_options(typed.logs, [*options, "--debug", "--help"], findings)
    tables = (typed.accounts, typed.permits, typed.judgements, typed.indicators)
    inputs = Inputs(tuple(logs), *map(tuple, tables))
    if typed.state is not None:
        findings.mistakes.extend(states.refusal(typed.state))
    if needs_logs and not typed.logs and not _keeps_anything(typed.state):
        findings.add("LOGS", "none were named", "name files, folders or globs of exchange logs")
        if typed.state is not None:
            findings.add(f"`--state {typed.state}`", "keeps no exchanges yet", "name the state that `sketch` filled")
    previous = _previous(typed.previous, typed.state, findings)
    window = _window(typed, findings)
    try:
        job = resolve(inputs, window, settings, typed.state, previous)
    except UsageError as error:
        raise UsageError([*findings.mistakes, *error.mistakes]) from error
    findings.settle()
    if (warning := exposure(settings.sketch.key_file)) is not None:
        complain(warning)
    return job


def default_out() -> Path:
    """A new folder named after the present second, UTC."""
    return Path("runs") / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


def _keeps_anything(state: Path | None) -> bool:
    return state is not None and (state / states.MARKER).is_file()


def _without_options(logs: Sequence[str], options: Sequence[str], findings: Findings) -> list[str]:
    """The words that name logs; one that looks like an option but is none is a mistake."""
    paths = []
    for word in logs:
        if not word.startswith("--") or Path(word).exists():
            paths.append(word)
            continue
        near = difflib.get_close_matches(word.partition("=")[0], options, n=1, cutoff=ALIKE)
        remedy = f"did you mean `{near[0]}`?" if near else "see `--help`"
        findings.add(f"`{word}`", "is not an option", remedy)
    return paths


def _settings(typed: Typed, findings: Findings) -> Settings:
    settings = Settings()
    try:
        settings = load_settings(typed.settings)
    except UsageError as error:
        findings.mistakes.extend(error.mistakes)
    if typed.key_file is not None:
        own = settings.sketch.model_copy(update={"key_file": typed.key_file})
        settings = settings.model_copy(update={"sketch": own})
    settings = settings.model_copy(update={"read": _with_format(settings.read, typed, findings)})
    return _with_engine(settings, typed, findings)


def _with_format(settings: ReadSettings, typed: Typed, findings: Findings) -> ReadSettings:
    """The format or mapping that was typed wins over what stands in the file."""
    if typed.format is not None and typed.mapping is not None:
        findings.add("`--format`", "cannot stand beside `--mapping`", "name one; a mapping can extend a format")
    asked = {"format": typed.format, "mapping": typed.mapping}
    if typed.format is None and typed.mapping is None:
        asked = {"format": settings.format, "mapping": settings.mapping}
    read = settings.model_copy(
        update=asked
        | {
            "skip_unreadable": settings.skip_unreadable or typed.skip_unreadable,
            "keep_raw": settings.keep_raw or typed.keep_raw,
        }
    )
    if read.format is None and read.mapping is None:
        return read
    from stillwatch.read import gateways  # here, not above: it loads Arrow, which `--help` must not wait for

    try:
        if read.mapping is not None:
            gateways.load_mapping(read.mapping)
        elif read.format is not None:
            gateways.named(read.format)
    except UsageError as error:
        findings.mistakes.extend(error.mistakes)
    return read


def _with_engine(settings: Settings, typed: Typed, findings: Findings) -> Settings:
    """The engine that was typed wins over the one that stands in the file."""
    named = {"name": typed.engine, "spark_remote": typed.spark_remote}
    own = settings.engine.model_copy(update={key: word for key, word in named.items() if word is not None})
    if own.name not in ENGINES:
        findings.add(f"`--engine {own.name}`", "is not an engine", f"use {' or '.join(f'`{one}`' for one in ENGINES)}")
    elif own.spark_remote is not None and own.name != "spark":
        findings.add("`--spark-remote`", f"says nothing to `{own.name}`", "add `--engine spark`")
    elif own.spark_remote is not None and not own.spark_remote.startswith(REMOTE):
        where = f"`--spark-remote {own.spark_remote}`"
        findings.add(where, "is no address of Spark Connect", "write it like `sc://host:15002`")
    return settings.model_copy(update={"engine": own})


def _previous(named: Sequence[Path], state: Path | None, findings: Findings) -> Path | None:
    """The one earlier run whose ids this run continues; None where none was named."""
    if len(named) > 1:
        listed = ", ".join(f"`{run}`" for run in named)
        findings.add("`--previous`", f"names two previous runs or more ({listed})", "name the latest of them only")
    if named:
        from stillwatch.runs import previous  # here, not above: it loads Arrow, which `--help` must not wait for

        for run in named:
            findings.mistakes.extend(previous.refusal(run))
    if named and state is not None and _has_lineage(state):
        what = f"cannot stand beside `--state {state}`, which carries the ids of its own last run forward"
        findings.add(f"`--previous {named[0]}`", what, "name one of them")
    return named[0] if named else None


def _has_lineage(state: Path) -> bool:
    try:
        return bool(states.load(state).lineage)
    except InputError:
        return False  # the run itself says what is wrong with the state


def _window(typed: Typed, findings: Findings) -> Window:
    since = _moment("--since", typed.since, findings)
    until = _moment("--until", typed.until, findings)
    if since is not None and until is not None and since >= until:
        findings.add("`--since`", f"`{typed.since}` is not before `--until {typed.until}`", "swap them")
    return Window(since, until)


def _moment(option: str, text: str | None, findings: Findings) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        findings.add(f"`{option} {text}`", "is not a time", "write it like `2026-04-22` or `2026-04-22T13:00:00Z`")
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
