"""The measured pieces of work of a benchmark run, each run in a process of its own."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stillwatch_lab.benchmark.cost import Result, run_task

# Each task imports the heavy modules that it needs, so that a child's peak memory is its task's.


def build_world(  # noqa: PLR0913  what a world is made from
    world: str, seed: int, accounts: int, exchanges: int, prompts: str | None, data: str | None, out: str
) -> Result:
    """Builds a world with known truth."""
    from stillwatch_lab.worlds.build import build

    folders = [Path(one) if one else None for one in (prompts, data)]
    build(world, seed, accounts, exchanges, folders[0], Path(out), data=folders[1])
    return {}


def build_second(script: str, seed: int, scale: str, out: str) -> Result:
    """Builds a world of the second generator, with its truth in our form."""
    from stillwatch_lab.benchmark import second_world

    second_world.build_second(Path(script), seed, scale, Path(out))
    return {}


def scan(logs: str, tables: dict[str, str], off: list[str], out: str, sketches: str | None) -> Result:
    """Runs the stages up to the assessment, writes a run folder's tables to `out`, and returns the cost of each stage.

    It also exports the tables that the section on methods needs, and the sketches if a path is given for them.
    """
    from stillwatch import (
        assess,
        flow,
        group,
        link,
        read,
        sketch,
    )
    from stillwatch.engine.duckdb import DuckDBEngine
    from stillwatch.job import Inputs, resolve
    from stillwatch.key import load_key
    from stillwatch.records.candidates import CANDIDATE_MEMBERS, GROUP_TESTS
    from stillwatch.records.outputs import RUN_FILES
    from stillwatch.records.sketches import ACCOUNT_EVIDENCE, EXCHANGE_SKETCHES
    from stillwatch.settings import EvidenceSettings, Settings

    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    settings = Settings(evidence=EvidenceSettings.model_validate({"off": off}))
    job = resolve(Inputs((logs,), **{name: (path,) for name, path in tables.items()}), settings=settings)
    with DuckDBEngine(settings.engine, folder) as engine:
        stages: tuple[flow.Stage, ...] = (read, sketch, link, group, assess)
        records = flow.run(stages, engine, job)
        for table in (*RUN_FILES, ACCOUNT_EVIDENCE, CANDIDATE_MEMBERS, GROUP_TESTS):
            engine.export(table, folder / f"{table.name}.parquet")
        if sketches is not None:
            engine.export(EXCHANGE_SKETCHES, Path(sketches), {"key_id": load_key(None).key_id})
    return {"stages": {record.stage: [record.seconds, record.cpu_seconds] for record in records}}


def score(run: str, truth: str, seed: int, out: str) -> Result:
    """Writes all scores of one run as JSON to `out`."""
    from stillwatch_lab.benchmark.record import record

    _keep(record(Path(run), Path(truth), seed), out)
    return {}


def oracle(sketches: str, truth: str, profile: str, out: str) -> Result:
    """Writes as JSON to `out` the times at which a detector that knows the true parameters could have acted."""
    from stillwatch_lab.benchmark.oracle import known_parameters

    _keep(known_parameters(Path(sketches), Path(truth), profile), out)
    return {}


def baseline(name: str, sketches: str, accounts: str | None, truth: str, allowed: list[int], out: str) -> Result:
    """Writes as JSON to `out` one baseline's result at each number of innocents allowed."""
    from stillwatch.engine.duckdb import DuckDBEngine
    from stillwatch.settings import EngineSettings
    from stillwatch_lab.baselines import Logs
    from stillwatch_lab.benchmark.beside import compared

    with tempfile.TemporaryDirectory() as folder, DuckDBEngine(EngineSettings(), Path(folder)) as engine:
        _keep(compared(engine, name, Logs(sketches, accounts), Path(truth), allowed), out)
    return {}


def _keep(found: Any, out: str) -> None:
    Path(out).write_text(json.dumps(found, default=str) + "\n", encoding="utf-8")


TASKS: dict[str, Callable[..., Result]] = {
    "build": build_world,
    "second": build_second,
    "scan": scan,
    "score": score,
    "oracle": oracle,
    "baseline": baseline,
}


if __name__ == "__main__":
    run_task(TASKS, sys.argv[1:])
