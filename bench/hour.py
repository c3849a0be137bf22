"""Measures the cost of adding one hour of logs to a state: `python -m bench.hour WORLD [EXCHANGES [SKETCHES]]`.

WORLD is a folder that `lab build` wrote. A state is made of all but its last EXCHANGES (300,000). Those are then added
as raw logs, and the state is scanned. If SKETCHES is given, a folder of sketches that `make bench-reference-case`
writes, the state is made of them instead; the exchanges are added to it three times, and nothing is scanned.
"""

from __future__ import annotations

import filecmp
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch import flow
from stillwatch.job import Inputs, Job, resolve
from stillwatch.key import load_key
from stillwatch.records.definitions import DIGEST, account_sums_sql
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch.runs.state import Part, State, publish

Found = TypeVar("Found")

HOUR = 300_000  # exchanges an hour of the reference case at scale 1: 317 million in 45 days


def main() -> None:
    """Prints the seconds of each step, and whether the state's run has the same bytes as a full scan."""
    world, added = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else HOUR
    with TemporaryDirectory() as name:
        folder = Path(name)
        kept, new = _parted(world / "exchanges", added, folder)
        if len(sys.argv) > 3:
            _beside(Path(sys.argv[3]), folder, new)
        else:
            _beside_rest(world, folder, kept, new)


def _beside_rest(world: Path, folder: Path, kept: int, new: int) -> None:
    state = folder / "state"
    _timed(f"keep {kept:,}", lambda: flow.add_to_state(_job(folder / "old.parquet", state=state)))
    _timed(f"add {new:,}", lambda: flow.add_to_state(_job(folder / "new.parquet", state=state)))
    one = _timed("scan the state", lambda: flow.scan(_job(world=world, state=state), folder / "one")).folder
    other = _timed("scan all logs", lambda: flow.scan(_job(world / "exchanges", world), folder / "other")).folder
    names = [path.name for path in other.glob("*.parquet")]
    _, unlike, absent = filecmp.cmpfiles(one, other, names, shallow=False)
    print(f"{len(names)} Parquet files, of which differ: {', '.join([*unlike, *absent]) or 'none'}")


def _beside(sketches: Path, folder: Path, new: int) -> None:
    for number in range(3):
        at = folder / f"state-{number}"
        state = holding(sorted(sketches.absolute().glob("*.parquet")), at, folder / "new.parquet")
        rows = sum(part.rows for part in state.parts)
        _timed(f"add {new:,} beside {rows:,}", partial(flow.add_to_state, _job(folder / "new.parquet", state=at)))


def holding(files: list[Path], at: Path, new: Path) -> State:
    """A state at `at` of these files of sketches, as links, with the sums that adding them would have made; it ends
    where the file `new` begins."""
    at.mkdir()
    listed = [f"exchanges-{number:06}.parquet" for number in range(1, len(files) + 1)]
    for name, path in zip(listed, files, strict=True):
        (at / name).symlink_to(path)
    begins = pc.min(pq.read_table(new, columns=["started_at"])["started_at"]).as_py()
    parts = tuple(_part(at, name, path) for name, path in zip(listed, files, strict=True))
    state = State(at, load_key(None).key_id, begins, tuple(EXCHANGE_SKETCHES.names), parts)
    publish(state)
    return state


def _part(at: Path, name: str, path: Path) -> Part:
    accounts = name.replace("exchanges", "accounts")
    sums = account_sums_sql(f"read_parquet('{path}')", DIGEST)
    duckdb.connect().execute(f"COPY ({sums}) TO '{at / accounts}' (FORMAT parquet)")
    first, last = duckdb.sql(f"SELECT min(started_at), max(started_at) FROM read_parquet('{path}')").fetchall()[0]
    return Part(name, accounts, pq.read_metadata(path).num_rows, path.stat().st_size, name, first, last)


def _parted(exchanges: Path, added: int, folder: Path) -> tuple[int, int]:
    """Splits the logs at the moment after which `added` exchanges follow; returns the size of both parts."""
    rows = pq.read_table(exchanges)
    from_at = rows["started_at"].sort()[len(rows) - added]
    later = pc.greater_equal(rows["started_at"], from_at)
    parts = {"old": rows.filter(pc.invert(later)), "new": rows.filter(later)}
    for name, part in parts.items():
        pq.write_table(part, folder / f"{name}.parquet")
    return len(parts["old"]), len(parts["new"])


def _job(logs: Path | None = None, world: Path | None = None, state: Path | None = None) -> Job:
    tables = {name: (str(world / f"{name}.parquet"),) for name in ("accounts", "permits")} if world else {}
    return resolve(Inputs((str(logs),) if logs else (), **tables), state=state)


def _timed(name: str, work: Callable[[], Found]) -> Found:
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    print(f"{name:32} {time.perf_counter() - wall:6.1f} s {time.process_time() - cpu:6.1f} CPU-s", flush=True)
    return found


if __name__ == "__main__":
    main()
