"""`python -m bench.altered_lines`: one line of the logs is altered, and a verification says by figure what differs.

A small world is made and scanned, and its largest campaign's dossier sealed. Then one line is altered in each kind of
place, and the logs are given to `stillwatch report verify`. Prints what is said to differ; with `--sizes`, the memory
and processor time of verifying worlds of so many exchanges with nothing altered.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
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

from stillwatch_lab.worlds.build import build

CALL = """
import resource, sys
from stillwatch.cli.main import invoke
code = invoke(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
print(f"{used.ru_utime + used.ru_stime:.1f} {used.ru_maxrss / 1e6:.2f}", file=sys.stderr)
sys.exit(code)
"""
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
    asked = parser.parse_args()
    for size in asked.sizes:
        with TemporaryDirectory(prefix="bench-altered-") as name:
            scanned, _ = sealed(Path(name), asked.seed, size // 25, size)
            spent, said = verified(Path(name), Path(name) / "world")
            differs = sum(one["outcome"] == "differs" for one in said)
            print(
                f"{size:>10,} exchanges: scan {scanned}; verify with logs {spent}; {differs} parts differ", flush=True
            )
    if asked.sizes:
        return
    with TemporaryDirectory(prefix="bench-altered-") as name:
        home = Path(name)
        _, campaign = sealed(home, asked.seed, asked.accounts, asked.exchanges)
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


def call(*words: str) -> tuple[str, str]:
    """What a command prints, and its processor time and memory."""
    done = subprocess.run([sys.executable, "-c", CALL, *words], capture_output=True, text=True, check=False)
    seconds, memory = done.stderr.splitlines()[-1].split()
    return done.stdout, f"{seconds} CPU-s, {memory} GB"


def sealed(home: Path, seed: int, accounts: int, exchanges: int) -> tuple[str, str]:
    """Makes and scans a world, and seals the dossier of its largest campaign; what scanning cost, and the campaign."""
    build("demo", seed, accounts, exchanges, None, home / "world")
    _, spent = call("scan", *inputs(home / "world"), "--out", str(home / "run"))
    rows = pq.read_table(home / "run" / "campaigns.parquet").to_pylist()
    campaign = max(rows, key=lambda row: (row["exchanges"], row["campaign_id"]))["campaign_id"]
    key = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    (home / "key").write_bytes(key)
    words = ["--campaign", campaign, "--format", "json", "--out", str(home / "d.json"), "--sign", str(home / "key")]
    call("report", str(home / "run"), *words)
    return spent, campaign


def inputs(world: Path) -> list[str]:
    """The arguments that name a world's files."""
    logs = sorted(map(str, (world / "exchanges").glob("*")))
    return [*logs, "--accounts", str(world / "accounts.parquet"), "--permits", str(world / "permits.parquet")]


def verified(home: Path, world: Path) -> tuple[str, list[dict[str, str]]]:
    """What a verification with these logs costs, and what it says."""
    logs = sorted(map(str, (world / "exchanges").glob("*")))
    named = [word for log in logs for word in ("--logs", log)]
    beside = ["--accounts", str(world / "accounts.parquet"), "--permits", str(world / "permits.parquet")]
    said, spent = call("report", "verify", str(home / "d.json"), "--run", str(home / "run"), *named, *beside, "--json")
    return spent, json.loads(said)


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
