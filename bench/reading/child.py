"""One reading in a process of its own: `python -m bench.reading.child TASK ARGUMENTS-AS-JSON`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from stillwatch import flow, read
from stillwatch.engine import Query
from stillwatch.engine.factory import open_engine
from stillwatch.errors import StillwatchError
from stillwatch.job import Inputs, Job, resolve
from stillwatch.read.summary import count_rows
from stillwatch.settings import EngineSettings, Settings
from stillwatch_lab.benchmark.cost import Result, cpu_seconds, peak_bytes, run_task


def stage(path: str, warm: str | None, threads: int) -> Result:
    """The read stage alone, after a small log of the same kind; `before` is the memory held until then."""
    if warm is not None:
        _read(_job({"exchanges": warm}, threads))
    before, began = peak_bytes(), cpu_seconds()
    rows = _read(_job({"exchanges": path}, threads))
    return {"rows": rows, "read_cpu": cpu_seconds() - began, "before": before}


def outcome(inputs: Mapping[str, str]) -> Result:
    """What `check` finds in some files, in a line."""
    try:
        found = flow.check(_job(inputs, 1))
    except StillwatchError as error:
        return {"outcome": f"refused: {' / '.join(str(error).splitlines())}"}
    rows = found.rows
    return {
        "outcome": f"{rows.read:,} read: {rows.used:,} used, {rows.duplicate:,} duplicate, "
        f"{rows.quarantined:,} quarantined"
    }


def _job(inputs: Mapping[str, str], threads: int) -> Job:
    named = {name: (path,) for name, path in inputs.items()}
    return resolve(Inputs(**named), settings=Settings(engine=EngineSettings(threads=threads)))


def _read(job: Job) -> int:
    with tempfile.TemporaryDirectory() as folder, open_engine(job.settings.engine, Path(folder)) as engine:
        read.run(engine, job)
        # a Parquet file is only looked at by the stage: its rows are read when the next stage asks for them
        engine.fetch(Query("every row", "SELECT bit_xor(hash(COLUMNS(*))) FROM exchanges"))
        return count_rows(engine).used


TASKS: dict[str, Callable[..., Result]] = {"stage": stage, "outcome": outcome}


if __name__ == "__main__":
    run_task(TASKS, sys.argv[1:])
