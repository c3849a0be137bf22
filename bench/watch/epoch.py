"""What an epoch costs once an hour of exchanges came in: the state, the hour and the epoch, each measured by itself.

WORLD is a folder that `python -m bench.reference_case` writes, sketches of a log by day. All but its last hour becomes
a state, which is searched once; the hour is added, and the epoch after it is what the table is about.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

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
HOUR = timedelta(hours=1)


def lines(options: argparse.Namespace) -> Iterator[str]:
    """One line for each step, then one for each stage of the epoch."""
    world: Path = options.world.absolute()  # the state links to its files
    with tempfile.TemporaryDirectory(prefix="stillwatch-epoch-", dir=world.parent) as name:
        folder = Path(name)
        old, added = parted(world / "exchanges", folder)
        state = holding(old, folder / "state", added)
        job = _job(world, state.folder, options.threads)
        yield f"{sum(part.rows for part in state.parts):,} exchanges in {len(state.parts)} parts of the state"
        yield f"{'step':28} {'s':>8} {'CPU-s':>8} {'peak GB':>8}"
        yield _timed("first epoch", lambda: _epoch(job))
        hour = _job(None, state.folder, options.threads, added)
        yield _timed("an hour is added", lambda: flow.add_to_state(hour))
        began = time.perf_counter()
        yield _timed("epoch after it", lambda: _epoch(job))
        took = time.perf_counter() - began
        run = epochs.latest(state.folder)
        assert run is not None
        for stage in json.loads((run / MARKER).read_text(encoding="utf-8"))["stages"]:
            yield f"  {stage['stage']:26} {stage['seconds']:8.1f} {stage['cpu_seconds']:8.1f}"
        rows = sum(part.rows for part in states.load(state.folder).parts)
        yield f"{took:,.0f} s at {rows:,} exchanges; asked are at most {TARGET:,.0f} s at {ASKED:,}"


def parted(exchanges: Path, folder: Path) -> tuple[list[Path], Path]:
    """Parts sketches at the moment an hour before the newest: the files before it, and the file of the hour."""
    files = sorted(exchanges.absolute().glob("*.parquet"))
    everything = ", ".join(f"'{path}'" for path in files)
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'; SET preserve_insertion_order = true")
    (newest,) = engine.execute(f"SELECT max(started_at) FROM read_parquet([{everything}])").fetchone() or (None,)
    assert newest is not None
    at = f"TIMESTAMP '{newest - HOUR}'"
    added = folder / "new.parquet"
    engine.execute(
        f"COPY (SELECT * FROM read_parquet([{everything}]) WHERE started_at >= {at} ORDER BY account_id) "
        f"TO '{added}' (FORMAT parquet)"
    )
    old = []
    for path in files:
        later = engine.execute(f"SELECT count(*) FROM '{path}' WHERE started_at >= {at}").fetchone()
        if later == (0,):
            old.append(path)
            continue
        old.append(folder / path.name)
        engine.execute(f"COPY (SELECT * FROM '{path}' WHERE started_at < {at}) TO '{old[-1]}' (FORMAT parquet)")
    return old, added


def _epoch(job: Job) -> None:
    assert job.state is not None
    with states.opened(job.state) as state:
        frozen = epochs.begin(state)
    assert state.until is not None
    out = job.state / epochs.RUNS / epochs.name_of(state.until)
    epochs.find(job, frozen, out)
    epochs.adopt(job.state, out)


def _job(world: Path | None, state: Path, threads: int, added: Path | None = None) -> Job:
    tables = {name: (str(world / name),) for name in ("accounts", "permits")} if world else {}
    inputs = Inputs((str(added),) if added else (), **tables)
    return resolve(inputs, settings=Settings(engine=EngineSettings(threads=threads)), state=state)


def _timed(name: str, work: Callable[[], object]) -> str:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return f"{name:28} {wall:8.1f} {cpu:8.1f} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:8.2f}"
