"""What an epoch costs once an hour of exchanges came in, beside one that can use nothing of what earlier ones computed.

WORLD is a folder that `python -m bench.reference_case` writes, sketches of a log. All but its last hour becomes a state
of one part a day, as a watch leaves it, which is searched once; the hour is added, and it is searched again, each time
in a process of its own, as a watch does. Last it is searched without what was kept, and the tables are compared.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from bench.hour import holding
from stillwatch import flow
from stillwatch.job import Inputs, Job, resolve
from stillwatch.runs import state as states
from stillwatch.runs.folder import MARKER
from stillwatch.settings import EngineSettings, Settings
from stillwatch.watch import epochs

TARGET = 600.0  # seconds
ASKED = 317_000_000  # exchanges, of the public case
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAYS_AT_ONCE = 9  # sorted in memory


@dataclass(frozen=True, slots=True)
class Epoch:
    """One finished epoch: its run folder, and what its process took."""

    run: Path
    seconds: float
    cpu: float

    def lines(self, name: str) -> Iterator[str]:
        """A line for the epoch and one for each of its stages."""
        stages: list[dict[str, Any]] = json.loads((self.run / MARKER).read_text(encoding="utf-8"))["stages"]
        yield _line(name, self.seconds, self.cpu, max(one["peak_memory_bytes"] for one in stages))
        for one in stages:
            yield _line(f"  {one['stage']}", one["seconds"], one["cpu_seconds"], one["peak_memory_bytes"])


def lines(options: argparse.Namespace) -> Iterator[str]:
    """One line for each step, with the stages of each epoch."""
    world: Path = options.world.absolute()  # the state links to its files
    with tempfile.TemporaryDirectory(prefix="stillwatch-epoch-", dir=world.parent) as name:
        folder = Path(name)
        old, added = parted(world / "exchanges", folder)
        state = holding(old, folder / "state", added)
        job = _job(world, state.folder, options.threads)
        yield f"{sum(part.rows for part in state.parts):,} exchanges in {len(state.parts)} parts of the state"
        yield f"{'step':28} {'s':>8} {'CPU-s':>8} {'peak GB':>8}"
        first = _epoch(job, folder / "first")
        epochs.adopt(state.folder, first.run)
        yield from first.lines("first epoch")
        began = time.perf_counter(), time.process_time()
        rows = flow.add_to_state(_job(None, state.folder, options.threads, added))
        yield _line("an hour is added", time.perf_counter() - began[0], time.process_time() - began[1])
        kept = state.folder / epochs.PARTIALS
        yield f"partial results: {_bytes(kept) / 1e9:.2f} GB beside {_bytes(state.folder) / 1e9:.2f} GB of the state"
        after = _epoch(job, folder / "after")
        yield from after.lines("epoch after it")
        shutil.rmtree(kept)
        whole = _epoch(job, folder / "whole")
        yield from whole.lines("the same, nothing kept")
        yield f"tables that differ between the two: {_unlike(after.run, whole.run)}"
        yield f"{after.seconds:,.0f} s at {rows.used:,} exchanges; asked are at most {TARGET:,.0f} s at {ASKED:,}"


def parted(exchanges: Path, folder: Path) -> tuple[list[Path], Path]:
    """Parts sketches at the moment an hour before the newest: a file of each day before it, and one of the hour."""
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'; SET memory_limit = '4GB'; SET enable_progress_bar = false")
    engine.execute(f"SET temp_directory = '{folder / 'spill'}'")
    every = f"read_parquet('{exchanges.absolute()}/*.parquet')"
    first, newest = engine.execute(f"SELECT min(started_at), max(started_at) FROM {every}").fetchone() or (None, None)
    assert first is not None and newest is not None
    end = newest - HOUR
    added = folder / "new.parquet"
    _write(engine, every, (end, newest + HOUR), added)
    begins = [datetime.combine(first.date() + n * DAY, datetime.min.time()) for n in range((end - first).days + 2)]
    files = []
    for number in range(0, len(begins), DAYS_AT_ONCE):
        days = begins[number : number + DAYS_AT_ONCE]
        span = f"started_at >= '{days[0]}' AND started_at < '{min(days[-1] + DAY, end)}'"
        engine.execute(f"CREATE OR REPLACE TABLE days AS SELECT * FROM {every} WHERE {span}")
        for day in days:
            if _write(engine, "days", (day, min(day + DAY, end)), folder / f"{day:%Y-%m-%d}.parquet"):
                files.append(folder / f"{day:%Y-%m-%d}.parquet")
    return files, added


def _write(engine: duckdb.DuckDBPyConnection, table: str, span: tuple[datetime, datetime], path: Path) -> bool:
    """Writes the rows of a span of time in the order of a state's part; False when there is none."""
    rows = f"SELECT * FROM {table} WHERE started_at >= '{span[0]}' AND started_at < '{span[1]}'"
    order = "ORDER BY account_id, started_at, exchange_id"
    form = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 131072"
    written = engine.execute(f"COPY ({rows} {order}) TO '{path}' ({form})").fetchone()
    return written is not None and written[0] > 0


def _epoch(job: Job, out: Path) -> Epoch:
    assert job.state is not None
    with states.opened(job.state) as state:
        frozen = epochs.begin(state)
    wall, cpu = time.perf_counter(), _cpu_of_children()
    running = epochs.Running.begin(job, frozen, out)
    running.process.join()
    failure = running.failure()
    assert failure is None, failure
    return Epoch(out, time.perf_counter() - wall, _cpu_of_children() - cpu)


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _unlike(one: Path, other: Path) -> str:
    names = sorted(path.name for path in other.glob("*.parquet"))
    _, unlike, absent = filecmp.cmpfiles(one, other, names, shallow=False)
    return f"{', '.join([*unlike, *absent]) or 'none'} of {len(names)}"


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*") if path.is_file())


def _job(world: Path | None, state: Path, threads: int, added: Path | None = None) -> Job:
    tables = {name: (str(world / name),) for name in ("accounts", "permits")} if world else {}
    inputs = Inputs((str(added),) if added else (), **tables)
    return resolve(inputs, settings=Settings(engine=EngineSettings(threads=threads)), state=state)


def _line(name: str, wall: float, cpu: float, peak: int | None = None) -> str:
    return f"{name:28} {wall:8.1f} {cpu:8.1f} {'' if peak is None else f'{peak / 1e9:8.2f}'}".rstrip()
