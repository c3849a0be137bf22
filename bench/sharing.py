"""`python -m bench.sharing` measures the bundle of 25,000 indicators, TAXII's pages, and private matching.

    python -m bench.sharing [--parts bundle taxii match large] [--out FOLDER]

Processor seconds are of this process; the TAXII server and each matching side are counted apart.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import taxii2client.v21 as oasis
from tests.ledger.made import identity, indicator, told
from tests.serve.live import live
from tests.share.runs import CAMPAIGN, tables, value, written

from bench.measure import machine, say
from bench.serve.__main__ import Figure
from stillwatch.key import Key
from stillwatch.ledger import opened
from stillwatch.share import matching
from stillwatch.share.preview import objects_for
from stillwatch.share.stix import Sender, bundle

PARTS = ("bundle", "taxii", "match", "large")
INDICATORS = 25_000
OBJECTS = 100_000
KEY = Key(b"a secret of two sides, long enough")


def main(words: Sequence[str]) -> int:
    """Runs the parts of the command line, and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.sharing", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS[:3]))
    parser.add_argument("--out", type=Path, help="the folder to write the table to")
    options = parser.parse_args(words)
    measures: dict[str, Callable[[Path], list[Figure]]] = {
        "bundle": made_bundle,
        "taxii": served_pages,
        "match": lambda _: matched(25_000, 15.0),
        "large": lambda _: matched(1_000_000, 360.0),
    }
    figures = []
    for part in options.parts:
        with tempfile.TemporaryDirectory(prefix="stillwatch-bench-") as name:
            say(f"measuring {part}")
            figures += measures[part](Path(name))
    head = f"{machine()}; {os.getloadavg()[2]:.1f} processes wanted to run on average in the last 15 minutes"
    lines = [head, "", *map(str, figures)]
    print("\n".join(lines))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "sharing.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def made_bundle(folder: Path) -> list[Figure]:
    """From a run's tables to the text of a bundle."""
    values = [
        value("same_address", f"203.{place >> 16 & 255}.{place >> 8 & 255}.{place & 255}", number=place)
        for place in range(INDICATORS)
    ]
    run = written(folder / "run", tables(values=values))
    began = time.process_time()
    text = json.dumps(bundle(objects_for(run, CAMPAIGN, Sender("A provider", "amber", datetime.now(UTC)), "partner")))
    spent = time.process_time() - began
    return [
        Figure(f"bundle of {text.count(chr(34) + 'pattern' + chr(34) + ':'):,} indicators", spent, "CPU-s", 5.0),
        Figure("its size", len(text) / 1e6, "MB"),
    ]


def served_pages(folder: Path) -> list[Figure]:
    """All pages of a collection, read by the client of OASIS over loopback."""
    with opened(folder) as ledger:
        key = ledger.keys.create("northwind", "share", datetime.now(UTC))[1]
        began = time.process_time()
        ledger.shares.add(told(), [identity(), *(indicator(str(place)) for place in range(OBJECTS - 1))])
        kept = time.process_time() - began
    with live(folder, "") as server:
        client = oasis.Server(f"http://127.0.0.1:{server.port}/taxii2/", user="northwind", password=key)
        collection = client.api_roots[0].collections[0]
        began, count = time.perf_counter(), 0
        for page in oasis.as_pages(collection.get_objects, per_request=1_000):
            count += len(page["objects"])
        spent = time.perf_counter() - began
    return [
        Figure(f"{OBJECTS:,} objects into the ledger", kept, "CPU-s"),
        Figure("objects read in pages of 1,000", float(count), "objects"),
        Figure("seconds for all pages (2,000 objects a second)", spent, "s", OBJECTS / 2_000),
    ]


def matched(count: int, most: float) -> list[Figure]:
    """A session of so many values against 25,000; half of the latter are common."""
    ours = [("same_device", f"device-{place:08d}") for place in range(count)]
    theirs = [("same_device", f"device-{place:08d}") for place in range(count - 12_500, count + 12_500)]
    now, marks = datetime.now(UTC), [time.process_time()]
    message, kept = matching.offer(theirs, "South", "north", KEY, True, now)
    marks.append(time.process_time())
    said = matching.answer(message, ours, "North", KEY, True, now)
    marks.append(time.process_time())
    found, _ = matching.result(said, kept)
    marks.append(time.process_time())
    offering, answering = marks[1] - marks[0] + marks[3] - marks[2], marks[2] - marks[1]
    return [
        Figure(f"{count:,} x 25,000: common values", float(found), "values"),
        Figure(f"{count:,} x 25,000: the side that offers", offering, "CPU-s", most),
        Figure(f"{count:,} x 25,000: the side that answers", answering, "CPU-s", most),
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
