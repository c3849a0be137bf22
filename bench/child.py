"""One measured task in a process of its own, so that memory and seconds are the task's alone.

Run as `python -m bench.child TASK ARGUMENTS-AS-JSON`; prints one JSON object on stdout.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from stillwatch_lab.benchmark.cost import Result, run_task


def build_world(world: str, seed: int, accounts: int, exchanges: int, prompts: str | None, out: str) -> Result:
    """Builds a world with known truth."""
    from stillwatch_lab.worlds.build import build

    build(world, seed, accounts, exchanges, Path(prompts) if prompts else None, Path(out))
    return {}


def scan(exchanges: str, accounts: str | None, permits: str | None, out: str, threads: int) -> Result:
    """Scans logs and returns the cost of each stage."""
    from stillwatch import flow
    from stillwatch.job import Inputs, resolve
    from stillwatch.settings import EngineSettings, Settings

    tables = {"accounts": accounts, "permits": permits}
    inputs = Inputs((exchanges,), **{name: (path,) for name, path in tables.items() if path})
    summary = flow.scan(resolve(inputs, settings=Settings(engine=EngineSettings(threads=threads))), Path(out))
    return {
        "rows": summary.rows.used,
        "stages": {record.stage: [record.seconds, record.cpu_seconds] for record in summary.stages},
    }


def read(exchanges: str, threads: int) -> Result:
    """The plain read that scans are compared with: DuckDB reads and hashes every column of the same files."""
    from stillwatch.engine import Query, literal
    from stillwatch.engine.duckdb import DuckDBEngine
    from stillwatch.settings import EngineSettings

    source = f"read_parquet({literal(f'{exchanges}/*.parquet')})"
    with tempfile.TemporaryDirectory() as folder, DuckDBEngine(EngineSettings(threads=threads), Path(folder)) as engine:
        engine.fetch(Query("plain read", f"SELECT bit_xor(hash(COLUMNS(*))) FROM {source}"))
    return {}


def size(exchanges: str) -> Result:
    """The number of rows, and the bytes of user text that sketching reads."""
    from stillwatch.engine import Query, literal
    from stillwatch.engine.duckdb import DuckDBEngine
    from stillwatch.settings import EngineSettings

    source = f"read_parquet({literal(f'{exchanges}/*.parquet')})"
    sql = f"SELECT count(*) AS rows, sum(strlen(input_text))::BIGINT AS text_bytes FROM {source}"
    with tempfile.TemporaryDirectory() as folder, DuckDBEngine(EngineSettings(), Path(folder)) as engine:
        found: Result = engine.fetch(Query("size", sql)).to_pylist()[0]
    return found


def command(words: list[str]) -> Result:
    """Runs a command of the product; how it ended, and what it printed."""
    from stillwatch.cli.main import invoke

    with redirect_stdout(StringIO()) as said:
        code = invoke(words)
    return {"code": code, "said": said.getvalue()}


TASKS: dict[str, Callable[..., Result]] = {
    "build": build_world,
    "scan": scan,
    "read": read,
    "size": size,
    "command": command,
}


if __name__ == "__main__":
    run_task(TASKS, sys.argv[1:])
