"""The order of the stages, and the run around them: measured, exported, published whole."""

from __future__ import annotations

import json
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Protocol

from stillwatch import (
    __version__,
    assess,
    group,
    link,
    read,
    report,
    sketch,
)
from stillwatch.disk import replaced, sweep
from stillwatch.engine import Engine, Query, identifier
from stillwatch.engine.factory import open_engine
from stillwatch.errors import (
    InputError,
    Mistake,
    QueryError,
    UsageError,
)
from stillwatch.job import Job, stamp
from stillwatch.key import remedy_for
from stillwatch.read.refusals import refusals
from stillwatch.read.summary import (
    ReadSummary,
    Rows,
    count_rows,
    summarise,
)
from stillwatch.records import Table
from stillwatch.records.inputs import ACCOUNTS, PERMITS, QUARANTINE, UNREAD_FILES
from stillwatch.records.lineage import LINEAGE, LINEAGE_MEMBERS
from stillwatch.records.outputs import DOCUMENTS, LOOKS, NETWORK_PROFILES, NETWORK_STANDINGS, RUN_FILES
from stillwatch.records.sketches import ADDED_SKETCHES, EXCHANGE_SKETCHES
from stillwatch.runs import checkpoint, folder, previous, state_update
from stillwatch.runs import state as states
from stillwatch.runs.checkpoint import Checkpoint
from stillwatch.runs.lineage import newest_exchange
from stillwatch.runs.state import State
from stillwatch.runs.state_update import Fresh


class Stage(Protocol):
    """A folder that is named after a verb: the tables that it reads, those that it writes, and the function between."""

    @property
    def __name__(self) -> str: ...

    @property
    def READS(self) -> tuple[str, ...]: ...  # noqa: N802

    @property
    def WRITES(self) -> tuple[str, ...]: ...  # noqa: N802

    def run(self, engine: Engine, job: Job) -> None:
        """Reads the tables in READS and writes those in WRITES; raises RunError."""


CONTINUED = (LINEAGE, LINEAGE_MEMBERS, NETWORK_PROFILES, NETWORK_STANDINGS, LOOKS)
_FRESH = ("exchanges.parquet", "accounts.parquet")  # the files of a part that no state has yet
PATIENCE = 60.0  # seconds for which a watch waits for others to leave its state
SKETCHED: tuple[Stage, ...] = (read, sketch)
STAGES: tuple[Stage, ...] = (*SKETCHED, link, group, assess, report)


@dataclass(frozen=True, slots=True)
class StageRecord:
    """The cost of one stage, and the number of rows of each table that it wrote (views are left out)."""

    stage: str
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int  # of the whole process so far
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A finished run: its folder, the rows that it read, and how many campaigns and networks it found."""

    folder: Path
    rows: Rows
    campaigns: int
    networks: int
    stages: tuple[StageRecord, ...]


def run(
    stages: Sequence[Stage], engine: Engine, job: Job, resumed: Checkpoint | None = None
) -> tuple[StageRecord, ...]:
    """Runs and measures the stages in order, except those finished in the checkpoint; raises what they raise."""
    return tuple(_finished(stage, engine, job, resumed) for stage in stages)


def scan(job: Job, out: Path) -> RunSummary:
    """The main job: logs in, a run folder at `out`, which appears whole or not at all.

    With a state the logs are added to it, and the run covers everything in the state, as if all logs had come at once.
    If an earlier run of the same job into `out` failed, this one goes on after the stages that were finished. Raises
    UsageError when `out` may not be replaced, RunError when the run cannot finish.
    """
    _check_out(out, job.state)
    with (
        checkpoint.resume(job, out) as resumed,
        _engine(job, out.absolute().parent, resumed.folder if resumed else None) as engine,
        state_update.open_for(job) as state,
    ):
        key_id = _sketch_key_id(job, state)
        _refuse_another_key(job, key_id)
        continued = previous.lineage_of(job, state)
        if continued is not None:
            previous.load(*continued, key_id)  # before hours are spent on what it would not fit
        with folder.published(out) as staged:
            sketched = [stage for stage in STAGES if stage in SKETCHED]
            records = _read_and_sketch(sketched, engine, job, resumed)
            if state is not None:
                state_update.add_sketches(engine, job, state, key_id)
            records += run([stage for stage in STAGES if stage not in SKETCHED], engine, job, resumed)
            written = {table.name: _export(engine, table, staged, key_id) for table in RUN_FILES}
            _write_documents(engine, staged)
            seen = job if state is None else replace(job, window=states.window_seen(job.window, state))
            _write_json(staged / folder.MARKER, _run_record(engine, seen, key_id, records, written))
            found = RunSummary(out, count_rows(engine), written["campaigns"], written["networks"], records)
            if state is not None:
                # before the run appears: killed in between, the next run knows ids that nobody saw, not the reverse
                state_update.keep_lineage(state.folder, previous.all_files(staged))
        return found


def check(job: Job) -> ReadSummary:
    """Reads and validates only; staged files go to `engine.temp_directory` and are removed at the end."""
    with _engine(job, Path(job.settings.engine.temp_directory or tempfile.gettempdir())) as engine:
        run((read,), engine, job)
        return summarise(engine, refusals(engine, job.state is not None))


def suggest(job: Job) -> str:
    """Returns a mapping file that the logs seem to need; raises InputError when none of them can be read."""
    with _engine(job, Path(job.settings.engine.temp_directory or tempfile.gettempdir())) as engine:
        return read.suggested(job.sources.exchanges, job.settings.read, engine)


def write_sketches(job: Job, out: Path) -> Rows:
    """Raw logs to textless sketches: `exchange_sketches.parquet` and `quarantine.parquet` in a folder at `out`.

    Raises UsageError when `out` may not be replaced, RunError when the run cannot finish.
    """
    _check_out(out)
    with _engine(job, out.absolute().parent) as engine, folder.published(out) as staged:
        key_id = _sketch_key_id(job, None)
        records = _read_and_sketch(SKETCHED, engine, job)
        # sketches as they were made: what linking reads as the request depends on all exchanges of an account
        written = {
            name: engine.export(table, staged / f"{name}.parquet", {"key_id": key_id})
            for name, table in ((EXCHANGE_SKETCHES.name, ADDED_SKETCHES), (QUARANTINE.name, QUARANTINE))
        }
        _write_json(staged / folder.MARKER, _run_record(engine, job, key_id, records, written))
        return count_rows(engine)


def add_to_state(job: Job) -> Rows:
    """Adds raw logs to the job's state without looking for networks, as an hourly job does.

    Raises UsageError when the job names no state or a time inside it, RunError when the run cannot finish.
    """
    if job.state is None:
        raise UsageError([Mistake("`--state`", "is missing", "name the folder to add to")])
    with (
        _engine(job, job.state.absolute().parent) as engine,
        state_update.open_at(job.state, job.window) as state,
    ):
        key_id = _sketch_key_id(job, state)
        run((read,), engine, job)
        read.refuse_unusable(engine, job)
        sketch.write_added(engine, job)
        state_update.add_sketches(engine, job, state, key_id)
        return count_rows(engine)


@dataclass(frozen=True, slots=True)
class Sketched:
    """Logs that were sketched apart from the state: their rows, the files that could not be read with why, and the part
    that the state can take (None: of no row)."""

    rows: Rows
    unread: tuple[str, ...] = ()
    fresh: Fresh | None = None


def sketch_apart(job: Job, place: Path) -> Sketched:
    """Sketches the job's logs into two new files in the folder `place`, on the state's disk; the state stays as it is.

    Several processes may do so at once. Raises RunError when the logs cannot be used.
    """
    with _engine(job, place) as engine:
        key_id = _key_id_of_logs(job)
        with _naming_broken_files(engine, job):
            read.run_alone(engine, job)
            sketch.write_added(engine, job)
            fresh = state_update.part_of_table(engine, ADDED_SKETCHES, (place, *_FRESH), key_id)
        unread = _all(engine, f"SELECT reason FROM {UNREAD_FILES.name} WHERE NOT passed_over ORDER BY reason")
        return Sketched(count_rows(engine), tuple(str(row["reason"]) for row in unread), fresh)


def write_beside(job: Job, folder: Path) -> None:
    """Writes the job's accounts and permits, checked as by a scan, as `accounts.parquet` and `permits.parquet`.

    Raises RunError when they cannot be used.
    """
    alone = replace(
        job, sources=replace(job.sources, exchanges=(), judgements=(), indicators=()), state=None, previous=None
    )
    with _engine(alone, folder.absolute().parent) as engine:
        run((read,), engine, alone)
        said = refusals(engine, has_state=True)
        if said:
            raise InputError("\n".join(said))
        for table in (ACCOUNTS, PERMITS):
            with replaced(folder / f"{table.name}.parquet", "--state") as fresh:
                engine.export(table, fresh)


def flow_table() -> str:
    """The markdown table of stages, what they do, read and write; docs/flow.md embeds it."""
    lines = ["| stage | does | reads | writes |", "|---|---|---|---|"]
    for stage in STAGES:
        does = (stage.__doc__ or "").strip().splitlines()[0]
        lines.append(f"| `{_short(stage)}` | {does} | {_names(stage.READS) or 'logs'} | {_names(stage.WRITES)} |")
    return "\n".join(lines) + "\n"


def _read_and_sketch(
    stages: Sequence[Stage], engine: Engine, job: Job, resumed: Checkpoint | None = None
) -> tuple[StageRecord, ...]:
    records: tuple[StageRecord, ...] = ()
    for stage in stages:
        records += run((stage,), engine, job, resumed)
        if stage is read:
            read.refuse_unusable(engine, job)  # before hours are spent on sketches
    return records


def _sketch_key_id(job: Job, state: State | None) -> str:
    """The key of all sketches of this run; InputError when some come under another key than the run's own."""
    key_id = _key_id_of_logs(job)
    if state is not None and state.parts and state.key_id != key_id:
        raise InputError(
            f"the sketches in `{state.folder}` were made under the key `{state.key_id}`, but these logs would be under "
            f"`{key_id}`, so that they could not be compared; {remedy_for(state.key_id)}"
        )
    return key_id


def _refuse_another_key(job: Job, key_id: str) -> None:
    """Raises InputError where a key was named and is not that of the sketches: what it hashes would meet nothing."""
    if key_id != job.key.key_id and job.settings.sketch.key_file is not None:
        raise InputError(
            f"the sketches given were made under the key `{key_id[:40]}`, but this run's key is `{job.key.key_id}`, so "
            f"that indicators and later runs could not be compared with them; {remedy_for(key_id)}"
        )


def _key_id_of_logs(job: Job) -> str:
    own = job.key.key_id
    received = read.received_key(job)
    if received is None or received.key_id is None:
        return own
    if received.beside_logs and received.key_id != own:
        raise InputError(
            f"the sketches given were made under the key `{received.key_id[:40]}`, but this run's key is `{own}`, "
            "so that they cannot be compared with the logs beside them; name the same key with `--key-file`"
        )
    return received.key_id


def _check_out(out: Path, state: Path | None = None) -> None:
    mistakes = folder.refusal(out, state)
    if mistakes:
        raise UsageError(mistakes)


@contextmanager
def _engine(job: Job, parent: Path, checkpoint_folder: Path | None = None) -> Iterator[Engine]:
    sweep(parent)
    with open_engine(job.settings.engine, parent, checkpoint_folder) as engine:
        yield engine


def _finished(stage: Stage, engine: Engine, job: Job, resumed: Checkpoint | None) -> StageRecord:
    if resumed is None:
        return _measured(stage, engine, job)
    before = resumed.record_of(_short(stage))
    if before is not None:
        return StageRecord(**before)
    record = _measured(stage, engine, job)
    engine.save()
    resumed.add(asdict(record))
    return record


def _measured(stage: Stage, engine: Engine, job: Job) -> StageRecord:
    wall, cpu = time.perf_counter(), time.process_time()
    with _naming_broken_files(engine, job):
        stage.run(engine, job)
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    return StageRecord(
        _short(stage), round(seconds, 3), round(cpu_seconds, 3), _peak_memory(), engine.sizes(stage.WRITES)
    )


@contextmanager
def _naming_broken_files(engine: Engine, job: Job) -> Iterator[None]:
    """Raises InputError for the file whose broken page made a query fail, in place of QueryError."""
    try:
        yield
    except QueryError as error:
        broken = read.broken_file(job, error, engine.folder)
        if broken is None:
            raise
        raise broken from error


def _peak_memory() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # kilobytes everywhere but on macOS


def _run_record(
    engine: Engine, job: Job, key_id: str, records: Sequence[StageRecord], written: dict[str, int]
) -> dict[str, object]:
    off = "SELECT name, sentence FROM evidence_sources WHERE NOT available ORDER BY name"
    return {
        "stillwatch": __version__,
        "settings": job.settings.model_dump(mode="json"),
        "key_id": key_id,
        "window": {"since": stamp(job.window.since), "until": stamp(job.window.until)},
        "inputs": _all(engine, "SELECT * FROM sources ORDER BY source, feeds"),
        "rows": asdict(count_rows(engine)),
        "channels_off": {str(row["name"]): row["sentence"] for row in _all(engine, off)},
        "written": written,
        "stages": [asdict(record) for record in records],
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "pyspark": version("pyspark") if job.settings.engine.name == "spark" else None,
        "finished_at": stamp(datetime.now(UTC).replace(tzinfo=None)),
    }


def _export(engine: Engine, table: Table, staged: Path, key_id: str) -> int:
    # the lineage says of itself what a later run must know before it continues it
    said = previous.metadata(key_id, newest_exchange(engine)) if table in CONTINUED else None
    return engine.export(table, staged / f"{table.name}.parquet", said)


def _write_documents(engine: Engine, staged: Path) -> None:
    rows = engine.fetch(Query("documents", f"SELECT name, body FROM {identifier(DOCUMENTS.name)} ORDER BY name"))
    for row in rows.to_pylist():
        # A document's name is never taken from a log; its last part alone is used, so that it stays inside the folder.
        (staged / PurePath(row["name"]).name).write_text(row["body"], encoding="utf-8")


def _write_json(path: Path, record: dict[str, object]) -> None:
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _all(engine: Engine, sql: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = engine.fetch(Query("run record", sql)).to_pylist()
    return rows


def _short(stage: Stage) -> str:
    return stage.__name__.rpartition(".")[2]


def _names(tables: Sequence[str]) -> str:
    return ", ".join(f"`{table}`" for table in tables)
