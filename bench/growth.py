"""Measures how each stage's cost grows with the log: `python -m bench.growth spark WORLD WORLD ...` (or `duckdb`).

Each world is a folder with `exchanges`, `accounts` and `permits`, as `bench.reference_case` writes it. Every scan has a
process of its own. Its processor seconds include those of the processes that it starts, such as Spark's JVM. The module
needs `/proc`.
"""

from __future__ import annotations

import itertools
import math
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measure import ROOT, machine
from stillwatch_lab.benchmark import cost
from stillwatch_lab.benchmark.cost import Result, run_task


def scan(world: str, engine: str, threads: int) -> Result:
    """Runs all stages of a scan but its export; returns processor seconds by stage, and the number of exchanges."""
    from stillwatch.engine import Query
    from stillwatch.engine.factory import open_engine
    from stillwatch.flow import STAGES
    from stillwatch.job import Inputs, resolve
    from stillwatch.settings import EngineSettings, Settings

    folder = Path(world)
    tables = {name: (str(folder / name),) for name in ("accounts", "permits")}
    settings = Settings(engine=EngineSettings.model_validate({"name": engine, "threads": threads}))
    job = resolve(Inputs((str(folder / "exchanges"),), **tables), settings=settings)
    taken: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as parent, open_engine(settings.engine, Path(parent)) as running:
        for stage in STAGES:
            before = tree_cpu(os.getpid())
            stage.run(running, job)
            taken[stage.__name__.rpartition(".")[2]] = tree_cpu(os.getpid()) - before
        rows = running.fetch(Query("exchanges", "SELECT CAST(sum(exchanges) AS BIGINT) AS n FROM account_sketches"))
    return {"stages": taken, "exchanges": rows["n"][0].as_py()}


def tree_cpu(root: int) -> float:
    """Seconds of processor time of a process and of its descendants that still run or were waited for."""
    parents, ticks = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            status = path.read_text(encoding="ascii", errors="replace")
        except OSError:
            continue  # the process has ended in the meantime
        fields = status[status.rindex(")") + 2 :].split()  # the name in parentheses may have spaces
        parents[int(path.parent.name)] = int(fields[1])
        ticks[int(path.parent.name)] = sum(int(fields[place]) for place in (11, 12, 13, 14))
    return sum(count for one, count in ticks.items() if root in _line(one, parents)) / os.sysconf("SC_CLK_TCK")


def _line(process: int, parents: dict[int, int]) -> list[int]:
    """The ids of a process, its parent, and all further ancestors."""
    line = [process]
    while line[-1] in parents:
        line.append(parents[line[-1]])
    return line


def main(engine: str, worlds: list[str]) -> None:
    """Prints the cost of each stage of each scan, and the exponents from each world to the next."""
    found = [cost.measured("bench.growth", "scan", _given(engine, world), cwd=ROOT).result for world in worlds]
    found.sort(key=lambda one: one["exchanges"])
    table = Table(title=f"{engine}: CPU-s by stage", title_justify="left")
    for name in ("stage", *(f"{one['exchanges']:,}" for one in found), *("exponent" for _ in found[1:])):
        table.add_column(name, justify="left" if name == "stage" else "right")
    for stage in (*found[0]["stages"], "together"):
        taken = [sum(one["stages"].values()) if stage == "together" else one["stages"][stage] for one in found]
        powers = [
            math.log(after / before) / math.log(large["exchanges"] / small["exchanges"])
            for (before, after), (small, large) in zip(
                itertools.pairwise(taken), itertools.pairwise(found), strict=True
            )
        ]
        table.add_row(stage, *(f"{one:,.1f}" for one in taken), *(f"{power:.2f}" for power in powers))
    console = Console(width=110, highlight=False)
    console.print(table)
    console.print(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine().items()))


def _given(engine: str, world: str) -> dict[str, object]:
    return {"world": str(Path(world).absolute()), "engine": engine, "threads": os.cpu_count() or 1}


if __name__ == "__main__":
    if sys.argv[1] == "scan":
        run_task({"scan": scan}, sys.argv[1:])
    else:
        main(sys.argv[1], sys.argv[2:])
