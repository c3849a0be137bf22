"""The content of traffic windows as points of a kernel space, and their distance from benign traffic (MMD)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.records.compiled import compiled
from stillwatch.records.features import decode_features
from stillwatch.records.order import by_account_and_time
from stillwatch_lab.baselines.tables import Int64, microseconds
from stillwatch_lab.baselines.unions import Floats

WINDOW = 1_500  # queries a window, as published
SCALES = (0.5, 1.0, 2.0, 4.0)  # bandwidths averaged over, as multiples of the median distance, as published
BANDWIDTH_SAMPLE = 2_000  # queries whose distances give the median, as published
BENIGN = 60_000  # benign queries: half are the reference (20 windows, as published), half calibrate the threshold
NULL_WINDOWS = 1_000  # benign windows that set the threshold, as published
PERCENTILE = 95.0  # of their distances: the threshold, as published
DIMENSIONS = 64  # of the projected content features, in place of a sentence embedding
FREQUENCIES = 256  # random Fourier pairs: kernel values within 1 / sqrt(256) of exact, far less once averaged
CHUNK = 50_000  # rows embedded at once: 100 MB of cosines and sines

Float32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Queries:
    """Queries with content, in order of time: account indices (queries,) and content features (queries, 16)."""

    account_index: Int64
    features: NDArray[np.uint32]


def read_queries(engine: Engine) -> Queries:
    """All exchanges with content; needs the tables of `tables.name_logs`."""
    rows = engine.fetch(
        Query(
            "queries",
            "SELECT account_index, started_at, exchange_id, content_features "
            "FROM logged_exchanges JOIN logged_indices USING (account_id) WHERE content_features IS NOT NULL",
        )
    )
    account_index = rows["account_index"].to_numpy().astype(np.int64)
    together = np.zeros(len(account_index), np.int32)
    order = by_account_and_time(together, microseconds(rows["started_at"]), rows["exchange_id"])
    return Queries(account_index[order], decode_features(rows["content_features"].take(pa.array(order))))


def embed(features: NDArray[np.uint32]) -> Float32:
    """Unit vectors (queries, DIMENSIONS), to which each feature adds its own random direction."""
    result = np.zeros((len(features), DIMENSIONS), np.float32)
    _add_directions(features, result)
    length = np.sqrt((result * result).sum(axis=1, keepdims=True))
    return np.asarray(result / np.maximum(length, np.float32(1e-6)))


@compiled
def _add_directions(features: NDArray[np.uint32], result: Float32) -> None:
    for row in range(len(features)):
        for feature in features[row]:
            if feature == 0:  # no feature
                continue
            state = np.uint64(feature)
            # splitmix64 (Steele, Lea and Flood 2014): 64 independent signs of one feature
            state += np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
            for column in range(DIMENSIONS):
                sign = 2 * np.int64((state >> np.uint64(column)) & np.uint64(1)) - 1
                result[row, column] += np.float32(sign)


@dataclass(frozen=True, slots=True)
class Kernel:
    """An average of Gaussian kernels, approximated with random frequencies (DIMENSIONS, FREQUENCIES)."""

    frequencies: Float32

    def map(self, vectors: Float32) -> Float32:
        """Points (queries, 2 FREQUENCIES) of length 1 whose inner products are the kernel (Rahimi and Recht 2007)."""
        angle = vectors @ self.frequencies
        points = np.concatenate([np.cos(angle), np.sin(angle)], axis=1)
        return np.asarray(points / np.float32(np.sqrt(FREQUENCIES)), np.float32)


def make_kernel(benign: Float32) -> Kernel:
    """The kernel whose bandwidths are SCALES times the median distance of a sample of benign vectors."""
    rng = np.random.default_rng(0)
    sample = benign[rng.permutation(len(benign))[:BANDWIDTH_SAMPLE]].astype(np.float64)
    square = (sample * sample).sum(axis=1)
    distance = np.maximum(square[:, None] + square - 2 * sample @ sample.T, 0.0)[np.triu_indices(len(sample), 1)]
    positive = distance[distance > 0]
    median = float(np.sqrt(np.median(positive))) if len(positive) else 1.0
    # The spectrum of an average of kernels is a mixture, so that each frequency is drawn for one bandwidth.
    scale = median * np.array(SCALES)[np.arange(FREQUENCIES) % len(SCALES)]
    return Kernel((rng.standard_normal((DIMENSIONS, FREQUENCIES)) / scale).astype(np.float32))


def window_sums(kernel: Kernel, features: NDArray[np.uint32], window: Int64, windows: int) -> Float32:
    """Sum of the mapped queries of each window, (windows, 2 FREQUENCIES); `window` (queries,) ascends."""
    sums = np.zeros((windows, 2 * FREQUENCIES), np.float32)
    for begin in range(0, len(features), CHUNK):
        mapped = kernel.map(embed(features[begin : begin + CHUNK]))
        which = window[begin : begin + CHUNK]
        first = np.flatnonzero(np.diff(which, prepend=-1))
        sums[which[first]] += np.add.reduceat(mapped, first, axis=0)
    return sums


def squared_distances(sums: Float32, counts: Int64, benign: Floats) -> Floats:
    """Unbiased MMD² between windows (their sums and counts) and benign traffic, (windows,); NaN below two queries.

    `benign` (2 FREQUENCIES,) is the mean of mapped benign queries. Source: Gretton et al. (JMLR 2012), lemma 6.
    """
    size = counts.astype(np.float64)
    within = ((sums.astype(np.float64) ** 2).sum(axis=1) - size) / np.where(size > 1, size * (size - 1), np.nan)
    across = (sums @ benign) / np.maximum(size, 1)
    return np.asarray(within - 2 * across + float(benign @ benign))
