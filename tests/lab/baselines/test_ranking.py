"""Rankings agree with scikit-learn, and thresholds keep their promise of innocents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from stillwatch.errors import InputError
from stillwatch_lab.baselines.ranking import (
    auc,
    average_precision,
    best_threshold,
    compare,
)
from tests.lab.baselines.planted import write_truth

rankings = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=60).filter(
    lambda rows: 0 < sum(guilty for _, guilty in rows) < len(rows)
)


def arrays(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score for score, _ in rows], float), np.array([guilty for _, guilty in rows])


@given(rankings)
def test_auc_and_average_precision_agree_with_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    score, guilty = arrays(rows)
    assert auc(score, guilty) == pytest.approx(roc_auc_score(guilty, score))
    assert average_precision(score, guilty) == pytest.approx(average_precision_score(guilty, score))


@given(rankings, st.integers(0, 5))
def test_no_threshold_within_the_allowance_accuses_more_guilty(rows: list[tuple[int, bool]], allowed: int) -> None:
    score, guilty = arrays(rows)
    threshold = best_threshold(score, guilty, allowed)
    assert (score[~guilty] >= threshold).sum() <= allowed
    found = (score[guilty] >= threshold).sum()
    for other in np.unique(score):
        if (score[~guilty] >= other).sum() <= allowed:
            assert (score[guilty] >= other).sum() <= found


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    write_truth(tmp_path / "accounts.parquet", list("abcdefgh"), ["person"] * 4 + ["hydra"] * 2 + ["loud"] * 2)
    return tmp_path


def scores(**by_account: float) -> pa.Table:
    return pa.table({"account_id": list(by_account), "score": [float(score) for score in by_account.values()]})


def test_counts_recall_by_profile_and_innocents_by_kind(truth: Path) -> None:
    ranked = compare(scores(g=9, h=8, a=7, e=6, b=5, f=4), truth, 1)
    assert ranked.threshold == 6
    assert ranked.profiles == {"hydra": 0.5, "loud": 1.0}
    assert ranked.recall == 0.75
    assert (ranked.innocents, ranked.innocent_kinds) == (1, {"person": 1})
    assert ranked.innocents_per_100k == 12_500  # one of eight


def test_ties_are_accused_together_or_not_at_all(truth: Path) -> None:
    tied = scores(g=9, h=5, a=5, b=5)
    assert compare(tied, truth, 1).recall == 0.25
    assert compare(tied, truth, 2).recall == 0.5


def test_accounts_without_a_score_are_tied_at_zero(truth: Path) -> None:
    ranked = compare(scores(a=1), truth, 0)
    assert (ranked.recall, ranked.threshold, ranked.innocents) == (0.0, float("inf"), 0)


def test_takes_the_folder_as_well_as_the_file(truth: Path) -> None:
    assert compare(scores(g=1), truth, 0) == compare(scores(g=1), truth / "accounts.parquet", 0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (pa.table({"account_id": ["a", "a"], "score": [1.0, 2.0]}), "twice"),
        (pa.table({"account_id": ["a"], "score": [float("nan")]}), "not numbers"),
        (pa.table({"account_id": ["z"], "score": [1.0]}), "does not know"),
    ],
)
def test_refuses_scores_that_cannot_be_ranked(truth: Path, wrong: pa.Table, said: str) -> None:
    with pytest.raises(InputError, match=said):
        compare(wrong, truth, 0)


def test_says_where_the_truth_should_be(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"accounts\.parquet"):
        compare(scores(a=1), tmp_path, 0)
