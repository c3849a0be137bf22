"""Measures the speed of every sketcher on the same texts, in turn over several rounds, and its sketches' accuracy."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa

from bench.beside.sketchers import Signatures, Sketcher, sketchers
from bench.beside.texts import Pairs, draw_texts, near_pairs, shingles_of
from stillwatch_lab.benchmark.cost import Result

PAIRS = 3_600  # 400 of each tenth of similarity, so that the mean error has a standard error of a twentieth of it
ALIKE = 0.5  # similarity from which a pair counts as near-duplicates


@dataclass(frozen=True, slots=True)
class Sketched:
    """One sketcher's figures: CPU seconds are medians over the rounds."""

    name: str
    library: str
    computes: str
    signature_bytes: int
    seconds: float
    """CPU seconds from texts."""
    given_seconds: float | None
    """CPU seconds from shingles."""
    error: float
    """The mean absolute difference between estimated and true Jaccard similarity, over all pairs."""
    alike_error: float
    """The mean absolute difference over near-duplicates."""
    bias: float
    """The mean difference, estimate minus truth."""


def compared(exchanges: Path, wanted: int, seed: int, rounds: int) -> Result:
    """The results as plain values: the texts, the pairs, and a `Sketched` for each sketcher."""
    os.environ["RAYON_NUM_THREADS"] = (
        "1"  # rensa's threads would otherwise use CPU seconds while they wait for each other
    )
    texts = draw_texts(exchanges, wanted, seed)
    shingled = _shingle(texts)
    pairs = near_pairs(shingled, PAIRS, seed)
    all_of_them = sketchers()
    seconds, given = timed(all_of_them, texts, shingled, rounds)
    rows = [
        asdict(_sketched(one, one.signatures(one.sketch(texts)), pairs, seconds[place], given[place]))
        for place, one in enumerate(all_of_them)
    ]
    return {
        "texts": len(texts),
        "bytes": sum(len(text.encode()) for text in texts.to_pylist()),
        "shingles": sum(map(len, shingled)),
        "shingling_seconds": median(_cpu_seconds(partial(_shingle, texts)) for _ in range(rounds)),
        "rounds": rounds,
        "pairs": len(pairs),
        "alike_pairs": int((pairs.similarity >= ALIKE).sum()),
        "sketchers": rows,
    }


def timed(
    chosen: Sequence[Sketcher], texts: pa.Array, shingled: list[list[str]], rounds: int
) -> tuple[list[float], list[float | None]]:
    """Median CPU seconds of each sketcher, from texts and from shingles; each round runs all sketchers in turn.

    A few texts are sketched before, so that compilation and imports are not counted.
    """
    for one in chosen:
        one.sketch(texts[:10])
    whole: list[list[float]] = [[] for _ in chosen]
    given: list[list[float]] = [[] for _ in chosen]
    for _ in range(rounds):
        for place, one in enumerate(chosen):
            whole[place].append(_cpu_seconds(partial(one.sketch, texts)))
            if one.given is not None:
                given[place].append(_cpu_seconds(partial(one.given, shingled)))
    return [median(taken) for taken in whole], [median(taken) if taken else None for taken in given]


def _sketched(one: Sketcher, signatures: Signatures, pairs: Pairs, seconds: float, given: float | None) -> Sketched:
    off = one.similarity(signatures, pairs.left, pairs.right) - pairs.similarity
    alike = pairs.similarity >= ALIKE
    figures = (_mean(np.abs(off)), _mean(np.abs(off[alike])), _mean(off))
    return Sketched(one.name, one.library, one.computes, one.signature_bytes, seconds, given, *figures)


def _mean(values: Signatures) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _shingle(texts: pa.Array) -> list[list[str]]:
    return [shingles_of(text) for text in texts.to_pylist()]


def _cpu_seconds(work: Callable[[], object]) -> float:
    """The processor seconds of all threads of this process while the work runs."""
    start = time.process_time()
    work()
    return time.process_time() - start
