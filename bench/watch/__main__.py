"""Measures watching.

    python -m bench.watch live WORLD... [--batch 1h] [--every 1h] [--out FILE]
    python -m bench.watch ingest [PROMPTS_DIR] [--exchanges N] [--out FILE]
    python -m bench.watch epoch REFERENCE_WORLD [--out FILE]

`live` plays worlds of `stillwatch lab build` forward and prints what leaked before an answer at `act`, and which
innocents were ever answered for. `ingest` prints how fast files of exchanges with texts are taken in, by processor
seconds, and whether memory grows. `epoch` prints what a search of a large state costs after an hour was added to it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from bench.measure import machine
from bench.watch import epoch, ingest
from bench.watch.live import Leak, innocents, leaks, played

HEAD = f"{'world':24} {'profile':12} {'accounts':>8} {'answered':>8} {'exchanges':>9} {'leaked':>7} {'%':>6} first act"


def main(words: Sequence[str]) -> int:
    """Prints one table; returns 1 when an innocent was answered for at `act`, or a target was missed."""
    options = _arguments(words)
    text: list[str] = []
    failed = 0
    for line in {"live": _live, "ingest": ingest.lines, "epoch": epoch.lines}[options.task](options):
        failed += "MISSED" in line
        text.append(line)
        print(line, flush=True)
    text.append(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine().items()))
    print(text[-1])
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text("\n".join(text) + "\n", encoding="utf-8")
    return int(failed > 0)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.watch", description=__doc__.split("\n", maxsplit=1)[0])
    tasks = parser.add_subparsers(dest="task", required=True)
    live = tasks.add_parser("live")
    live.add_argument("worlds", nargs="+", type=Path)
    live.add_argument("--batch", type=int, default=1, help="hours of event time between batches")
    live.add_argument("--every", type=int, default=1, help="hours of event time between epochs")
    live.add_argument("--threads", type=int, default=2)
    taking = tasks.add_parser("ingest")
    taking.add_argument("prompts", nargs="?", type=Path)
    taking.add_argument("--exchanges", type=int, default=200_000, help="of one simulated day")
    taking.add_argument("--days", type=int, default=7)
    searching = tasks.add_parser("epoch")
    searching.add_argument("world", type=Path)
    searching.add_argument("--threads", type=int, default=2)
    for one in (live, taking, searching):
        one.add_argument("--out", type=Path)
    return parser.parse_args(words)


def _live(options: argparse.Namespace) -> Iterator[str]:
    yield f"batches of {options.batch} h, epochs of {options.every} h"
    yield HEAD
    for world in options.worlds:
        with tempfile.TemporaryDirectory(prefix="stillwatch-live-") as home:
            span = timedelta(hours=options.batch), timedelta(hours=options.every)
            answered = played(world, Path(home), *span, options.threads)
        for one in leaks(world, answered):
            yield _leak(world, one)
        for level, kinds in innocents(world, answered).items():
            said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
            verdict = " MISSED" if level == "act" and kinds else ""
            yield f"{world.name:24} innocents ever at {level}: {said}{verdict}"
        yield f"{world.name:24} {len(answered.at_once)} accounts at act as they joined"


def _leak(world: Path, one: Leak) -> str:
    numbers = f"{one.accounts:8,} {one.answered:8,} {one.exchanges:9,} {one.leaked:7,}"
    share = 100 * one.leaked / one.exchanges
    after = "never" if one.found is None else f"after {(one.found - one.first) / timedelta(days=1):.1f} days"
    return f"{world.name:24} {one.profile:12} {numbers} {share:6.1f} {after}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
