"""`python -m bench.beside` compares the sketches and links of Stillwatch and of other libraries on one world."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

import stillwatch
from bench import worlds
from bench.__main__ import home
from bench.beside import record, table
from bench.beside.linkers import acted, judged
from bench.beside.record import TITLES, Linked, Record
from bench.measure import ROOT, Cost, machine, say
from bench.worlds import World
from stillwatch.errors import Mistake, StillwatchError, UsageError
from stillwatch_lab.benchmark import cost

OTHERS = ("datasketch", "rensa", "splink")
WIDTH = 130  # characters of the text file


def main(words: Sequence[str]) -> int:
    """Runs the comparison of the command line and returns the exit code."""
    options = arguments(words)
    try:
        require_others()
        with home(options.keep) as folder:
            found = measure(options, folder)
    except StillwatchError as error:
        say(f"bench beside: {error}")
        return error.exit_code
    publish(found, options.out)
    return 0


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The command line as values."""
    parser = argparse.ArgumentParser(prog="python -m bench.beside", description=__doc__)
    parser.add_argument("--world", default="benchmark", help="a shipped world; `benchmark` has every campaign profile")
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--exchanges", type=int, default=3_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--texts", type=int, default=20_000, help="number of the world's texts that every library sketches"
    )
    parser.add_argument("--rounds", type=int, default=5, help="rounds of sketching, of which medians are shown")
    parser.add_argument("--runs", type=int, default=2, help="runs of each linker, of which the cheapest is shown")
    parser.add_argument(
        "--prompts", type=Path, help="a folder of prompt files; else as `python -m bench` looks for one"
    )
    parser.add_argument(
        "--threads", type=int, default=os.cpu_count() or 1, help="threads of DuckDB; Splink uses all cores"
    )
    parser.add_argument("--keep", type=Path, help="keep the world and what is made of it in this folder, and use it")
    default = Path("docs", "results", f"beside-{stillwatch.__version__}")
    parser.add_argument("--out", type=Path, default=default, help="folder of beside.json and beside.txt")
    options = parser.parse_args(words)
    options.words = tuple(words)
    return options


def require_others() -> None:
    """Raises UsageError when one of the other libraries is missing."""
    missing = [name for name in OTHERS if find_spec(name) is None]
    if missing:
        raise UsageError([Mistake(f"`{name}`", "is not installed", "run `make bench-beside`") for name in missing])


def measure(options: argparse.Namespace, folder: Path) -> Record:
    """Builds and sketches the world, compares sketches, links and scans, each task in a process of its own."""
    prompts = worlds.prompt_folder(options.prompts)
    size = (options.accounts, options.exchanges)
    world = worlds.world_of(folder, options.world, options.seed, size, prompts)
    sketches = world.folder / "sketches"
    exchanges = str(world.exchanges)
    made = _child("sketch", exchanges=exchanges, out=str(sketches), threads=options.threads)
    given = {"texts": options.texts, "seed": options.seed, "rounds": options.rounds}
    sketching = _child("sketchers", exchanges=exchanges, **given)
    about = {
        "name": options.world,
        "seed": options.seed,
        "accounts": options.accounts,
        "exchanges": made.result["rows"],
        "prompts": prompts.name if prompts else "our own",
    }
    shared = {"sketches": str(sketches / "exchange_sketches.parquet"), "accounts": world.table("accounts")}
    return Record(
        " ".join(["python -m bench.beside", *_public(options.words)]),
        about,
        dict(machine()),
        {name: version(name) for name in (*OTHERS, "duckdb", "numba")},
        sketching.result,
        link_in_turn(world, shared, options.runs, options.threads),
        whole_scan(world, shared, options.threads),
    )


def _public(words: Sequence[str]) -> list[str]:
    """The command's words, with absolute paths cut to their last name, so that no local path is published."""
    return [Path(word).name if Path(word).is_absolute() else word for word in words]


def link_in_turn(world: World, shared: dict[str, str | None], runs: int, threads: int) -> list[Linked]:
    """Runs every linker several times, one linker after the other in each round, and scores it."""
    costs: dict[str, list[Cost]] = {name: [] for name in TITLES}
    for _ in range(runs):
        for name, taken in costs.items():
            taken.append(_child(name, out=str(_scores(world, name)), threads=threads, **shared))
    return [record.linked(name, taken, judged(_scores(world, name), world.truth)) for name, taken in costs.items()]


def _scores(world: World, linker: str) -> Path:
    return world.folder / f"{linker}-scores.parquet"


def whole_scan(world: World, shared: dict[str, str | None], threads: int) -> dict[str, Any]:
    """Scans the same sketches with all stages; returns the cost and the counts at `act`."""
    run = world.folder / "run"
    given = {"exchanges": shared["sketches"], "accounts": shared["accounts"], "permits": world.table("permits")}
    taken = _child("scan", out=str(run), threads=threads, **given)
    figures = {"seconds": taken.seconds, "cpu": taken.cpu, "peak_bytes": taken.peak_bytes}
    return figures | acted(run, world.truth)


def _child(task: str, **given: object) -> Cost:
    taken = cost.measured("bench.beside.child", task, given, cwd=ROOT)
    say(f"{task}: {taken.seconds:.1f} s, {taken.cpu:.1f} CPU-s, {taken.peak_bytes / 1e9:.2f} GB")
    return taken


def publish(found: Record, out: Path) -> None:
    """Writes the record as JSON and as text, and prints the text."""
    text = StringIO()
    table.show(found, Console(file=text, width=WIDTH, highlight=False))
    record.save(found, out, text.getvalue())
    sys.stdout.write(text.getvalue())
    say(f"kept as {out / 'beside.json'} and beside.txt")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
