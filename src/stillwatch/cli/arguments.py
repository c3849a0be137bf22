"""Words of a command line become a Job; every mistake is collected, none stops the search for the next."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from stillwatch.errors import InputError, Mistake, UsageError
from stillwatch.job import Inputs, Job, Window, resolve
from stillwatch.runs import folder
from stillwatch.runs import state as states
from stillwatch.settings import Settings, load_settings

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
    "--previous",
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
    previous: Sequence[Path] = ()


def job_from(words: Words, findings: Findings, needs_key: bool = False) -> Job:
    """The job that these words ask for.

    Raises UsageError with what was found before, what is wrong with the words, and what the job cannot find.
    """
    settings = _settings(words, findings)
    inputs = Inputs(
        tuple(_without_options(words.logs, findings)),
        tuple(words.accounts),
        tuple(words.permits),
        tuple(words.judgements),
    )
    if words.state is not None:
        findings.mistakes.extend(states.refusal(words.state))
    if not words.logs and not _keeps_anything(words.state):
        findings.add("LOGS", "none were named", "name files, folders or globs of exchange logs")
    if needs_key and settings.sketch.key_file is None:
        findings.add("`--key-file`", "is missing", "name a file of at least 16 secret bytes")
    previous = _previous(words.previous, words.state, findings)
    window = _window(words, findings)
    try:
        job = resolve(inputs, window, settings, words.state, previous)
    except UsageError as error:
        findings.mistakes.extend(error.mistakes)
        findings.settle()
        raise
    findings.settle()
    return job


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


def _settings(words: Words, findings: Findings) -> Settings:
    settings = Settings()
    try:
        settings = load_settings(Path(words.settings) if words.settings else None)
    except UsageError as error:
        findings.mistakes.extend(error.mistakes)
    if words.key_file is not None:
        own = settings.sketch.model_copy(update={"key_file": Path(words.key_file)})
        settings = settings.model_copy(update={"sketch": own})
    return _with_engine(settings, words, findings)


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


def _previous(named: Sequence[Path], state: Path | None, findings: Findings) -> Path | None:
    """The one earlier run whose ids this run continues; None where none was named."""
    if len(named) > 1:
        listed = ", ".join(f"`{run}`" for run in named)
        findings.add("`--previous`", f"names two previous runs or more ({listed})", "name the latest of them only")
    for run in named:
        if not run.exists():
            findings.add(f"`--previous {run}`", "does not exist", "name a run folder that `scan` wrote")
        elif not (run / folder.MARKER).is_file():
            what = f"is not a run folder (it has no `{folder.MARKER}`)"
            findings.add(f"`--previous {run}`", what, "name a run folder that `scan` wrote")
    if named and state is not None and _has_lineage(state):
        what = f"cannot stand beside `--state {state}`, which carries the ids of its own last run forward"
        findings.add(f"`--previous {named[0]}`", what, "name one of them")
    return named[0] if named else None


def _has_lineage(state: Path) -> bool:
    try:
        return bool(states.load(state).lineage)
    except InputError:
        return False  # the run itself says what is wrong with the state


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
