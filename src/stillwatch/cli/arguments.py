"""Words of a command line become a Job; every mistake is collected, none stops the search for the next."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from stillwatch.errors import Mistake, UsageError
from stillwatch.runs import folder
from stillwatch.runs import state as states
from stillwatch.settings import (
    Inputs,
    Job,
    Settings,
    Window,
    load_settings,
)

ENGINES = ("duckdb", "spark")
REMOTE = "sc://"
FORMATS = ("html", "md", "json", "pdf")
OPTIONS = (
    "--accounts",
    "--permits",
    "--judgements",
    "--settings",
    "--since",
    "--until",
    "--engine",
    "--spark-remote",
    "--out",
    "--strict",
    "--json",
    "--key-file",
    "--state",
    "--debug",
    "--help",
)

SEVERAL = ("--seeds", "--missing")


def each_named(words: Sequence[str]) -> list[str]:
    """`--seeds 1 2` as the parser understands it, which is `--seeds 1 --seeds 2`."""
    named: list[str] = []
    option, taken = "", 0
    for word in words:
        if word.startswith("--"):
            option, taken = word, 0
        elif option in SEVERAL:
            taken += 1
            named += [option] if taken > 1 else []
        named.append(word)
    return named


@dataclass(slots=True)
class Findings:
    """The mistakes found so far on one command line."""

    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, where: str, what: str, remedy: str) -> None:
        """Notes one mistake."""
        self.mistakes.append(Mistake(where, what, remedy))

    def settle(self) -> None:
        """Raises UsageError with everything found, if anything was."""
        if self.mistakes:
            raise UsageError(self.mistakes)


@dataclass(frozen=True, slots=True)
class Words:
    """What a person typed after `check`, `scan` or `sketch`, as typed."""

    logs: Sequence[str] = ()
    accounts: Sequence[str] = ()
    permits: Sequence[str] = ()
    judgements: Sequence[str] = ()
    settings: str | None = None
    since: str | None = None
    until: str | None = None
    key_file: str | None = None
    engine: str | None = None
    spark_remote: str | None = None
    state: Path | None = None


def job_from(words: Words, findings: Findings) -> Job:
    """The job these words ask for; what is wrong with them goes to `findings` (call `settle` before using the job)."""
    settings = _settings(words, findings)
    inputs = Inputs(
        _found("LOGS", _without_options(words.logs, findings), findings),
        _found("--accounts", words.accounts, findings),
        _found("--permits", words.permits, findings),
        _found("--judgements", words.judgements, findings),
    )
    if words.state is not None:
        findings.mistakes.extend(states.refusal(words.state))
    if not words.logs and not _keeps_anything(words.state):
        findings.add("LOGS", "none were named", "name files, folders or globs of exchange logs")
    return Job(inputs, _window(words, findings), settings, words.state)


def check_one_place(out: Path | None, state: Path | None, findings: Findings) -> None:
    """Sketches go to a folder of their own or to a state, not to both."""
    if state is not None and out is not None:
        findings.add("`--out`", "cannot stand beside `--state`", "name one of them: it says where the sketches go")
    elif out is not None:
        check_out(out, findings)
    elif state is None:
        findings.add("`--out`", "is missing", "name the folder that the sketches go to")


def check_out(out: Path, findings: Findings) -> None:
    """The folder must be new, empty or a previous run's."""
    findings.mistakes.extend(folder.refusal(out))


def check_format(name: str, findings: Findings) -> None:
    """A report format this version writes."""
    if name == "pdf":
        findings.add("`--format pdf`", "is not in this version", "use `--format html` and print it from a browser")
    elif name not in FORMATS:
        findings.add(f"`--format {name}`", "is not a format", "use `html`, `md` or `json`")


def check_run(run: Path, findings: Findings) -> None:
    """A folder that a finished run left."""
    if not (run / folder.MARKER).is_file():
        findings.add(f"`{run}`", f"is not a run folder (it has no `{folder.MARKER}`)", "name what `scan` printed")


def default_out() -> Path:
    """A new folder named after the present second, UTC."""
    return Path("runs") / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")


def _keeps_anything(state: Path | None) -> bool:
    return state is not None and (state / states.MARKER).is_file()


def _without_options(logs: Sequence[str], findings: Findings) -> list[str]:
    kept = []
    for word in logs:
        if not word.startswith("--") or Path(word).exists():
            kept.append(word)
            continue
        near = difflib.get_close_matches(word.partition("=")[0], OPTIONS, n=1)
        remedy = f"did you mean `{near[0]}`?" if near else "see `--help`"
        findings.add(f"`{word}`", "is not an option", remedy)
    return kept


def _found(where: str, patterns: Sequence[str], findings: Findings) -> tuple[str, ...]:
    from stillwatch.read.files import find  # here, not above: it loads Arrow, which `--help` must not wait for

    _, mistakes = find(patterns)
    findings.mistakes.extend(Mistake(f"{where} {item.where}", item.what, item.remedy) for item in mistakes)
    return tuple(patterns)


def _settings(words: Words, findings: Findings) -> Settings:
    settings = Settings()
    try:
        settings = load_settings(Path(words.settings) if words.settings else None)
    except UsageError as error:
        findings.mistakes.extend(error.mistakes)
    if words.key_file is not None:
        own = settings.sketch.model_copy(update={"key_file": Path(words.key_file)})
        settings = settings.model_copy(update={"sketch": own})
    settings = _with_engine(settings, words, findings)
    if settings.sketch.key_file is not None:
        _check_key(settings.sketch.key_file, findings)
    return settings


def _with_engine(settings: Settings, words: Words, findings: Findings) -> Settings:
    """The engine that was typed, over the one that stands in the file."""
    typed = {"name": words.engine, "spark_remote": words.spark_remote}
    own = settings.engine.model_copy(update={key: word for key, word in typed.items() if word is not None})
    if own.name not in ENGINES:
        findings.add(f"`--engine {own.name}`", "is not an engine", f"use {' or '.join(f'`{one}`' for one in ENGINES)}")
    elif own.spark_remote is not None and own.name != "spark":
        findings.add("`--spark-remote`", f"says nothing to `{own.name}`", "add `--engine spark`")
    elif own.spark_remote is not None and not own.spark_remote.startswith(REMOTE):
        where = f"`--spark-remote {own.spark_remote}`"
        findings.add(where, "is no address of Spark Connect", "write it like `sc://host:15002`")
    return settings.model_copy(update={"engine": own})


def _check_key(path: Path, findings: Findings) -> None:
    from stillwatch.sketch.key import load_key  # here, not above, for the same reason

    try:
        load_key(path)
    except UsageError as error:
        findings.mistakes.extend(error.mistakes)


def _window(words: Words, findings: Findings) -> Window:
    since = _moment("--since", words.since, findings)
    until = _moment("--until", words.until, findings)
    if since is not None and until is not None and since >= until:
        findings.add("`--since`", f"`{words.since}` is not before `--until {words.until}`", "swap them")
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
