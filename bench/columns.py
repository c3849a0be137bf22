"""Measures the value of columns: scans one simulated world with more and more of its columns.

    python -m bench.columns [SEED]

The world is `demo` (about 1,350 accounts and 40,000 exchanges, two campaigns of 60 and 90 accounts); each scan runs as
a command of its own.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.dataset as ds
import pyarrow.parquet as pq

REQUIRED = ("exchange_id", "account_id", "started_at")
LEVELS = ("watch", "review", "act")


@dataclass(frozen=True, slots=True)
class Given:
    """The input of a scan: its name, columns of `exchanges` besides the required ones (None: all), other tables."""

    name: str
    more: tuple[str, ...] | None
    tables: tuple[str, ...] = ()


GIVEN = (
    Given("the three required columns", ()),
    Given("and client_address", ("client_address",)),
    Given("and input_text instead", ("input_text",)),
    Given("every column of exchanges", None),
    Given("and permits, without accounts", None, ("permits",)),
    Given("and accounts", None, ("accounts", "permits")),
)


def stillwatch(*words: str) -> None:
    """Runs a command of this installation; raises CalledProcessError when it fails."""
    subprocess.run([sys.executable, "-m", "stillwatch", *words], check=True, capture_output=True)


def found(run: Path, truth: dict[str, str]) -> dict[str, int]:
    """Accounts in networks, and campaign accounts and innocents at each level, in a run folder."""
    members = pq.read_table(run / "campaign_members.parquet").to_pylist()
    counts = {"in a network": pq.read_table(run / "network_members.parquet").num_rows}
    for level in LEVELS:
        accused = {row["account_id"] for row in members if row["level"] == level}
        guilty = {account for account in accused if truth.get(account) == "campaign"}
        counts |= {f"campaign accounts at {level}": len(guilty), f"innocents at {level}": len(accused - guilty)}
    return counts


def scanned(world: Path, given: Given, work: Path) -> dict[str, int]:
    """The counts of a scan with only the input `given`."""
    rows = ds.dataset(world / "exchanges").to_table()
    logs, run = work / "logs.parquet", work / "run"
    pq.write_table(rows if given.more is None else rows.select([*REQUIRED, *given.more]), logs)
    named = [word for table in given.tables for word in (f"--{table}", str(world / f"{table}.parquet"))]
    stillwatch("scan", str(logs), *named, "--out", str(run))
    truth = pq.read_table(world / "truth" / "accounts.parquet").to_pylist()
    return found(run, {row["account_id"]: row["role"] for row in truth})


def main(words: Sequence[str]) -> None:
    """Prints one line per set of columns."""
    seed = words[0] if words else "7"
    with tempfile.TemporaryDirectory() as folder:
        world = Path(folder) / "world"
        stillwatch("lab", "build", "demo", "--seed", seed, "--out", str(world))
        for number, given in enumerate(GIVEN):
            work = Path(folder) / str(number)
            work.mkdir()
            counts = scanned(world, given, work)
            listed = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
            print(f"{given.name}: {listed or 'nothing'}")


if __name__ == "__main__":
    main(sys.argv[1:])
