"""One measured task of the reference case in its own process: `python -m bench.reference_case.child TASK JSON`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from bench.child import read, scan
from stillwatch_lab.benchmark.cost import Result, run_task


def write(scale: str, seed: int, prompts: str | None, out: str, processes: int) -> Result:
    """Writes the parts of the world that are missing."""
    from bench.reference_case import sizes, world

    plan = world.plan_of(Path(out), sizes.size_of(scale), seed, Path(prompts) if prompts else None, processes)
    return {"parts": asdict(world.write(plan))}


def score(run: str, truth: str) -> Result:
    """The lab's scores of a run."""
    from stillwatch_lab.scores.score import score as scores_of

    return {"scores": scores_of(Path(run), Path(truth)).as_dict()}


TASKS: dict[str, Callable[..., Result]] = {"write": write, "scan": scan, "read": read, "score": score}


if __name__ == "__main__":
    run_task(TASKS, sys.argv[1:])
