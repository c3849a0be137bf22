"""Runs altered files of every format through the reader, and prints what became of them.

    python -m bench.fuzz [--files 1000] [--seed 1] [--formats parquet csv ...] [--keep DIR] [--out FILE.json]

The reader may use a file, quarantine rows of it or refuse it by name. It may not crash, hang, take 2 GB, raise another
error or lose count of a row. The same seed gives the same files, and the files with a fault stay in `--keep`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from bench.fuzz.mutants import mutant
from bench.fuzz.reading import GOOD, Outcome
from bench.fuzz.seeds import FORMATS, formats
from bench.fuzz.supervisor import Supervisor
from stillwatch_lab.benchmark.cost import machine

BATCH = 24


def main(words: Sequence[str]) -> int:
    """Prints one line a format; returns 1 when the reader was at fault."""
    options = _arguments(words)
    names = _turns(options.formats)
    counts: dict[str, Counter[str]] = {}
    faults: list[Outcome] = []
    began = time.monotonic()
    with _home(options.keep) as home:
        for done, outcome in enumerate(_outcomes(options, names, home), start=1):
            counts.setdefault(names[outcome.number % len(names)], Counter())[outcome.result] += 1
            if outcome.result not in GOOD:
                faults.append(outcome)
                _keep(options, names, home, outcome)
            if done % 1_000 == 0:
                print(
                    f"{done:,} files, {len(faults)} faults, {time.monotonic() - began:.0f} s",
                    file=sys.stderr,
                    flush=True,
                )
    print(table(counts))
    if options.out is not None:
        record = {"seed": options.seed, "files": options.files, "machine": machine(), "counts": counts}
        options.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 1 if faults else 0


def table(counts: dict[str, Counter[str]]) -> str:
    """One line a format: how many files had which outcome."""
    found = {result for one in counts.values() for result in one}
    columns = [*GOOD, *sorted(found - set(GOOD))]
    width = max(map(len, (*counts, "in all")))
    lines = [f"{'format':{width}} {'files':>9} " + " ".join(f"{name:>14}" for name in columns)]
    for name, one in [*counts.items(), ("in all", sum(counts.values(), Counter()))]:
        numbers = " ".join(f"{one[result]:14,}" for result in columns)
        lines.append(f"{name:{width}} {one.total():9,} {numbers}")
    return "\n".join(lines)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--files", type=int, default=1_000)
    parser.add_argument("--begin", type=int, default=0, help="the number of the first file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--formats", nargs="+", choices=formats(), default=list(formats()))
    parser.add_argument("--jobs", type=int, default=1, help="worker processes")
    parser.add_argument("--keep", type=Path, help="a folder for the files at which the reader is at fault")
    parser.add_argument("--out", type=Path, help="a file for the counts as JSON")
    return parser.parse_args(words)


def _turns(chosen: Sequence[str]) -> list[str]:
    """The formats in turn; the contract's own come more often, as they have more ways to be altered."""
    return [name for name in chosen for _ in range(4 if name in FORMATS else 1)]


def _outcomes(options: argparse.Namespace, names: Sequence[str], home: Path) -> Iterator[Outcome]:
    """Yields the outcomes of all files as they come from the workers."""
    end = options.begin + options.files
    batches = [range(at, min(at + BATCH, end)) for at in range(options.begin, end, BATCH)]
    found: SimpleQueue[Outcome | None] = SimpleQueue()
    with ThreadPoolExecutor(options.jobs) as pool:
        for job in range(options.jobs):
            supervisor = Supervisor(options.seed, home / f"worker-{job}", names)
            pool.submit(_work, supervisor, batches[job :: options.jobs], found)
        for _ in range(options.jobs):
            yield from iter(found.get, None)


def _work(supervisor: Supervisor, batches: Sequence[Sequence[int]], found: SimpleQueue[Outcome | None]) -> None:
    try:
        for batch in batches:
            for outcome in supervisor.outcomes(batch):
                found.put(outcome)
    finally:
        supervisor.close()
        found.put(None)


def _keep(options: argparse.Namespace, names: Sequence[str], home: Path, outcome: Outcome) -> None:
    print(f"file {outcome.number} of seed {options.seed}: {outcome.result} {outcome.said}", file=sys.stderr, flush=True)
    one = mutant(options.seed, outcome.number, names)
    (home / f"{options.seed}-{one.table}-{one.name}").write_bytes(one.data)


@contextmanager
def _home(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="stillwatch-fuzz-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
