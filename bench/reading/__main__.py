"""Measures reading: how fast a core reads each format, memory on very many small files, and what odd files become.

    python -m bench.reading [PROMPTS_DIR] [--parts speed files failing] [--files 10000] [--out FILE]

Speeds are bytes of the file by processor seconds of the read stage on one thread; those of Parquet are bytes of the
same rows as JSON lines. Every measurement is a process of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.measure import ROOT, machine, say
from bench.reading import failing
from bench.reading.logs import KINDS, SMALL_ROWS, write_log, write_small_files
from bench.texts import texts
from stillwatch_lab.benchmark.cost import Cost, WorkFailedError, measured

BYTES = 128_000_000  # of each log
WARM = 400_000
TARGETS = {"JSON lines": 100.0, "OTLP JSON": 40.0, "LiteLLM payloads": 40.0, "LiteLLM spend logs": 40.0}  # MB/s a core
FLAT = 1.3  # times the memory of a folder that is ten times smaller
PARTS = ("speed", "files", "failing")
SHARED = ROOT / "../shared/data/logs/failing"


@dataclass(frozen=True, slots=True)
class Line:
    """One measurement."""

    what: str
    rows: int
    size: int
    cost: Cost
    target: float | None = None

    @property
    def speed(self) -> float:
        """Megabytes by processor second."""
        return self.size / 1e6 / float(self.cost.result["read_cpu"])

    def __str__(self) -> str:
        rate = self.rows / float(self.cost.result["read_cpu"])
        numbers = f"{self.rows:11,} {self.size / 1e6:9,.0f} {self.speed:9.1f} {rate:9,.0f}"
        return f"{self.what:26} {numbers} {self.cost.peak_bytes / 1e6:8,.0f} {self._verdict()}".rstrip()

    def _verdict(self) -> str:
        if self.target is None:
            return ""
        return f"{self.target:6.0f} {'met' if self.speed >= self.target else 'MISSED'}"


HEAD = f"{'what':26} {'rows':>11} {'MB':>9} {'MB/s':>9} {'rows/s':>9} {'peak MB':>8} target"


def main(words: Sequence[str]) -> int:
    """Prints the table; returns 1 when a target was missed."""
    options = _arguments(words)
    found = texts(options.prompts)
    text, missed = [], 0
    for part in options.parts:
        for one in {"speed": _speeds, "files": _files, "failing": _failing}[part](options, found):
            missed += "MISSED" in one
            text.append(one)
            print(one, flush=True)
    about = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine().items())
    text.append(f"{about}; processor seconds of one thread, on a machine shared with other work")
    print(text[-1])
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text("\n".join(text) + "\n", encoding="utf-8")
    return int(missed > 0)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.reading", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("prompts", nargs="?", type=Path, help="a folder of prompt files to take texts from")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure")
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS), help="formats to measure")
    parser.add_argument("--bytes", type=int, default=BYTES, help="size of each log")
    parser.add_argument("--files", type=int, default=10_000, help="small files in the larger folder")
    parser.add_argument("--rows", type=int, default=SMALL_ROWS, help="rows of a small file, of 2 to 3 KB each")
    parser.add_argument("--shared", type=Path, default=SHARED, help="the folder of failing inputs")
    parser.add_argument("--out", type=Path, help="a file for the table")
    return parser.parse_args(words)


def _speeds(options: argparse.Namespace, found: list[str]) -> Iterator[str]:
    yield HEAD
    for kind in options.kinds:
        with tempfile.TemporaryDirectory(prefix="stillwatch-bench-") as folder:
            warm = write_log(kind, Path(folder) / "warm", found, min(WARM, options.bytes))
            path = write_log(kind, Path(folder) / "log", found, options.bytes)
            size = options.bytes if path.suffix == ".parquet" else path.stat().st_size
            cost = _cost("stage", path=str(path), warm=str(warm), threads=1)
            yield str(Line(kind, int(cost.result["rows"]), size, cost, TARGETS.get(kind)))


def _files(options: argparse.Namespace, found: list[str]) -> Iterator[str]:
    """A folder of a tenth of the files, and then of all: what counts is that memory does not grow."""
    peaks = []
    for files in (max(1, options.files // 10), options.files):
        with tempfile.TemporaryDirectory(prefix="stillwatch-bench-") as folder:
            size = write_small_files(Path(folder), found, files, options.rows)
            cost = _cost("stage", path=folder, warm=None, threads=2)
            peaks.append(cost.peak_bytes)
            yield str(Line(f"{files:,} files of {options.rows} rows", int(cost.result["rows"]), size, cost))
    growth = peaks[1] / peaks[0]
    verdict = "met" if growth <= FLAT else "MISSED"
    yield f"memory grows {growth:.2f} times from a tenth of the files; at most {FLAT}: {verdict}"


def _failing(options: argparse.Namespace, _: list[str]) -> Iterator[str]:
    if not options.shared.is_dir():
        yield f"the failing inputs are not at {options.shared}"
        return
    yield "failing input: outcome"
    for name, inputs in failing.cases(options.shared):
        try:
            said = str(_cost("outcome", inputs=inputs).result["outcome"])
        except WorkFailedError as failure:
            said = f"MISSED: {str(failure).splitlines()[-1]}"
        yield f"{name}: {said.replace(str(options.shared), '')[:300]}"


def _cost(task: str, **arguments: object) -> Cost:
    cost = measured("bench.reading.child", task, arguments, cwd=ROOT)
    say(f"{task} {arguments.get('path', '')}: {cost.seconds:.1f} s")
    return cost


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
