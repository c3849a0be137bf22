"""Runs measured tasks in child processes and reads their cost."""

from __future__ import annotations

import sys
from pathlib import Path

from stillwatch_lab.benchmark import cost
from stillwatch_lab.benchmark.cost import Cost, WorkFailedError, machine

__all__ = ["ROOT", "Cost", "WorkFailedError", "machine", "measured", "say", "stage_cpu", "stage_seconds", "stages_cpu"]

ROOT = Path(__file__).parent.parent


def measured(task: str, **arguments: object) -> Cost:
    """Runs a task of `bench.child` and returns its cost; raises WorkFailedError when the child fails."""
    taken = cost.measured("bench.child", task, arguments, cwd=ROOT)
    say(f"{task}: {taken.seconds:.1f} s, {taken.cpu:.1f} CPU-s")
    return taken


def stage_cpu(scan: Cost, stage: str) -> float:
    """The processor seconds of one stage of a scan; 0 if it did not run."""
    return float(scan.result.get("stages", {}).get(stage, [0.0, 0.0])[1])


def stages_cpu(scan: Cost) -> list[tuple[str, float]]:
    """Processor seconds of every stage of a scan, in order."""
    return [(stage, stage_cpu(scan, stage)) for stage in scan.result.get("stages", {})]


def stage_seconds(scan: Cost, stage: str) -> float:
    """The wall seconds of one stage of a scan; 0 if it did not run."""
    return float(scan.result.get("stages", {}).get(stage, [0.0, 0.0])[0])


def say(text: str) -> None:
    """Prints a line of progress on stderr."""
    print(text, file=sys.stderr, flush=True)
