"""Ranking quality of a baseline's scores, guilty above innocent, at a threshold chosen in the baseline's favour."""

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
    """A baseline at its best threshold, and its ranking as a whole; None where there is nothing to rank."""

    threshold: float
    """Lowest score accused; infinity when nobody can be."""
    recall: float
    """Guilty accounts accused, over all guilty accounts."""
    profiles: dict[str, float]
    """The same for each kind of campaign."""
    innocents: int
    innocents_per_100k: float
    """Innocent accounts accused: how many, and per 100,000 accounts of the world."""
    innocent_kinds: dict[str, int]
    """Who they are; kinds without any are left out."""
    auc: float | None
    average_precision: float | None


def compare(scores: pa.Table, truth: Path, allowed_innocents: int) -> Ranked:
    """Sets `scores` (`account_id`, `score`) beside a world's `truth/accounts.parquet` (or its `truth` folder).

    The threshold is the lowest at which at most `allowed_innocents` innocents are accused; it is chosen with the truth,
    which no user of the baseline has. Accounts with equal scores are accused together or not at all. Accounts without
    a score have 0. Raises InputError when the truth is missing, or a score is not a number, names an account twice
    or one that the truth does not know.
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
    """The lowest score at or above which at most that many innocents stand; infinity when there is none."""
    levels, above_guilty, above_innocent = _descending(score, guilty)
    fitting = np.flatnonzero(above_innocent <= allowed_innocents)
    useful = fitting[above_guilty[fitting] > 0]
    return float(levels[useful[-1]]) if len(useful) else float("inf")


def _descending(score: Floats, guilty: Flags) -> tuple[Floats, Floats, Floats]:
    """Distinct scores from the highest, with the guilty and the innocents at or above each."""
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
    """Mean precision over the guilty accounts, those of equal score taken at once."""
    if not guilty.any():
        return None
    _, hits, misses = _descending(score, guilty)
    return float((np.diff(hits, prepend=0.0) * hits / (hits + misses)).sum() / hits[-1])


def _share(accused: Flags, of: Flags) -> float:
    return float(accused[of].mean()) if of.any() else 0.0
