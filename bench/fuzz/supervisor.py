"""Keeps a worker going: a batch that ends it, hangs or takes too much memory is read again, file by file."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.fuzz.reading import Outcome

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 120  # a batch may take; a file takes some tens of milliseconds
MOST = 2 << 30  # bytes of memory that a worker may ever have held
FRESH = 1 << 30  # a worker that has held more is replaced, so that what held it is known
CRASHED, HUNG, SWELLED = "crashed", "hung", "over 2 GB"


class Supervisor:
    """One worker process and those that follow it."""

    def __init__(self, first: int, folder: Path, names: Sequence[str]) -> None:
        self._command = [sys.executable, "-m", "bench.fuzz.worker", str(first), str(folder), *names]
        self._log = (folder.parent / f"{folder.name}.log").open("ab")
        self._folder = folder
        self._worker: subprocess.Popen[bytes] | None = None

    def outcomes(self, numbers: Sequence[int]) -> Iterator[Outcome]:
        """Yields what became of each file."""
        found = self._ask(numbers)
        if isinstance(found, list):
            yield from found
        elif len(numbers) == 1:
            yield Outcome(numbers[0], found)
        else:
            for number in numbers:
                yield from self.outcomes([number])

    def close(self) -> None:
        """Ends the worker."""
        if self._worker is not None:
            self._worker.kill()
            self._worker.wait()
            self._worker = None

    def _ask(self, numbers: Sequence[int]) -> list[Outcome] | str:
        """The outcomes, or in a word what ended the worker."""
        worker = self._worker or self._started()
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(" ".join(map(str, numbers)).encode() + b"\n")
        worker.stdin.flush()
        ready, _, _ = select.select([worker.stdout], [], [], SECONDS)
        line = worker.stdout.readline() if ready else b""
        if not line:
            self.close()
            return CRASHED if ready else HUNG
        answer: dict[str, Any] = json.loads(line)
        if answer["peak"] > FRESH:
            self.close()
        if answer["peak"] > MOST:
            return SWELLED
        return "unnamed" if answer["outcomes"] is None else [Outcome(**one) for one in answer["outcomes"]]

    def _started(self) -> subprocess.Popen[bytes]:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._worker = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, cwd=ROOT
        )
        return self._worker
