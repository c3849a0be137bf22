"""Measures watching.

    python -m bench.watch live WORLD... [--batch 1] [--every 1] [--days D] [--out FILE]
    python -m bench.watch returns [--seeds 1 2 3] [--every 6] [--out FILE]
    python -m bench.watch at-once [--seeds 1 2 3] [--out FILE]
    python -m bench.watch framing [--seeds 1 2 3] [--out FILE]
    python -m bench.watch organic [--seeds 1 2 3] [--second-seeds 1 2] [--batch 24] [--every 24] [--out FILE]
    python -m bench.watch ingest [PROMPTS_DIR] [--exchanges N] [--workers 2] [--out FILE]
    python -m bench.watch epoch REFERENCE_WORLD [--out FILE]
    python -m bench.watch beginning REFERENCE_WORLD --hours H --into WORLD [--out FILE]

`live` plays worlds of `stillwatch lab build` forward and prints what leaked before an answer at `act`, and which
innocents were ever answered for; with `--days` only so many from the first campaign on. `returns` lets an operator come
back after the logs have forgotten him, `at-once` does so without epochs. `framing` brings people to act like a campaign
that is known. `organic` watches worlds without campaigns, with the example policy. `ingest` prints how fast files of
exchanges with texts are taken in, by processor seconds, and whether memory grows. `epoch` prints what a search of a
large state costs after an hour was added to it. `beginning` makes a world for `live` of a large one's first hours.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from bench.measure import machine
from bench.watch import at_once, beginning, epoch, framing, ingest, organic, returns
from bench.watch.live import Leak, every, fed, innocents, leaks, played
from bench.watch.stages import Stages
from stillwatch_lab.live import Live

HEAD = f"{'world':24} {'profile':12} {'accounts':>8} {'answered':>8} {'exchanges':>9} {'leaked':>7} {'%':>6} first act"


def main(words: Sequence[str]) -> int:
    """Prints one table; returns 1 when an innocent was answered for at `act`, or a target was missed."""
    options = _arguments(words)
    text: list[str] = []
    failed = 0
    tasks = {
        "live": _live,
        "ingest": ingest.lines,
        "returns": returns.lines,
        "at-once": at_once.lines,
        "organic": organic.lines,
        "framing": framing.lines,
        "epoch": epoch.lines,
        "beginning": beginning.lines,
    }
    for line in tasks[options.task](options):
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
    live.add_argument("--days", type=int, help="of event time that are played, from the first campaign on")
    again = tasks.add_parser("returns")
    again.add_argument("--every", type=int, default=6, help="hours of event time between epochs after the return")
    joining = tasks.add_parser("at-once")
    for one in (again, joining):
        one.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
        one.add_argument("--days", type=int, default=5, help="of event time that are played from the return on")
        one.add_argument("--recipe", type=Path, default=returns.RECIPE)
    framing_ = tasks.add_parser("framing")
    framing_.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    nobody = tasks.add_parser("organic")
    nobody.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3, 4, 5])
    nobody.add_argument("--second-seeds", nargs="*", type=int, default=[1, 2, 3, 4, 5])
    nobody.add_argument("--second", type=Path, default=Path("../shared/worlds/second_world.py"))
    nobody.add_argument("--batch", type=int, default=24, help="hours of event time between batches")
    nobody.add_argument("--every", type=int, default=24, help="hours of event time between epochs")
    for one in (live, again, joining, framing_, nobody):
        one.add_argument("--threads", type=int, default=2)
    taking = tasks.add_parser("ingest")
    taking.add_argument("prompts", nargs="?", type=Path)
    taking.add_argument("--exchanges", type=int, default=200_000, help="of one simulated day")
    taking.add_argument("--days", type=int, default=7)
    taking.add_argument("--workers", type=int, default=2, help="compared with one")
    searching = tasks.add_parser("epoch")
    searching.add_argument("world", type=Path)
    searching.add_argument("--threads", type=int, default=2)
    cutting = tasks.add_parser("beginning")
    cutting.add_argument("world", type=Path)
    cutting.add_argument("--hours", type=int, default=60)
    cutting.add_argument("--into", type=Path, required=True, help="a new folder")
    for one in (live, again, joining, framing_, nobody, taking, searching, cutting):
        one.add_argument("--out", type=Path)
    return parser.parse_args(words)


def _live(options: argparse.Namespace) -> Iterator[str]:
    yield f"batches of {options.batch} h, epochs of {options.every} h"
    yield HEAD
    for world in options.worlds:
        with tempfile.TemporaryDirectory(prefix="stillwatch-live-") as home:
            live = Live(world, Path(home), every(options.every), options.threads)
            stages, step = Stages(world), timedelta(hours=options.batch)
            answered = played(live, fed(world, step, options.days), stages.look)
        for one in leaks(world, answered):
            yield _leak(world, one)
        for level, kinds in innocents(world, answered).items():
            said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"
            verdict = " MISSED" if level == "act" and kinds else ""
            yield f"{world.name:24} innocents ever at {level}: {said}{verdict}"
        yield f"{world.name:24} {len(answered.at_once)} accounts at act as they joined"
        yield from stages.lines()


def _leak(world: Path, one: Leak) -> str:
    numbers = f"{one.accounts:8,} {one.answered:8,} {one.exchanges:9,} {one.leaked:7,}"
    after = "never" if one.found is None else f"after {(one.found - one.first) / timedelta(days=1):.1f} days"
    return f"{world.name:24} {one.profile:12} {numbers} {100 * one.share:6.1f} {after}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
