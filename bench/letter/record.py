"""What one run of the letter's benchmark measured, kept as JSON, and how cost grows from one scale to the next."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.measure import Cost


@dataclass(frozen=True, slots=True)
class Stage:
    """What one piece of work cost: wall and processor seconds, most memory of its process so far, rows it wrote."""

    name: str
    seconds: float
    cpu: float
    peak_bytes: int
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One scale's measurements."""

    scale: str
    seed: int
    accounts: int
    exchanges: int
    bytes: int
    machine: dict[str, Any]
    world: dict[str, Any]
    stages: list[Stage]
    scan: Stage
    read: Stage
    scores: dict[str, Any]
    parts: dict[str, int] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """Processor seconds of the scan over those of the plain read."""
        return self.scan.cpu / self.read.cpu if self.read.cpu else math.nan


def stage_of(name: str, cost: Cost, rows: int | None = None) -> Stage:
    """A whole child process as a stage."""
    return Stage(name, cost.seconds, cost.cpu, cost.peak_bytes, rows)


def stages_of(run: Path) -> list[Stage]:
    """The stages of a scan, from its `run.json`."""
    told = json.loads((run / "run.json").read_text(encoding="utf-8"))["stages"]
    return [
        Stage(one["stage"], one["seconds"], one["cpu_seconds"], one["peak_memory_bytes"], sum(one["rows"].values()))
        for one in told
    ]


def save(record: Record, out: Path) -> Path:
    """Writes the record into the output folder."""
    path = out / f"letter-{record.scale}-{record.seed}.json"
    path.write_text(
        json.dumps(asdict(record) | {"ratio": record.ratio}, indent=1, default=str) + "\n", encoding="utf-8"
    )
    return path


def load(out: Path) -> list[Record]:
    """Every record in the output folder, smallest world first."""
    return sorted((_record(path) for path in out.glob("letter-*.json")), key=lambda one: one.exchanges)


def _record(path: Path) -> Record:
    told = json.loads(path.read_text(encoding="utf-8"))
    told.pop("ratio")
    told["stages"] = [Stage(**one) for one in told["stages"]]
    return Record(**{**told, "scan": Stage(**told["scan"]), "read": Stage(**told["read"])})


def exponents(records: Sequence[Record]) -> list[tuple[str, str, float]]:
    """From each record of one seed to the next larger: a stage's name, the two scales, and the exponent of its cost.

    The exponent is the logarithm of the ratio of processor seconds over that of exchanges: 1 is proportional.
    """
    found = []
    for small, large in itertools.pairwise(records):
        grown = math.log(large.exchanges / small.exchanges)
        before = {one.name: one.cpu for one in (*small.stages, small.scan, small.read)}
        for one in (*large.stages, large.scan, large.read):
            if before.get(one.name) and one.cpu and grown:
                power = math.log(one.cpu / before[one.name]) / grown
                found.append((one.name, f"{small.scale} to {large.scale}", power))
    return found
