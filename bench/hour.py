"""What one more hour costs a state: `python -m bench.hour WORLD [EXCHANGES]`, for a folder that `lab build` wrote.

All but the last EXCHANGES (300,000) are kept first; then those are added as raw logs, and the state is scanned.
"""

from __future__ import annotations

import filecmp
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch import flow
from stillwatch.settings import Inputs, Job

Found = TypeVar("Found")

HOUR = 300_000  # exchanges an hour of the letter's traffic


def main() -> None:
    """Prints seconds and CPU seconds of each step, and whether the state's run has the bytes of a full scan."""
    world, added = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else HOUR
    with TemporaryDirectory() as name:
        folder = Path(name)
        kept, new = _parted(world / "exchanges", added, folder)
        state = folder / "state"
        _timed(f"keep {kept:,}", lambda: flow.add_to_state(_job(folder / "old.parquet", state=state)))
        _timed(f"add {new:,}", lambda: flow.add_to_state(_job(folder / "new.parquet", state=state)))
        one = _timed("scan the state", lambda: flow.scan(_job(world=world, state=state), folder / "one")).folder
        other = _timed("scan all logs", lambda: flow.scan(_job(world / "exchanges", world), folder / "other")).folder
        names = [path.name for path in other.glob("*.parquet")]
        _, unlike, absent = filecmp.cmpfiles(one, other, names, shallow=False)
        print(f"{len(names)} Parquet files, of which differ: {', '.join([*unlike, *absent]) or 'none'}")


def _parted(exchanges: Path, added: int, folder: Path) -> tuple[int, int]:
    """The logs before and from the moment at which `added` exchanges are left; how many each has."""
    rows = pq.read_table(exchanges)
    from_at = rows["started_at"].sort()[len(rows) - added]
    later = pc.greater_equal(rows["started_at"], from_at)
    parts = {"old": rows.filter(pc.invert(later)), "new": rows.filter(later)}
    for name, part in parts.items():
        pq.write_table(part, folder / f"{name}.parquet")
    return len(parts["old"]), len(parts["new"])


def _job(logs: Path | None = None, world: Path | None = None, state: Path | None = None) -> Job:
    tables = {name: (str(world / f"{name}.parquet"),) for name in ("accounts", "permits")} if world else {}
    return Job(Inputs((str(logs),) if logs else (), **tables), state=state)


def _timed(name: str, work: Callable[[], Found]) -> Found:
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    print(f"{name:16} {time.perf_counter() - wall:6.1f} s {time.process_time() - cpu:6.1f} CPU-s", flush=True)
    return found


if __name__ == "__main__":
    main()
