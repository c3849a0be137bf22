"""Texts and a clock for benchmarks of one stage; texts are prompts of a folder, or words drawn with a seed."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

DOCUMENTS, LETTERS, ROUNDS = 30_000, 1_000, 3
_LINE = 12  # words between line ends, so that JSON has something to escape


def texts(folder: Path | None) -> list[str]:
    """The prompts of a folder of <kind>__<source>.jsonl.gz files; without one, DOCUMENTS texts of drawn words."""
    return _words() if folder is None else _prompts(folder)


def cpu_seconds(work: Callable[[], object]) -> float:
    """The processor seconds of all threads while `work` runs, the least of ROUNDS."""
    return min(_once(work) for _ in range(ROUNDS))


def _once(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _prompts(folder: Path) -> list[str]:
    # Neighbouring prompts are joined to the size of requests; short ones would overstate documents per second.
    found, current = [], ""
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                current += str(json.loads(line)["prompt"]) + "\n\n"
                if len(current) >= LETTERS:
                    found.append(current)
                    current = ""
    return found


def _words() -> list[str]:
    chance = np.random.default_rng(1)
    letters = np.array(list("etaoinshrdlucmfw"))
    lexicon = np.array(["".join(chance.choice(letters, size)) for size in chance.integers(2, 9, 5_000)])
    ranks = np.minimum(chance.zipf(1.3, (DOCUMENTS, LETTERS // 6)) - 1, len(lexicon) - 1)
    return [
        "\n".join(" ".join(row[at : at + _LINE]) for at in range(0, len(row), _LINE)) for row in lexicon[ranks].tolist()
    ]
