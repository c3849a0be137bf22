"""One reading in a process of its own: `python -m bench.reading.child TASK ARGUMENTS-AS-JSON`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.texts import ROUNDS
from stillwatch import flow, read
from stillwatch.engine import Query
from stillwatch.engine.factory import open_engine
from stillwatch.errors import StillwatchError
from stillwatch.job import Inputs, Job, resolve
from stillwatch.read.summary import count_rows
from stillwatch.settings import EngineSettings, Settings
from stillwatch_lab.benchmark.cost import Result, cpu_seconds, run_task


def stage(path: str, warm: str | None, threads: int) -> Result:
    """The read stage alone, the least of ROUNDS after a small log of the same kind, or once where there is none."""
    rounds = [_measured(one, threads) for one in ([path] if warm is None else [warm] + [path] * ROUNDS)]
    rows = rounds[-1][0]
    return {"rows": rows, "read_cpu": min(cpu for _, cpu in rounds[warm is not None :])}


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


def _measured(path: str, threads: int) -> tuple[int, float]:
    began = cpu_seconds()
    rows = _read(_job({"exchanges": path}, threads))
    return rows, cpu_seconds() - began


def _job(inputs: Mapping[str, str], threads: int) -> Job:
    named = {name: (path,) for name, path in inputs.items()}
    return resolve(Inputs(**named), settings=Settings(engine=EngineSettings(threads=threads)))


def _read(job: Job) -> int:
    with tempfile.TemporaryDirectory() as folder, open_engine(job.settings.engine, Path(folder)) as engine:
        read.run(engine, job)
        if all(source.format == "parquet" for source in job.sources.exchanges):
            # the stage looks at keys and faults alone: values are read when a later stage asks for them
            engine.fetch(Query("every value", "SELECT bit_xor(hash(COLUMNS(*))) FROM exchanges"))
        return count_rows(engine).used


TASKS: dict[str, Callable[..., Result]] = {"stage": stage, "outcome": outcome}


if __name__ == "__main__":
    run_task(TASKS, sys.argv[1:])
