"""Measures linking on real coordinated accounts, beside published methods on the same files.

python -m bench.coordination --data ../shared/data [--out docs/results/coordination] [--sets NAME ...]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.coordination import table
from bench.coordination.methods import METHODS, found_groups
from bench.coordination.product import Linked, linked
from bench.coordination.real_set import UNKNOWN, RealSet
from bench.coordination.score import births, by_operator, score
from bench.coordination.sets import SETS
from bench.measure import say
from stillwatch_lab.baselines.interface import Logs

SHOWN = 5  # networks of each set whose numbers are kept


def main(words: Sequence[str]) -> int:
    """Measures the sets that are there, prints the tables and keeps the record."""
    parser = argparse.ArgumentParser(prog="python -m bench.coordination", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds `coord` and `coordination`")
    parser.add_argument("--sets", nargs="*", choices=sorted(SETS), default=list(SETS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder of coordination.json and coordination.txt")
    options = parser.parse_args(words)
    if not (options.data / "coordination").is_dir():
        say(f"bench coordination: no folder `coordination` in {options.data}; name the folder of data with --data")
        return 2
    record = {"sets": [measured(SETS[name](options.data), options.threads) for name in options.sets]}
    text = table.text(record)
    sys.stdout.write(text)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "coordination.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        (options.out / "coordination.txt").write_text(text, encoding="utf-8")
    return 0


def measured(real: RealSet, threads: int) -> dict[str, Any]:
    """The record of one set: what it holds, what every method finds in it, and what sign-ups tell. Numbers only."""
    with tempfile.TemporaryDirectory() as folder:
        found = linked(real, Path(folder), threads)
        say(f"{real.name}: {len(found.networks)} networks")
        groups = {"Stillwatch": [network.accounts for network in found.networks]}
        logs = Logs(str(found.sketches), str(found.accounts) if found.accounts else None)
        for method in METHODS:
            if method.by_time and not real.timed:
                continue
            others = found_groups(method, logs, threads)
            say(f"{real.name}: {method.name}: {'cannot run' if others is None else len(others)}")
            if others is not None:
                groups[method.name] = others
    return {
        "name": real.name,
        "source": real.source,
        "note": real.note,
        **_about(real, found),
        "methods": {name: asdict(score(one, real.operator, real.labelled)) for name, one in groups.items()},
        "operators": by_operator(groups["Stillwatch"], real.operator) if real.labelled else {},
        "networks": [
            {"accounts": len(network.accounts), "shares": network.shares, "tests": network.tests}
            for network in found.networks[:SHOWN]
        ],
        "births": births(_sign_ups(real), real.operator) if real.labelled else {},
    }


def _about(real: RealSet, found: Linked) -> dict[str, Any]:
    accounts = set(real.exchanges["account_id"].to_pylist())
    return {
        "accounts": len(accounts),
        "exchanges": len(real.exchanges),
        "labelled": real.labelled,
        "coordinated": len(real.operator),
        "strangers": len(accounts - real.operator.keys()) if real.labelled else None,
        "like_no_person": len(found.like_no_person),
    }


def _sign_ups(real: RealSet) -> dict[str, int]:
    """The sign-up (µs) of each account that states one."""
    if real.accounts is None or "created_at" not in real.accounts.column_names:
        return {}
    at = real.accounts["created_at"].cast("int64").fill_null(UNKNOWN).to_pylist()
    known = zip(real.accounts["account_id"].to_pylist(), at, strict=True)
    return {account: time for account, time in known if time != UNKNOWN}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
