"""The measurements of one comparison, which are written as `beside.json` and as a table."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stillwatch_lab.benchmark.cost import Cost

TITLES = {
    "link": "Stillwatch: read, sketches in, link",
    "splink": "Splink 5 on the accounts table",
    "lockstep": "hourly Jaccard in DuckDB, every object",
    "lockstep_addresses": "hourly Jaccard in DuckDB, addresses",
}


@dataclass(frozen=True, slots=True)
class Linked:
    """One linker: its run of least processor time, the processor time of every run, and its scores.

    Times leave out the start of the process and the imports that all linkers share; memory is that of the process.
    """

    name: str
    seconds: float
    cpu: float
    peak_bytes: int
    cpu_of_runs: list[float]
    judged: dict[str, Any]
    stages: dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Record:
    """One comparison."""

    command: str
    world: dict[str, Any]
    machine: dict[str, Any]
    versions: dict[str, str]
    sketching: dict[str, Any]
    linkers: list[Linked]
    scan: dict[str, Any]


def linked(name: str, costs: list[Cost], judged: dict[str, Any]) -> Linked:
    """A linker's row from its runs."""
    least = min(costs, key=lambda one: float(one.result["work"][1]))
    seconds, cpu = least.result["work"]
    every = [float(one.result["work"][1]) for one in costs]
    return Linked(name, seconds, cpu, least.peak_bytes, every, judged, least.result.get("stages", {}))


def ratio(one: float, ours: float) -> float:
    """The ratio of a value to Stillwatch's; infinite if the latter is 0."""
    return one / ours if ours else float("inf")


def save(record: Record, out: Path, text: str) -> None:
    """Writes `beside.json` and `beside.txt` into a folder, which is created."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "beside.json").write_text(json.dumps(asdict(record), indent=1) + "\n", encoding="utf-8")
    (out / "beside.txt").write_text(text, encoding="utf-8")
