"""`python -m bench.altered_lines`: one line of the logs is altered, and a verification says by figure what differs.

A small world is made and scanned, and its largest campaign's dossier sealed. Then one line is altered in each kind of
place, and the logs are given to `stillwatch report verify`. Prints what is said to differ; with `--sizes`, what it
costs to verify worlds of so many exchanges with nothing altered; with `--world`, the same of a world made before.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bench.measure import Cost, WorkFailedError, machine, measured
from stillwatch.cli.recomputing import TABLES
from stillwatch_lab.worlds.build import build

COMPARED = ("inputs", *(one.table for one in TABLES))
Row = dict[str, Any]
Change = Callable[[list[Row], int], None]
"""Changes the rows of a table; the number is the place of the row that is altered."""


def _set(**values: Any) -> Change:
    return lambda rows, at: rows[at].update(values)


def _later(rows: list[Row], at: int) -> None:
    rows[at]["started_at"] += timedelta(days=9)


def _more(rows: list[Row], at: int) -> None:
    rows[at]["output_tokens"] = (rows[at]["output_tokens"] or 0) + 1


def _other_account(rows: list[Row], at: int) -> None:
    rows[at]["account_id"] = next(row["account_id"] for row in rows if row["account_id"] != rows[at]["account_id"])


PLACES: dict[str, tuple[str, Change]] = {
    "text of a request of the campaign": ("campaign", _set(input_text="what is the weather like in Lisbon today?")),
    "one more token of its answer": ("campaign", _more),
    "its time, nine days later": ("campaign", _later),
    "its account": ("campaign", _other_account),
    "its address": ("campaign", _set(client_address="198.51.100.7")),
    "its model": ("campaign", _set(request_model="another-1")),
    "its line left out": ("campaign", lambda rows, at: rows.pop(at) and None),
    "a line of somebody else left out": ("others", lambda rows, at: rows.pop(at) and None),
    "card of a member": ("accounts", _set(payment_fingerprint="other", payment_issuer="other")),
    "a permit's holder": ("permits", _set(holder="somebody-else")),
}


def main() -> None:
    """Prints what differs after each change, or what verifying costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=900)
    parser.add_argument("--exchanges", type=int, default=18_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--places", nargs="*", default=list(PLACES), choices=list(PLACES), metavar="PLACE")
    parser.add_argument("--sizes", nargs="*", type=int, default=[], help="exchanges of worlds that are only measured")
    parser.add_argument("--world", type=Path, help="the folder of a world that is only measured, and not written to")
    asked = parser.parse_args()
    for size in asked.sizes:
        with TemporaryDirectory(prefix="bench-altered-") as name:
            build("demo", asked.seed, size // 25, size, None, Path(name) / "world")
            measure(Path(name), Path(name) / "world")
    if asked.world is not None:
        with TemporaryDirectory(prefix="bench-altered-") as name:
            measure(Path(name), asked.world.absolute())
    if asked.sizes or asked.world is not None:
        print(", ".join(f"{key} {value}" for key, value in machine().items()))
        return
    with TemporaryDirectory(prefix="bench-altered-") as name:
        home = Path(name)
        build("demo", asked.seed, asked.accounts, asked.exchanges, None, home / "world")
        campaign = sealed(home, home / "world")[-1]
        for place in ["nothing", *asked.places]:
            altered(home, place, campaign)
            _, said = verified(home, home / "altered" if place != "nothing" else home / "world")
            print(f"{place}: {told(said)}", flush=True)


def told(said: list[dict[str, str]]) -> str:
    """The figures that differ with both values, and of each table of rows how many differ."""
    differ = [one for one in said if one["outcome"] == "differs"]
    figures = [f"{one['part'].removeprefix('figure ')} ({one['said']})" for one in differ if "figure" in one["part"]]
    rows: Counter[str] = Counter()
    for one in differ:
        table, *key = one["part"].split(" ")
        many = int(one["said"].split(" ")[0].replace(",", "")) if not key and "more rows" in one["said"] else 1
        if table not in ("figure", "inputs"):
            rows[table] += many
    tables = [f"{many} rows of {table}" for table, many in sorted(rows.items())]
    files = [one["said"].split("; ")[1] for one in differ if one["part"] == "inputs"]
    return "; ".join([*files, *figures, *tables]) or "nothing differs"


def measure(home: Path, world: Path) -> None:
    """Prints what scanning and sealing a world cost, and what verifying the dossier with its logs did."""
    scan, seal, campaign = sealed(home, world)
    verify, said = verified(home, world)
    recipe = json.loads((world / "truth" / "world.json").read_text(encoding="utf-8"))
    exchanges, accounts = (_rows(table(world, name)) for name in ("exchanges", "accounts"))
    found = next(row for row in _campaigns(home) if row["campaign_id"] == campaign)
    outcomes = Counter(one["outcome"] for one in said)
    print(f"{exchanges:,} exchanges, {accounts:,} accounts, seed {recipe['seed']}; ", end="")
    print(f"the campaign: {found['accounts']:,} accounts, {found['exchanges']:,} exchanges, level {found['level']}")
    for name, cost in (("scan", scan), ("dossier and seal", seal), ("verify with the logs", verify)):
        print(f"{name:<22}{cost.seconds:8.1f} s {cost.cpu:8.1f} CPU-s {cost.peak_bytes / 1e9:6.2f} GB")
    print("; ".join(f"{many} parts {outcome}" for outcome, many in sorted(outcomes.items())))
    for one in said:
        if one["outcome"] != "same" or one["part"] in COMPARED:
            print(f"  {one['outcome']}: {one['part']}: {one['said']}")
    sys.stdout.flush()


def _rows(path: Path) -> int:
    return sum(pq.read_metadata(one).num_rows for one in (path.glob("*.parquet") if path.is_dir() else [path]))


def call(*words: str) -> Cost:
    """What a command costs, which ends well or says that something differs; the result has what it printed."""
    cost = measured("command", words=list(words))
    if cost.result["code"] not in (0, 1):
        raise WorkFailedError(f"`stillwatch {' '.join(words)}` ended with {cost.result['code']}")
    return cost


def sealed(home: Path, world: Path) -> tuple[Cost, Cost, str]:
    """Scans a world and seals the dossier of its largest campaign; what both cost, and the campaign."""
    scan = call("scan", *logs(world), *beside(world), "--out", str(home / "run"))
    campaign = max(_campaigns(home), key=lambda row: (row["exchanges"], row["campaign_id"]))["campaign_id"]
    key = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    (home / "key").write_bytes(key)
    words = ["--campaign", campaign, "--format", "json", "--out", str(home / "d.json"), "--sign", str(home / "key")]
    return scan, call("report", str(home / "run"), *words), campaign


def _campaigns(home: Path) -> list[Row]:
    found: list[Row] = pq.read_table(home / "run" / "campaigns.parquet").to_pylist()
    return found


def logs(world: Path) -> list[str]:
    """A world's logs."""
    return sorted(map(str, (world / "exchanges").glob("*.parquet")))


def beside(world: Path) -> list[str]:
    """The arguments that name a world's other tables."""
    return [word for name in ("accounts", "permits") for word in (f"--{name}", str(table(world, name)))]


def table(world: Path, name: str) -> Path:
    """A world's table: one file, or a folder of parts."""
    path = world / name
    return path if path.is_dir() else path.with_suffix(".parquet")


def verified(home: Path, world: Path) -> tuple[Cost, list[dict[str, str]]]:
    """What a verification with these logs costs, and what it says."""
    named = [word for log in logs(world) for word in ("--logs", log)]
    words = ["report", "verify", str(home / "d.json"), "--run", str(home / "run"), *named, *beside(world), "--json"]
    cost = call(*words)
    return cost, json.loads(cost.result["said"])


def altered(home: Path, place: str, campaign: str) -> None:
    """Writes the world with one line altered."""
    if place == "nothing":
        return
    where, change = PLACES[place]
    (home / "altered" / "exchanges").mkdir(parents=True, exist_ok=True)
    own = pq.read_table(home / "run" / "campaign_exchanges.parquet").to_pylist()
    own = [row for row in own if row["campaign_id"] == campaign]
    wanted, members = {own[len(own) // 2]["exchange_id"]}, {row["account_id"] for row in own}
    for path in sorted((home / "world" / "exchanges").glob("*")):
        _written(path, home / "altered" / "exchanges" / path.name, where, change, wanted, members)
    for name in ("accounts", "permits"):
        path = home / "world" / f"{name}.parquet"
        _written(path, home / "altered" / path.name, where if where == name else "", change, set(), members)


def _written(path: Path, out: Path, where: str, change: Change, wanted: set[str], members: set[str]) -> None:
    table = pq.read_table(path)
    rows = table.to_pylist()
    tests: dict[str, Callable[[Row], bool]] = {
        "campaign": lambda row: row.get("exchange_id") in wanted,
        "others": lambda row: row["account_id"] not in members,
        "accounts": lambda row: row["account_id"] in members,
        "permits": lambda row: True,
    }
    is_log = "exchanges" in path.parts
    applies = where in (("campaign", "others") if is_log else (path.stem,))
    at = next((place for place, row in enumerate(rows) if applies and tests[where](row)), None)
    if at is None:
        shutil.copyfile(path, out)
        return
    change(rows, at)
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), out)


if __name__ == "__main__":
    main()
