"""Alters a world's log in every hostile way, scans each, and prints what became of its campaigns.

    python -m bench.alterations [WORLD] [--only WORD] [--out FILE]

WORLD is a folder of `stillwatch lab build` or of the second generator; without one the demo's world is built. What a
campaign's clients can write and what gateways write is altered in JSON lines, some of it in CSV and Parquet as well;
the last lines are the log unaltered, in every manner of writing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.alterations.comparison import SAME, Found, Line, World, changes, line, opened, scanned
from bench.alterations.writing import WRITING
from stillwatch.settings import EngineSettings, Settings
from stillwatch_lab import demo
from stillwatch_lab.worlds.build import build

PLAIN = ("JSON lines", "CSV", "Parquet")
IN_ALL_FORMATS = (
    "NUL at the end of prompts",
    "bytes that are no UTF-8 in prompts",
    "NUL in ids, programs and models",
    "ids of innocents' exchanges",
    "columns with hostile names",
    "addresses as lists",
    "times in seconds",
    "times in milliseconds",
    "numbers and texts by turns",
    "words for nothing",
    "integers as 1.0",
)
JSON_ONLY = ("half letters in ids", "values 600 deep")


def cases(world: World) -> Iterator[tuple[str, str, str]]:
    """Every alteration as its writer, its name and the manner of writing."""
    for writer, name in changes(world):
        if name != "nothing":
            for writing in PLAIN if name in IN_ALL_FORMATS else PLAIN[:1]:
                yield writer, name, writing
    for writing in WRITING:
        yield "gateway", "nothing", writing


def main(words: Sequence[str]) -> int:
    """Prints one line an alteration; returns 1 when some alteration changed what is found."""
    parser = argparse.ArgumentParser(prog="python -m bench.alterations", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("world", type=Path, nargs="?", help="a folder with exchanges, accounts.parquet, truth, …")
    parser.add_argument("--only", default="", help="alterations whose line has this word")
    parser.add_argument("--threads", type=int, default=1, help="threads of each scan")
    parser.add_argument("--out", type=Path, help="a file for the table")
    wanted = parser.parse_args(words)
    settings = Settings(engine=EngineSettings(threads=wanted.threads))
    with tempfile.TemporaryDirectory(prefix="stillwatch-alterations-") as folder:
        home = wanted.world or _demo(Path(folder) / "world")
        world = opened(home)
        before = scanned(world, home / "exchanges", Path(folder) / "plain", settings)
        text = [_head(before)]
        print(text[0], flush=True)
        results = []
        for number, names in enumerate(one for one in cases(world) if wanted.only in " ".join(one)):
            results.append(line(world, before, names, Path(folder) / str(number), settings))
            text.append(shown(results[-1]))
            print(text[-1], flush=True)
    same = sum(one.verdict == SAME for one in results)
    text.append(
        f"{same} of {len(results)} alterations find the same campaigns at the same level and accuse nobody else."
    )
    print(text[-1])
    if wanted.out is not None:
        wanted.out.write_text("\n".join(text) + "\n", encoding="utf-8")
    return int(same < len(results))


def shown(one: Line) -> str:
    """One alteration in words and numbers."""
    rows = "" if one.found is None else f"{one.found.rows['used']:7,} {one.found.rows['quarantined']:7,}"
    act = "" if one.found is None else str(_at_act(one.found))
    return f"{one.writer:8} {one.alteration:46} {one.writing:16} {rows:15} {act:>5} {one.verdict:8} {one.said}".rstrip()


def _at_act(found: Found) -> int:
    return sum(level == "act" for level in found.members.values())


def _head(before: Found) -> str:
    levels = ", ".join(sorted(before.campaigns.values()))
    rows = before.rows["used"]
    return (
        f"unaltered: {len(before.campaigns)} campaigns ({levels}), {_at_act(before)} accounts at act, {rows:,} rows\n"
        f"{'written by':8} {'what':46} {'as':16} {'used':>7} {'lost':>7} {'act':>5} verdict"
    )


def _demo(folder: Path) -> Path:
    build(demo.WORLD, demo.SEED, demo.ACCOUNTS, demo.EXCHANGES, None, folder)
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
