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
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import Protocol

from stillwatch import __version__, assess, folder, group, link, read, report, sketch
from stillwatch.engine import Engine, Query, identifier
from stillwatch.engine.opening import opened
from stillwatch.errors import InputError, UsageError
from stillwatch.read.summary import ReadSummary, Rows, count_rows, summarise
from stillwatch.records.inputs import QUARANTINE
from stillwatch.records.outputs import DOCUMENTS, RUN_FILES
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch.settings import Job
from stillwatch.sketch.key import load_key


class Stage(Protocol):
    """A verb folder: the tables it reads, the tables it writes, and what it does."""

    @property
    def __name__(self) -> str: ...

    @property
    def READS(self) -> tuple[str, ...]: ...  # noqa: N802

    @property
    def WRITES(self) -> tuple[str, ...]: ...  # noqa: N802

    def run(self, engine: Engine, job: Job) -> None:
        """Reads its tables, writes its tables; raises RunError."""


STAGES: tuple[Stage, ...] = (read, sketch, link, group, assess, report)


@dataclass(frozen=True, slots=True)
class StageRecord:
    """What one stage cost and how many rows each table it wrote has (views are not counted)."""

    stage: str
    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int  # of the whole process so far
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A finished run: where it is, what went in, what came out."""

    folder: Path
    rows: Rows
    campaigns: int
    networks: int
    stages: tuple[StageRecord, ...]


def run(stages: Sequence[Stage], engine: Engine, job: Job) -> tuple[StageRecord, ...]:
    """Runs the stages in order and measures each; raises what they raise."""
    return tuple(_measured(stage, engine, job) for stage in stages)


def scan(job: Job, out: Path) -> RunSummary:
    """The main job: logs in, a run folder at `out`, which appears whole or not at all.

    Raises UsageError when `out` may not be replaced, RunError when the run cannot finish.
    """
    with _session(job, out) as engine, folder.published(out) as staged:
        _sketch_key_id(job)
        records = run(STAGES, engine, job)
        written = {table.name: engine.export(table, staged / f"{table.name}.parquet") for table in RUN_FILES}
        _write_documents(engine, staged)
        _write_json(staged / folder.MARKER, _run_record(engine, job, records, written))
        return RunSummary(out, count_rows(engine), written["campaigns"], written["networks"], records)


def check(job: Job) -> ReadSummary:
    """Reads and validates only; what has to be staged goes to `engine.temp_directory` and is removed."""
    with _engine(job, Path(job.settings.engine.temp_directory or tempfile.gettempdir())) as engine:
        run((read,), engine, job)
        return summarise(engine)


def write_sketches(job: Job, out: Path) -> Rows:
    """Raw logs to textless sketches: `exchange_sketches.parquet` and `quarantine.parquet` in a folder at `out`.

    Raises UsageError when `out` may not be replaced, RunError when the run cannot finish.
    """
    with _session(job, out) as engine, folder.published(out) as staged:
        key_id = _sketch_key_id(job)
        stages: tuple[Stage, ...] = (read, sketch)
        records = run(stages, engine, job)
        written = {
            table.name: engine.export(table, staged / f"{table.name}.parquet", {"key_id": key_id})
            for table in (EXCHANGE_SKETCHES, QUARANTINE)
        }
        _write_json(staged / folder.MARKER, _run_record(engine, job, records, written))
        return count_rows(engine)


def flow_table() -> str:
    """The markdown table of stages, what they do, read and write; docs/flow.md and README embed it."""
    lines = ["| stage | does | reads | writes |", "|---|---|---|---|"]
    for stage in STAGES:
        does = (stage.__doc__ or "").strip().splitlines()[0]
        lines.append(f"| `{_short(stage)}` | {does} | {_names(stage.READS) or 'logs'} | {_names(stage.WRITES)} |")
    return "\n".join(lines) + "\n"


def _sketch_key_id(job: Job) -> str:
    """The key of all sketches of this run; InputError when some come under another key than the run's own."""
    own = load_key(job.settings.sketch.key_file).key_id
    received = read.received_key(job)
    if received is None or received.key_id is None:
        return own
    if received.beside_logs and received.key_id != own:
        raise InputError(
            f"the sketches given were made under the key `{received.key_id[:40]}`, but this run's key is `{own}`, "
            "so that they cannot be compared with the logs beside them; name the same key with `--key-file`"
        )
    return received.key_id


@contextmanager
def _session(job: Job, out: Path) -> Iterator[Engine]:
    mistakes = folder.refusal(out)
    if mistakes:
        raise UsageError(mistakes)
    with _engine(job, out.absolute().parent) as engine:
        yield engine


@contextmanager
def _engine(job: Job, parent: Path) -> Iterator[Engine]:
    folder.sweep(parent)
    with opened(job.settings.engine, parent) as engine:
        yield engine


def _measured(stage: Stage, engine: Engine, job: Job) -> StageRecord:
    wall, cpu = time.perf_counter(), time.process_time()
    stage.run(engine, job)
    seconds, cpu_seconds = time.perf_counter() - wall, time.process_time() - cpu
    return StageRecord(
        _short(stage), round(seconds, 3), round(cpu_seconds, 3), _peak_memory(), engine.sizes(stage.WRITES)
    )


def _peak_memory() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # kilobytes everywhere but on macOS


def _run_record(engine: Engine, job: Job, records: Sequence[StageRecord], written: dict[str, int]) -> dict[str, object]:
    off = "SELECT channel, sentence FROM channels WHERE NOT available ORDER BY channel"
    return {
        "stillwatch": __version__,
        "settings": job.settings.model_dump(mode="json"),
        "window": {"since": _stamp(job.window.since), "until": _stamp(job.window.until)},
        "inputs": _all(engine, "SELECT * FROM sources ORDER BY source, feeds"),
        "rows": asdict(count_rows(engine)),
        "channels_off": {str(row["channel"]): row["sentence"] for row in _all(engine, off)},
        "written": written,
        "stages": [asdict(record) for record in records],
        "python": platform.python_version(),
        "duckdb": version("duckdb"),
        "pyspark": version("pyspark") if job.settings.engine.name == "spark" else None,
        "finished_at": _stamp(datetime.now(UTC).replace(tzinfo=None)),
    }


def _write_documents(engine: Engine, staged: Path) -> None:
    rows = engine.fetch(Query("documents", f"SELECT name, body FROM {identifier(DOCUMENTS.name)} ORDER BY name"))
    for row in rows.to_pylist():
        # a document's name is ours, never a client's; taking its last part keeps it inside the folder all the same
        (staged / PurePath(row["name"]).name).write_text(row["body"], encoding="utf-8")


def _write_json(path: Path, record: dict[str, object]) -> None:
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _all(engine: Engine, sql: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = engine.fetch(Query("run record", sql)).to_pylist()
    return rows


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.isoformat()}Z"


def _short(stage: Stage) -> str:
    return stage.__name__.rpartition(".")[2]


def _names(tables: Sequence[str]) -> str:
    return ", ".join(f"`{table}`" for table in tables)
