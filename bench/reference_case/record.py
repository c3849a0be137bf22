"""The measurements of one run of the reference case as JSON, and the growth of cost between scales."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench import history
from bench.history import Measurement
from bench.measure import Cost


@dataclass(frozen=True, slots=True)
class Stage:
    """The cost of one task: wall and processor seconds, peak memory of its process so far, rows written."""

    name: str
    seconds: float
    cpu: float
    peak_bytes: int
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """The measurements at one scale."""

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
        """The processor seconds of the scan divided by those of the plain read."""
        return self.scan.cpu / self.read.cpu if self.read.cpu else math.nan


def stage_of(name: str, cost: Cost, rows: int | None = None) -> Stage:
    """A child process as one stage."""
    return Stage(name, cost.seconds, cost.cpu, cost.peak_bytes, rows)


def stages_of(run: Path) -> list[Stage]:
    """The stages of a scan, from its `run.json`."""
    saved = json.loads((run / "run.json").read_text(encoding="utf-8"))["stages"]
    return [
        Stage(one["stage"], one["seconds"], one["cpu_seconds"], one["peak_memory_bytes"], sum(one["rows"].values()))
        for one in saved
    ]


def save(record: Record, out: Path) -> Path:
    """Writes the record into the output folder."""
    path = out / f"reference-case-{record.scale}-{record.seed}.json"
    path.write_text(
        json.dumps(asdict(record) | {"ratio": record.ratio}, indent=1, default=str) + "\n", encoding="utf-8"
    )
    return path


def load(out: Path) -> list[Record]:
    """Every record in the output folder, smallest world first."""
    return sorted((_record(path) for path in out.glob("reference-case-*.json")), key=lambda one: one.exchanges)


def _record(path: Path) -> Record:
    saved = json.loads(path.read_text(encoding="utf-8"))
    saved.pop("ratio")
    saved["stages"] = [Stage(**one) for one in saved["stages"]]
    return Record(**{**saved, "scan": Stage(**saved["scan"]), "read": Stage(**saved["read"])})


def measurements(record: Record) -> list[Measurement]:
    """The cost, memory and scores of one run, as lines of the history."""
    setting = f"reference case at scale {record.scale}: {record.accounts:,} accounts, {record.exchanges:,} exchanges"
    found: list[tuple[str, float, str]] = []
    for one in (record.read, *record.stages, record.scan):
        name = one.name if one in (record.read, record.scan) else f"stage {one.name}"
        found += [
            (f"{name}: seconds", round(one.seconds, 2), "s"),
            (f"{name}: CPU seconds", round(one.cpu, 2), "CPU-s"),
        ]
    found.append(("scan: peak memory", round(record.scan.peak_bytes / 1e9, 3), "GB"))
    for level, innocents in record.scores["innocents"].items():
        found.append((f"innocent accounts at {level} or above", innocents["accounts"], "accounts"))
        for one in record.scores["campaigns"]:
            found.append((f"campaign accounts found at {level} or above", one["recall"][level], "share"))
    return [history.measured_now(*one, setting, (record.seed,), record.machine) for one in found]


def exponents(records: Sequence[Record]) -> list[tuple[str, str, float]]:
    """The exponent of each stage's cost between successive scales of one seed: (stage, scales, exponent).

    The exponent is the logarithm of the ratio of processor seconds divided by that of the ratio of exchanges; it is 1
    if the cost is proportional to the exchanges.
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
