"""`python -m bench` builds worlds, scans them in child processes, and prints one table of figures with targets."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.console import Console

from bench import figures, history, worlds
from bench.figures import Figure
from bench.history import Measurement
from bench.measure import Cost, WorkFailedError, machine, measured, say
from bench.worlds import World
from stillwatch_lab.scores.score import score
from stillwatch_lab.scores.scorecard import Scores

CAMPAIGN_SIZE = (100_000, 3_000_000)  # accounts, exchanges
ORGANIC_SIZE = (
    20_000,
    600_000,
)  # per world, of which there are five by default: together they have the size of the campaign's world
SAME_SIZE = (4_000, 100_000)
WIDTH = 130  # characters of the table if there is no terminal
PARTS = ("detection", "organic", "same")


@dataclass(slots=True)
class Bench:
    """A running benchmark."""

    folder: Path
    prompts: Path | None
    scale: float
    threads: int
    figures: list[Figure] = field(default_factory=list)
    scores: dict[str, Any] = field(default_factory=dict)

    def size(self, whole: tuple[int, int]) -> tuple[int, int]:
        """(accounts, exchanges) at this benchmark's scale, and at least so many that a campaign has accounts."""
        return max(1_000, round(whole[0] * self.scale)), max(20_000, round(whole[1] * self.scale))

    def scan(self, world: World, run: str, exchanges: Path | None = None, with_accounts: bool = True) -> Cost:
        """Scans the world's files into `<world>/<run>` and returns the cost."""
        accounts = world.table("accounts") if with_accounts else None
        paths = {
            "exchanges": str(exchanges or world.exchanges),
            "accounts": accounts,
            "permits": world.table("permits"),
        }
        return measured("scan", out=str(world.folder / run), threads=self.threads, **paths)

    def scored(self, title: str, world: World, run: str) -> Scores:
        """The scores of that run, which are also recorded for the JSON file."""
        scores = score(world.folder / run, world.truth)
        self.scores[title] = scores.as_dict()
        return scores


def main(words: Sequence[str]) -> int:
    """Runs the benchmark of the command line; returns 1 when some work failed, else 0, even if targets are missed."""
    options = arguments(words)
    prompts = worlds.prompt_folder(options.prompts)
    say(f"prompts: {prompts}" if prompts else "prompts: our own, as there is no folder of others")
    with home(options.keep) as folder:
        bench = Bench(folder, prompts, options.scale, options.threads)
        try:
            if "same" in options.parts:
                same_bytes(
                    bench, options.seeds[0]
                )  # it comes first because numba then compiles before anything is timed
            if "detection" in options.parts:
                for seed in options.seeds[: options.worlds]:
                    campaign_world(bench, seed)
            if "organic" in options.parts:
                organic_worlds(bench, options.seeds)
        except WorkFailedError as failure:
            say(f"bench: {failure}")
            return 1
    publish(bench, options)
    return 0


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The command line as values."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("prompts", nargs="?", type=Path, help="a folder of prompt files to make worlds from")
    parser.add_argument("--scale", type=float, default=1.0, help="size of every world, 1 = as the targets say")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5], help="seeds of the organic-only worlds"
    )
    parser.add_argument("--worlds", type=int, default=1, help="campaign worlds: the first so many of the seeds")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads of scans and reads")
    parser.add_argument("--keep", type=Path, help="keep worlds and runs in this folder, and use those already there")
    parser.add_argument("--record", action="store_true", help="add the figures to bench/history/scan.jsonl")
    parser.add_argument("--json", type=Path, help="write everything measured to this file")
    return parser.parse_args(words)


@contextmanager
def home(keep: Path | None) -> Iterator[Path]:
    """Yields the folder for worlds and runs: `keep`, or a temporary one."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="stillwatch-bench-") as folder:
        yield Path(folder)


def campaign_world(bench: Bench, seed: int) -> None:
    """Measures a world with one letter campaign: complete, without the accounts table, without text; and its cost."""
    world = worlds.world_of(bench.folder, "bench", seed, bench.size(CAMPAIGN_SIZE), bench.prompts)
    exchanges = str(world.exchanges)
    size = measured("size", exchanges=exchanges).result
    read = min(
        (measured("read", exchanges=exchanges, threads=bench.threads) for _ in range(2)), key=lambda one: one.cpu
    )
    cost = bench.scan(world, "run")
    title = f"{world.accounts:,} accounts, {size['rows']:,} exchanges, seed {seed}"
    scores = bench.scored(title, world, "run")
    bench.figures += figures.detection(title, scores, complete=True)
    bench.figures += figures.speed(title, cost, read, size["text_bytes"])
    before = scores.innocents["act"].accounts
    bench.scan(world, "run-without-accounts", with_accounts=False)
    bench.scan(world, "run-without-text", worlds.without_text(world))
    for missing in ("accounts", "text"):
        name = f"the same without {'the accounts table' if missing == 'accounts' else 'text'}"
        found = bench.scored(f"{title}, without {missing}", world, f"run-without-{missing}")
        bench.figures += figures.detection(name, found, complete=False, innocents_before=before)


def organic_worlds(bench: Bench, seeds: Sequence[int]) -> None:
    """Measures worlds of people only, in which every claimed campaign is false."""
    scores: dict[int, Scores] = {}
    claimed: dict[int, list[str]] = {}
    size = bench.size(ORGANIC_SIZE)
    for seed in seeds:
        world = worlds.world_of(bench.folder, "organic", seed, size, bench.prompts)
        bench.scan(world, "run")
        scores[seed] = bench.scored(f"organic only, seed {seed}", world, "run")
        claimed[seed] = pq.read_table(world.folder / "run" / "campaigns.parquet", columns=["level"])[
            "level"
        ].to_pylist()
    title = f"organic only, {size[0]:,} accounts, {size[1]:,} exchanges, seeds {' '.join(map(str, seeds))}"
    bench.figures += figures.quiet(title, scores, claimed)


def same_bytes(bench: Bench, seed: int) -> None:
    """Compares the bytes of runs on the same rows in another order and other files, on one thread and on two."""
    world = worlds.world_of(bench.folder, "bench", seed, bench.size(SAME_SIZE), bench.prompts)
    mixed = worlds.shuffled(world.exchanges, world.folder / "exchanges-shuffled", seed)
    runs = {}
    for name, exchanges, threads in (
        ("as built, 2 threads", world.exchanges, 2),
        ("as built, 1 thread", world.exchanges, 1),
        ("shuffled, 2 threads", mixed, 2),
        ("shuffled, 1 thread", mixed, 1),
    ):
        tables = {table: world.table(table) for table in ("accounts", "permits")}
        out = world.folder / f"run-{name.replace(', ', '-').replace(' ', '-')}"
        measured("scan", exchanges=str(exchanges), out=str(out), threads=threads, **tables)
        runs[name] = worlds.digests(out)
    title = f"{world.accounts:,} accounts, seed {seed}"
    campaigns = pq.read_metadata(out / "campaigns.parquet").num_rows
    found = f"{len(runs[name])} Parquet files each, {campaigns} campaigns"
    bench.figures += figures.sameness(title, len(runs), found, worlds.differences(runs))


def publish(bench: Bench, options: argparse.Namespace) -> None:
    """Prints the table, and writes the JSON file if one is named."""
    on = machine()
    about = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in on.items())
    prompts = str(bench.prompts) if bench.prompts else "our own"
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    console.print(figures.table("Stillwatch benchmark", bench.figures))
    console.print(f"{about}; scale {bench.scale}, threads {bench.threads}, prompts: {prompts}", markup=False)
    console.print("Accounts, times and addresses of these worlds are simulated; prompts are those of the folder named.")
    if options.record:
        say(f"added to {history.append('scan', measurements(bench, options.seeds))}")
    if options.json is not None:
        record = {
            "machine": on,
            "prompts": prompts,
            "scale": bench.scale,
            "seeds": options.seeds,
            "figures": [asdict(one) | {"verdict": one.verdict} for one in bench.figures],
            "scores": bench.scores,
        }
        options.json.write_text(json.dumps(record, indent=2, default=str) + "\n", encoding="utf-8")


def measurements(bench: Bench, seeds: Sequence[int]) -> list[Measurement]:
    """The figures that are a single number, as lines of the history."""
    about = f"threads {bench.threads}, prompts: {bench.prompts.name if bench.prompts else 'our own'}"
    found, on = [], machine()
    for one in bench.figures:
        if named := re.search(
            r"seeds? ([\d ]+)$", one.world
        ):  # a world without seeds in its name is a variant of the world before it
            seeds = [int(word) for word in named[1].split()]
        if one.value is not None:
            line = history.measured_now(one.what, one.value, one.unit, f"{one.world}; {about}", seeds, on)
            note = f"target: {one.target}, {one.verdict}" if one.target else ""
            found.append(line.model_copy(update={"note": note}))
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
