"""MMD over windows, calibrated on benign traffic: it suspects traffic whose content is distributed differently."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine
from stillwatch_lab.baselines.interface import Logs, scored
from stillwatch_lab.baselines.key_pairs import components
from stillwatch_lab.baselines.tables import Int64, name_logs
from stillwatch_lab.baselines.unions import Floats
from stillwatch_lab.baselines.windows import (
    BENIGN,
    NULL_WINDOWS,
    PERCENTILE,
    WINDOW,
    Float32,
    Queries,
    embed,
    make_kernel,
    read_queries,
    squared_distances,
    window_sums,
)

NULL_SIZES = np.unique(
    np.geomspace(2, WINDOW, 12).astype(np.int64)
)  # calibrated window sizes; thresholds between them are interpolated


@dataclass(frozen=True, slots=True)
class ContentWindows:
    """Scores accounts by the distance of their own or their group's windows of traffic from benign traffic."""

    name: str
    pooled: bool
    """True for windows of whole groups that rare keys link (see `key_pairs`), False for windows of one account."""
    source: str = "Liu, Guo and Dong, An embarrassingly simple detector for model extraction attacks (arXiv 2606.05725)"

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """The largest distance of any of an account's windows over the threshold of windows of that size."""
        accounts = name_logs(engine, logs)
        queries = read_queries(engine)
        if len(queries.account_index) == 0:
            return scored(accounts, np.zeros(len(accounts)))
        group = np.arange(len(accounts), dtype=np.int64)
        if self.pooled:
            group = components(engine, len(accounts)).astype(np.int64)
        return scored(accounts, exceedance(queries, group))


def exceedance(queries: Queries, group: Int64) -> Floats:
    """For each account the largest of its group's windows' MMD² over the benign threshold, (accounts,); at least 0."""
    rng = np.random.default_rng(0)
    benign = np.sort(rng.permutation(len(queries.account_index))[:BENIGN])
    vectors = embed(queries.features[benign])
    kernel = make_kernel(vectors)
    mapped = kernel.map(vectors)
    # The threshold is calibrated on other queries than those of the reference.
    mean = mapped[::2].mean(axis=0, dtype=np.float64)
    features, window, owner = _windows(queries, group)
    counts = np.bincount(window, minlength=len(owner))
    distance = squared_distances(window_sums(kernel, features, window, len(owner)), counts, mean)
    ratio = np.nan_to_num(distance / thresholds(mapped[1::2], mean, counts))
    largest = np.zeros(len(group))
    np.maximum.at(largest, owner, ratio)
    return np.asarray(largest[group])


def _windows(queries: Queries, group: Int64) -> tuple[NDArray[np.uint32], Int64, Int64]:
    """The queries' features in order of window, the window of each query, and the group of each window.

    A window is WINDOW consecutive queries of a group; its last, or only, window may be shorter.
    """
    of_query = group[queries.account_index]
    order = np.argsort(of_query, kind="stable")
    begins = np.concatenate([[0], np.cumsum(np.bincount(of_query, minlength=len(group)))])
    size = np.diff(begins)
    pieces = -(-size // WINDOW)
    first = np.concatenate([[0], np.cumsum(pieces)])
    place = np.arange(len(order)) - begins[of_query[order]]
    return queries.features[order], first[of_query[order]] + place // WINDOW, np.repeat(np.arange(len(group)), pieces)


def thresholds(mapped: Float32, mean: Floats, counts: Int64) -> Floats:
    """The PERCENTILE of MMD² among benign windows of each size, (windows,), from resampled benign queries.

    Between calibrated sizes n the product of threshold and n is interpolated, since it varies slowly.
    """
    rng = np.random.default_rng(1)
    scaled = []
    # Only sizes up to the next above the largest that occurs are calibrated.
    sizes = NULL_SIZES[: int(np.searchsorted(NULL_SIZES, counts.max(initial=2))) + 1]
    for size in sizes:
        few = (
            len(mapped) < size
        )  # in a small world windows can be larger than the sample, which the authors' code allows
        drawn = (rng.choice(len(mapped), size=size, replace=few) for _ in range(NULL_WINDOWS))
        sums = np.array([mapped[rows].sum(axis=0) for rows in drawn])
        found = squared_distances(sums, np.full(NULL_WINDOWS, size), mean)
        scaled.append(float(np.percentile(found, PERCENTILE)) * size)
    return np.asarray(np.interp(np.log(np.maximum(counts, 2)), np.log(sizes), scaled) / np.maximum(counts, 2))


OWN_WINDOWS = ContentWindows("asks_unlike_benign_traffic", pooled=False)
POOLED_WINDOWS = ContentWindows("group_asks_unlike_benign_traffic", pooled=True)
