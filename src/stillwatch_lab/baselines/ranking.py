"""The ranking quality of a baseline's scores, at the threshold that is best for the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch.errors import InputError

CAMPAIGN = "campaign"
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The result of a baseline at its best threshold, and its ranking as a whole; None if there is nothing to rank."""

    threshold: float
    """The lowest score that is accused; infinity when none can be."""
    recall: float
    """The share of guilty accounts that are accused."""
    profiles: dict[str, float]
    """The share of guilty accounts that are accused, by kind of campaign."""
    innocents: int
    innocents_per_100k: float
    """The number of innocent accounts accused, and their number per 100,000 accounts of the world."""
    innocent_kinds: dict[str, int]
    """Innocent accounts accused by kind; kinds without any are left out."""
    auc: float | None
    average_precision: float | None


def compare(scores: pa.Table, truth: Path, allowed_innocents: int) -> Ranked:
    """Compares `scores` (`account_id`, `score`) with a world's `truth/accounts.parquet` (or its `truth` folder).

    The threshold is the lowest at which at most `allowed_innocents` innocents are accused. It is chosen with the truth,
    which a user of the baseline does not have. Accounts with equal scores are accused together or not at all, and
    accounts without a score have 0. Raises InputError when the truth is missing, when a score is not a number, and when
    an account is named twice or is not in the truth.
    """
    path = truth / "accounts.parquet" if truth.is_dir() else truth
    if not path.is_file():
        raise InputError(f"cannot compare without `{path}`; name the `accounts.parquet` of a world's `truth` folder")
    known = pq.read_table(path, columns=["account_id", "role", "kind"])
    score = _aligned(scores, known["account_id"])
    guilty = known["role"].to_numpy() == CAMPAIGN
    kind = known["kind"].to_numpy()
    threshold = best_threshold(score, guilty, allowed_innocents)
    accused = score >= threshold
    innocents = int((accused & ~guilty).sum())
    names, counts = np.unique(kind[accused & ~guilty], return_counts=True)
    return Ranked(
        threshold,
        _share(accused, guilty),
        {str(profile): _share(accused, guilty & (kind == profile)) for profile in np.unique(kind[guilty])},
        innocents,
        100_000 * innocents / max(1, len(score)),
        {str(name): int(count) for name, count in zip(names, counts, strict=True)},
        auc(score, guilty),
        average_precision(score, guilty),
    )


def _aligned(scores: pa.Table, accounts: pa.ChunkedArray) -> Floats:
    place = {account: row for row, account in enumerate(accounts.to_pylist())}
    named = scores["account_id"].to_pylist()
    values = scores["score"].to_numpy().astype(np.float64)
    if np.isnan(values).any():
        raise InputError("a baseline gave scores that are not numbers; leave such accounts out")
    if len(set(named)) < len(named):
        raise InputError("a baseline scored an account twice; give each account one score")
    strangers = [account for account in named if account not in place]
    if strangers:
        raise InputError(
            f"a baseline scored {len(strangers)} accounts that the truth does not know; compare it with its own world"
        )
    aligned = np.zeros(len(place))
    aligned[[place[account] for account in named]] = values
    return aligned


def best_threshold(score: Floats, guilty: Flags, allowed_innocents: int) -> float:
    """The lowest score such that at most that many innocents have it or a higher one; infinity when there is none."""
    levels, above_guilty, above_innocent = _descending(score, guilty)
    fitting = np.flatnonzero(above_innocent <= allowed_innocents)
    useful = fitting[above_guilty[fitting] > 0]
    return float(levels[useful[-1]]) if len(useful) else float("inf")


def _descending(score: Floats, guilty: Flags) -> tuple[Floats, Floats, Floats]:
    """Distinct scores, descending, with the numbers of guilty and of innocent accounts at or above each."""
    levels, which = np.unique(-score, return_inverse=True)
    hits = np.bincount(which, weights=guilty, minlength=len(levels))
    misses = np.bincount(which, weights=~guilty, minlength=len(levels))
    return -levels, np.cumsum(hits), np.cumsum(misses)


def auc(score: Floats, guilty: Flags) -> float | None:
    """The chance that a guilty account scores above an innocent one, ties counted half (Mann and Whitney 1947)."""
    if guilty.all() or not guilty.any():
        return None
    _, hits, misses = _descending(score, guilty)
    true_rate = np.concatenate([[0.0], hits / hits[-1]])
    false_rate = np.concatenate([[0.0], misses / misses[-1]])
    return float((np.diff(false_rate) * (true_rate[1:] + true_rate[:-1]) / 2).sum())


def average_precision(score: Floats, guilty: Flags) -> float | None:
    """The mean precision over the guilty accounts; accounts of equal score are taken together."""
    if not guilty.any():
        return None
    _, hits, misses = _descending(score, guilty)
    return float((np.diff(hits, prepend=0.0) * hits / (hits + misses)).sum() / hits[-1])


def _share(accused: Flags, of: Flags) -> float:
    return float(accused[of].mean()) if of.any() else 0.0
