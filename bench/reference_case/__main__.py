"""`python -m bench.reference_case` writes the reference case as sketches, scans it, and prints cost and scores."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from rich.console import Console

from bench import history
from bench.measure import ROOT, Cost, machine, say
from bench.reference_case import record, table
from bench.reference_case.record import Record, Stage
from bench.reference_case.sizes import prepare, size_of
from bench.reference_case.world import Plan, is_whole, plan_of
from stillwatch.errors import StillwatchError
from stillwatch_lab.benchmark import cost

WIDTH = 110  # characters of the text file
REPEATS = 2  # of the plain read, of which the cheaper one counts


def main(words: Sequence[str]) -> int:
    """Runs the benchmark of the command line and returns the exit code."""
    options = arguments(words)
    try:
        size, out = size_of(options.scale), options.out.absolute()
        prompts = options.prompts.absolute() if options.prompts else None
        plan = plan_of(out, size, options.seed, prompts, options.threads)
        if not is_whole(plan):
            prepare(out, size, tree_bytes(plan.folder))
        found = measure(plan, options.threads)
        if not options.keep:
            shutil.rmtree(plan.folder)
    except StillwatchError as error:
        say(f"bench reference case: {error}")
        return error.exit_code
    publish(found, out)
    if options.record:
        say(f"added to {history.append('reference-case', record.measurements(found))}")
    return 0


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The command line as values."""
    parser = argparse.ArgumentParser(prog="python -m bench.reference_case", description=__doc__)
    parser.add_argument(
        "--scale", default="1", help="1, 0.1, 0.01 or 0.001 of the public case's accounts and exchanges"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--out", type=Path, default=Path("build/reference-case"), help="folder of worlds, runs and records"
    )
    parser.add_argument("--prompts", type=Path, help="a folder of prompt files; without one our own are used")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="threads of scans, reads and writers")
    parser.add_argument("--record", action="store_true", help="add the figures to bench/history/reference-case.jsonl")
    parser.add_argument("--keep", action=argparse.BooleanOptionalAction, default=True, help="keep the world afterwards")
    return parser.parse_args(words)


def measure(plan: Plan, threads: int) -> Record:
    """Writes, reads, scans and scores the world, each task in a process of its own."""
    written = _child(
        "write",
        scale=plan.size.scale,
        seed=plan.seed,
        prompts=str(plan.prompts) if plan.prompts else None,
        out=str(plan.folder.parent),
        processes=threads,
    )
    about = json.loads((plan.folder / "truth" / "world.json").read_text(encoding="utf-8"))
    exchanges, run = str(plan.exchanges), plan.folder.with_name(plan.folder.name.replace("world", "run", 1))
    reads = [_child("read", exchanges=exchanges, threads=threads) for _ in range(REPEATS)]
    tables = {name: str(plan.folder / name) for name in ("accounts", "permits")}
    scanned = _child("scan", exchanges=exchanges, out=str(run), threads=threads, **tables)
    scored = _child("score", run=str(run), truth=str(plan.folder / "truth"))
    return Record(
        plan.size.scale,
        plan.seed,
        about["accounts"],
        about["exchanges"],
        tree_bytes(plan.folder),
        dict(machine()),
        about,
        [_writing(written, about["exchanges"]), *record.stages_of(run)],
        record.stage_of("scan", scanned),
        record.stage_of("plain read", min(reads, key=lambda one: one.cpu)),
        scored.result["scores"],
        written.result["parts"],
    )


def _writing(written: Cost, exchanges: int) -> Stage:
    """The stage of writing, with the highest peak memory of its processes."""
    parts = written.result["parts"]
    whole = parts["kept"] == 0
    name = "write the world" if whole else f"write the world ({parts['kept']} parts were there)"
    return Stage(name, written.seconds, written.cpu, max(written.peak_bytes, parts["peak_bytes"]), exchanges)


def _child(task: str, **given: object) -> Cost:
    taken = cost.measured("bench.reference_case.child", task, given, cwd=ROOT)
    say(f"{task}: {taken.seconds:.1f} s, {taken.cpu:.1f} CPU-s, {taken.peak_bytes / 1e9:.2f} GB")
    return taken


def tree_bytes(folder: Path) -> int:
    """The bytes of all files under a folder; 0 if the folder does not exist."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def publish(found: Record, out: Path) -> None:
    """Writes the record as JSON and as text, and prints the text."""
    path = record.save(found, out)
    others = [one for one in record.load(out) if one.seed == found.seed]
    text = StringIO()
    table.show(found, others, Console(file=text, width=WIDTH, highlight=False))
    path.with_suffix(".txt").write_text(text.getvalue(), encoding="utf-8")
    sys.stdout.write(text.getvalue())
    say(f"kept as {path} and {path.with_suffix('.txt').name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
