"""A job: what one run was asked to do, with its files found and its key loaded once, before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from stillwatch.errors import Mistake, UsageError
from stillwatch.input_files import Found, Source, find
from stillwatch.key import Key, load_key
from stillwatch.settings import Settings, absent_files


@dataclass(frozen=True, slots=True)
class Inputs:
    """The paths a person named, as typed: files, folders or globs."""

    exchanges: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    permits: tuple[str, ...] = ()
    judgements: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open span of event time (UTC) that a run looks at; None leaves that end open."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """The input files of each table, in the order of their paths, each file once."""

    exchanges: tuple[Source, ...] = ()
    accounts: tuple[Source, ...] = ()
    permits: tuple[Source, ...] = ()
    judgements: tuple[Source, ...] = ()
    indicators: tuple[Source, ...] = ()
    passed_over: tuple[str, ...] = ()  # files in the folders named that are no logs by their names

    @property
    def every(self) -> tuple[Source, ...]:
        """The files of all tables."""
        return (*self.exchanges, *self.accounts, *self.permits, *self.judgements, *self.indicators)


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that a run depends on; `resolve` makes one."""

    sources: Sources
    window: Window
    settings: Settings
    key: Key = field(repr=False)
    state: Path | None = None  # the folder that keeps what earlier runs have read
    previous: Path | None = None  # the run folder whose networks and campaigns keep their ids
    lateness: timedelta | None = None  # how late an exchange may reach the state; None: none before the state's end
    partials: Path | None = None  # folder of what earlier runs over the state computed of each account by itself


def resolve(
    inputs: Inputs,
    window: Window = Window(),
    settings: Settings | None = None,
    state: Path | None = None,
    previous: Path | None = None,
) -> Job:
    """Finds the files that the inputs name and loads the key that the settings name.

    Raises UsageError with everything that cannot be found or used.
    """
    mistakes: list[Mistake] = []
    logs = _found("LOGS", inputs.exchanges, mistakes)
    accounts = _found("--accounts", inputs.accounts, mistakes)
    permits = _found("--permits", inputs.permits, mistakes)
    judgements = _found("--judgements", inputs.judgements, mistakes)
    indicators = _found("--indicators", inputs.indicators, mistakes)
    passed_over = {path for one in (logs, accounts, permits, judgements, indicators) for path in one.passed_over}
    tables = (accounts.sources, permits.sources, judgements.sources, indicators.sources)
    sources = Sources(logs.sources, *tables, tuple(sorted(passed_over)))
    settings = settings or Settings()
    key = load_key(None)
    try:
        key = load_key(settings.sketch.key_file)
    except UsageError as error:
        mistakes.extend(error.mistakes)
    mistakes.extend(absent_files(settings.regions, "regions"))  # else found out when all stages before are done
    if mistakes:
        raise UsageError(mistakes)
    return Job(sources, window, settings, key, state, previous)


def stamp(moment: datetime | None) -> str | None:
    """A UTC time as records and messages write it."""
    return None if moment is None else f"{moment.isoformat()}Z"


def _found(option: str, patterns: Sequence[str], mistakes: list[Mistake]) -> Found:
    found, wrong = find(patterns)
    mistakes.extend(Mistake(f"{option} {one.where}", one.what, one.remedy) for one in wrong)
    return found
