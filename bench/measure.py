"""Starts measured pieces of work in child processes and reads back what they cost."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stillwatch

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Cost:
    """What one piece of work took: wall and processor seconds, peak memory in bytes, and its own results."""

    seconds: float
    cpu: float
    peak_bytes: int
    result: dict[str, Any] = field(default_factory=dict)

    def stage_cpu(self, stage: str) -> float:
        """Processor seconds of one stage of a scan; 0 when it did not run."""
        return float(self.result.get("stages", {}).get(stage, [0.0, 0.0])[1])

    def stages_cpu(self) -> list[tuple[str, float]]:
        """Processor seconds of every stage of a scan, in order."""
        return [(stage, self.stage_cpu(stage)) for stage in self.result.get("stages", {})]

    def stage_seconds(self, stage: str) -> float:
        """Wall seconds of one stage of a scan; 0 when it did not run."""
        return float(self.result.get("stages", {}).get(stage, [0.0, 0.0])[0])


class WorkFailedError(Exception):
    """A child process ended without a result; the message carries the end of what it wrote."""


def measured(task: str, **arguments: object) -> Cost:
    """Runs a task of `bench.child` and returns its cost; raises WorkFailedError when the child fails."""
    words = [sys.executable, "-m", "bench.child", task, json.dumps(arguments)]
    started = time.perf_counter()
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise WorkFailedError(f"`{task}` failed with exit code {done.returncode}:\n{done.stderr[-2_000:]}")
    result = json.loads(done.stdout.splitlines()[-1])
    cost = Cost(result.pop("seconds"), result.pop("cpu"), result.pop("peak_bytes"), result)
    say(f"{task}: {cost.seconds:.1f} s, {cost.cpu:.1f} CPU-s ({time.perf_counter() - started:.1f} s with start-up)")
    return cost


def say(text: str) -> None:
    """A line of progress on stderr."""
    print(text, file=sys.stderr, flush=True)


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(pages / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "stillwatch": stillwatch.__version__,
        "commit": _commit(),
    }


def _commit() -> str:
    words = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
