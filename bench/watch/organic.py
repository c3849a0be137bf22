"""Worlds without campaigns, watched: nobody may ever stand at `act` or come under an effect."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from bench.watch.live import LEVELS, Answered, every, played
from stillwatch.errors import RunError
from stillwatch.ledger import opened
from stillwatch.respond import Policy
from stillwatch.respond.policy import EXAMPLE
from stillwatch.settings import load_toml
from stillwatch_lab.live import Live, batches
from stillwatch_lab.worlds.build import build

RECIPE = Path(__file__).with_name("innocents.toml")
ACCOUNTS, EXCHANGES = 1_500, 45_000
POLICY = Path(__file__).parents[2] / "examples" / "policy.toml"
"""The shipped example, of which only the secret is left out."""
HEAD = f"{'world':12} {'accounts':>8} {'exchanges':>9} {'days':>4} {'epochs':>6} {'s an epoch':>10}  ever at a level"


def lines(options: argparse.Namespace) -> Iterator[str]:
    """A line for each world; worlds of the second generator come after our own."""
    yield f"batches of {options.batch} h, epochs of {options.every} h"
    yield HEAD
    made = [("own", seed) for seed in options.seeds]
    made += [("second", seed) for seed in options.second_seeds] if options.second.is_file() else []
    for generator, seed in made:
        with tempfile.TemporaryDirectory(prefix="stillwatch-organic-") as home:
            world = Path(home) / "world"
            if generator == "own":
                build(RECIPE, seed, ACCOUNTS, EXCHANGES, None, world)
            else:
                _second(options.second, seed, world)
            yield from _played(f"{generator} {seed}", world, Path(home), options)


def _second(script: Path, seed: int, out: Path) -> None:
    options = ["--out", str(out), "--seed", str(seed), "--scale", "small", "--no-campaigns"]
    done = subprocess.run([sys.executable, str(script), *options], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RunError(f"the second generator failed with seed {seed}: {done.stderr.strip()[-500:]}")


def _played(name: str, world: Path, home: Path, options: argparse.Namespace) -> Iterator[str]:
    policy = load_toml(POLICY, Policy, EXAMPLE).model_copy(update={"key_file": None})
    live = Live(world, home / "live", every(options.every), options.threads, policy=policy)
    step = timedelta(hours=options.batch)
    begun = time.process_time()
    last: list[datetime] = []
    answered = played(live, batches(world, step, step), lambda at, *_: last.append(at))
    spent = time.process_time() - begun
    with opened(live.state) as ledger:
        effects = sum(1 for one in ledger.decisions.list(limit=1_000_000) if one.decision.effect != "observe")
    accounts = pq.read_metadata(world / "accounts.parquet").num_rows
    days = (last[-1] - last[0]).days + 1
    cost = spent / max(answered.epochs, 1)
    yield (
        f"{name:12} {accounts:8,} {live.sent:9,} {days:4} {answered.epochs:6,} {cost:10.1f}  {_said(world, answered)}; "
        f"{effects} effects{_verdict(answered, effects)}"
    )
    for (at, how), count in sorted(Counter(_first(answered)).items()):
        yield f"{name:12} {count} accounts came to act {how} of {at}"


def _first(answered: Answered) -> Iterator[tuple[str, str]]:
    """When each account came to `act` first, and by what."""
    for account, at in answered.first["act"].items():
        yield f"{at:%Y-%m-%d %H:%M}", "by a join" if account in answered.at_once else "by a search"


def _said(world: Path, answered: Answered) -> str:
    kinds = _kinds(world)
    parts = []
    for level in LEVELS:
        found = Counter(kinds.get(account, "unknown") for account in answered.first[level])
        said = ", ".join(f"{count} {kind}" for kind, count in sorted(found.items())) or "none"
        parts.append(f"{level} {said}")
    return "; ".join(parts)


def _kinds(world: Path) -> dict[str, str]:
    truth = world / "truth"
    file = next(path for name in ("accounts", "truth_accounts") if (path := truth / f"{name}.parquet").is_file())
    return {row["account_id"]: row["kind"] for row in pq.read_table(file, columns=["account_id", "kind"]).to_pylist()}


def _verdict(answered: Answered, effects: int) -> str:
    return " MISSED" if answered.first["act"] or effects else " met"
