"""The cost of a task that runs in a process of its own, and the machine it ran on."""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stillwatch
from stillwatch.errors import RunError, StillwatchError

Result = dict[str, Any]
_SOURCE = Path(stillwatch.__file__).parent
_TAIL = 2_000  # last characters of a failed child's stderr that are repeated in the error


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one task: wall and processor seconds, peak memory in bytes, and the task's own results."""

    seconds: float
    cpu: float
    peak_bytes: int
    result: Result = field(default_factory=dict)


class WorkFailedError(RunError):
    """A child process ended without a result; the message contains the end of its stderr."""


def measured(module: str, task: str, arguments: Mapping[str, object], cwd: Path | None = None) -> Cost:
    """Runs `python -m MODULE TASK ARGUMENTS`, a module that calls `run_task`, in a process of its own.

    The memory and seconds measured are therefore the task's alone. Raises WorkFailedError when the process fails.
    """
    words = [sys.executable, "-m", module, task, json.dumps(arguments)]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise WorkFailedError(f"`{task}` failed with exit code {done.returncode}:\n{done.stderr[-_TAIL:]}")
    result = json.loads(done.stdout.splitlines()[-1])
    return Cost(result.pop("seconds"), result.pop("cpu"), result.pop("peak_bytes"), result)


def run_task(tasks: Mapping[str, Callable[..., Result]], words: list[str]) -> None:
    """Runs one task, measures it, and prints one JSON object, which `measured` reads."""
    task, arguments = words
    wall, cpu = time.perf_counter(), cpu_seconds()
    try:
        result = tasks[task](**json.loads(arguments))
    except StillwatchError as error:
        sys.exit(str(error))  # an error that the user can correct needs no traceback
    result |= {"seconds": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu, "peak_bytes": peak_bytes()}
    sys.stdout.write(json.dumps(result) + "\n")


def peak_bytes() -> int:
    """The peak memory of this process in bytes; `ru_maxrss` can include the parent's memory, `VmHWM` cannot."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def cpu_seconds() -> float:
    """Seconds of processor time of this process and of the child processes that have ended."""
    own, waited = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + waited.ru_utime + waited.ru_stime


def machine() -> dict[str, object]:
    """The machine of a measurement: cores, memory, system, versions, and the commit when run from a clone."""
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
    words = ["git", "-C", str(_SOURCE), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return done.stdout.strip() or "unknown"
