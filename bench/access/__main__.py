"""`python -m bench.access` measures screening (recall, precision, processor time, `/v1/screen`), doors and newcomers.

    python -m bench.access [--parts quality speed route doors reentry births] [--seeds 301 302 303] [--out FOLDER]

The recipe of the made set is `bench/access/recipe.py`. The seeds are others than those that anything was tuned on.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from tests.serve.gateways.programs import free_port, running
from tests.serve.live import live

from bench.access import births, doors, recipe, reentry
from bench.measure import ROOT, machine, say
from bench.serve.__main__ import Figure
from stillwatch.ledger import opened
from stillwatch.screening.holders import Counts, Named, read_holders
from stillwatch.screening.lists import Entry, ScreeningList, read_list
from stillwatch.screening.screener import Screener, Tally

PARTS = ("quality", "speed", "route", "doors", "reentry", "births")
ENTRIES = 25_000
RATE = 200.0
"""Sign-ups a second, of which no provider has so many: 17 M a day."""


def main(words: Sequence[str]) -> int:
    """Runs the parts of the command line, and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.access", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[301, 302, 303])
    parser.add_argument("--worlds", nargs="+", type=int, default=[911, 912, 913], help="seeds of the lab's worlds")
    parser.add_argument("--each", type=int, default=400, help="variants of each script, and as many look-alikes")
    parser.add_argument("--holders", type=int, default=1_000_000)
    parser.add_argument("--blocks", type=int, default=12, help="of five seconds of requests to each route")
    parser.add_argument("--out", type=Path, help="the folder to write the table to")
    parser.add_argument("--draws", nargs="+", type=int, default=list(range(5, 13)), help="worlds of re-entry, by seed")
    parser.add_argument(
        "--people", nargs="*", type=int, default=[21, 22, 23], help="worlds of 100,000 innocents, by seed"
    )
    parser.add_argument("--second", nargs="*", type=Path, default=[], help="worlds of the second generator")
    parser.add_argument("--keep", type=Path, help="a folder in which worlds are kept for the next time")
    options = parser.parse_args(words)
    measures: dict[str, Callable[[argparse.Namespace], list[str]]] = {
        "quality": quality,
        "speed": speed,
        "route": route,
        "doors": doors.measured,
        "reentry": reentry.lines,
        "births": births.lines,
    }
    lines = [f"{machine()}; {os.getloadavg()[2]:.1f} processes wanted to run on average in the last 15 minutes", ""]
    for part in options.parts:
        say(f"measuring {part}")
        lines += [*measures[part](options), ""]
    print("\n".join(lines))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / f"{name_of(options.parts)}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def name_of(parts: Sequence[str]) -> str:
    """The table's file: newcomers have their own."""
    return parts[0] if len(parts) == 1 and parts[0] in ("reentry", "births") else "screening"


def quality(options: argparse.Namespace) -> list[str]:
    """Recall and precision by script and by change, over the seeds."""
    found: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    for seed in options.seeds:
        made = recipe.made(seed, recipe.SCRIPTS, ENTRIES, options.each)
        screener = screener_of(made.listed)
        by_query: dict[int, set[str]] = defaultdict(set)
        for place, entry, _ in screener.agreements([Named("", one.text) for one in made.queries]):
            by_query[place].add(entry.key)
        for number, query in enumerate(made.queries):
            for group in ("all", query.script, *(f"change: {change}" for change in query.changes)):
                count(found[group], query, by_query[number])
    return table(found, options)


def count(row: list[int], query: recipe.Query, matched: set[str]) -> None:
    """Adds a query to a row: variants, found, look-alikes, those with a match, matches, queries with one."""
    true = query.listed is not None
    row[0] += true
    row[1] += true and str(query.listed) in matched
    row[2] += not true
    row[3] += not true and len(matched) > 0
    row[4] += len(matched)
    row[5] += len(matched) > 0


def table(found: dict[str, list[int]], options: argparse.Namespace) -> list[str]:
    """One line a script and change."""
    lines = [
        f"{ENTRIES:,} entries; of each script {options.each} variants and as many look-alikes; seeds {options.seeds}",
        f"{'':26}{'recall':>9}{'precision of':>14}{'':>10}{'look-alikes':>12}{'matches':>9}",
        f"{'':26}{'':>9}{'matches':>14}{'holders':>10}{'matched':>12}{'a name':>9}",
    ]
    for name in ("all", *recipe.SCRIPTS, *sorted(one for one in found if one.startswith("change"))):
        true, hit, alike, alike_hit, matches, queries = found[name]
        note = " (left out of tuning)" if name in recipe.LEFT_OUT else ""
        figures = (share(hit, true), share(hit, matches), share(hit, queries), share(alike_hit, alike))
        cells = [
            f"{'-' if one is None else format(one, '.4f'):>{width}}"
            for one, width in zip(figures, (9, 14, 10, 12), strict=True)
        ]
        lines.append(f"{name + note:26}{''.join(cells)}{matches / max(true + alike, 1):9.2f}")
    true, hit, _, _, matches, _ = found["all"]
    lines.append(str(Figure("recall", 100 * hit / true, "%")) + (" >= 99 " + met(hit >= 0.99 * true)))
    lines.append(
        str(Figure("precision of matches", 100 * hit / matches, "%")) + (" >= 50 " + met(hit >= 0.5 * matches))
    )
    return lines


def share(part: int, whole: int) -> float | None:
    """A share, None of nothing."""
    return part / whole if whole else None


def met(whether: bool) -> str:
    """In a word."""
    return "met" if whether else "MISSED"


def screener_of(names: Sequence[str]) -> Screener:
    """A screener of entries that are keyed by their place."""
    return Screener(
        [ScreeningList("made", "", tuple(Entry(str(n), "made", "", (one,)) for n, one in enumerate(names)))]
    )


def speed(options: argparse.Namespace) -> list[str]:
    """Processor time of a whole screening: reading both files, the index, every holder."""
    with tempfile.TemporaryDirectory(prefix="stillwatch-bench-") as name:
        folder = Path(name)
        written_list(folder / "list.csv", 11)
        written_holders(folder / "holders.csv", options.holders)
        screener_of(["John Smith"]).matches([Named("a", "Jon Smith")])  # compiles
        began, counts, tally = time.process_time(), Counts(), Tally()
        screener = Screener([read_list(folder / "list.csv")])
        made = time.process_time() - began
        screener.screened(read_holders(folder / "holders.csv", counts), tally)
        spent = time.process_time() - began
    what = f"{counts.rows:,} holders against {ENTRIES:,} entries"
    return [
        str(Figure(what, spent / 60, "CPU-min", 3.0)),
        str(Figure("  of it reading the list and making the index", made, "CPU-s")),
        str(Figure("  matches, per 100,000 holders", 1e5 * tally.matched / counts.rows, "")),
    ]


def written_list(path: Path, seed: int) -> None:
    """A list with an alias for every second entry."""
    made = recipe.made(seed, recipe.SCRIPTS, ENTRIES, 0)
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["source", "entity_number", "name", "alt_names"])
        for number, name in enumerate(made.listed):
            rows.writerow(["made", number, name, name.split()[-1] + ", " + name.split()[0] if number % 2 else ""])


def written_holders(path: Path, count: int) -> None:
    """Holders as the recipe draws them."""
    draw = random.Random("access holders")
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["account_id", "name"])
        for number in range(count):
            rows.writerow([f"account-{number}", recipe.holder(draw)])


def route(options: argparse.Namespace) -> list[str]:
    """`/v1/screen` and a bare route in turns, in one run."""
    with tempfile.TemporaryDirectory(prefix="stillwatch-bench-") as name, ExitStack() as stack:
        state = Path(name)
        written_list(state / "list.csv", 11)
        with opened(state) as ledger:
            key = ledger.keys.create("bench", "screen", datetime.now(UTC))[1]
        settings = f'[serve]\nscreening_lists = ["{state / "list.csv"}"]\n'
        ours, bare = stack.enter_context(live(state, settings)), free_port()
        stack.enter_context(running([sys.executable, "-m", "bench.serve.bare", str(bare)], bare, state / "bare.log"))
        while not any(line["event"] == "lists read" for line in ours.lines()):
            time.sleep(0.2)
        asked = [request(key, number) for number in range(2_000)]
        given = {
            "ports": {"verdict": ours.port, "bare": bare},
            "requests": {"verdict": asked, "bare": asked},
            "rate": RATE,
            "block_seconds": 5.0,
            "blocks": options.blocks,
            "seed": 18,
        }
        words = [sys.executable, "-m", "bench.serve.load"]
        done = subprocess.run(words, input=json.dumps(given), capture_output=True, text=True, check=True, cwd=ROOT)
    found = json.loads(done.stdout)
    at = {one: np.percentile(found[one]["latencies"], [50, 99]) for one in ("bare", "verdict")}
    return [
        f"/v1/screen beside a bare route, {RATE:g} requests/s each (Poisson), in turns; {ENTRIES:,} entries",
        *(str(Figure(f"{one}: p50", at[key][0], "ms")) for key, one in (("bare", "bare"), ("verdict", "screen"))),
        *(str(Figure(f"{one}: p99", at[key][1], "ms")) for key, one in (("bare", "bare"), ("verdict", "screen"))),
        str(Figure("requests that failed", float(found["verdict"]["failed"] + found["bare"]["failed"]), "", 0.0)),
        str(Figure("screen: p99 by the bare route's", at["verdict"][1] / at["bare"][1], "times", 3.0)),
    ]


def request(key: str, number: int) -> str:
    """A sign-up as it stands on the wire."""
    draw = random.Random(f"sign-up {number}")
    body = json.dumps({"account_id": f"account-{number}", "name": recipe.holder(draw)})
    return (
        f"POST /v1/screen HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
