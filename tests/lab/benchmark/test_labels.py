"""A team without the truth reads what the truth says, within what wrong labels allow."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.records.outputs import LEVELS
from stillwatch_lab.benchmark.labels import KNOWN_SHARE, WRONG_SHARE, operational

ACCOUNTS, GUILTY = 200_000, 60_000


def rates(recall: float, false: float, seed: int = 1) -> tuple[float, float, float, float]:
    """Recall and precision by labels, and in truth, of a detector with these chances to accuse."""
    draws = np.random.default_rng(9)
    campaign = np.arange(ACCOUNTS) < GUILTY
    accused = draws.random(ACCOUNTS) < np.where(campaign, recall, false)
    one = operational(campaign, np.where(accused, 0, 3), seed)["act"]
    by_labels = one["known_found"] / one["known"], one["audited_guilty"] / one["audited"]
    return (*by_labels, accused[campaign].mean(), campaign[accused].mean())


@pytest.mark.parametrize(("recall", "false"), [(1.0, 0.0), (0.5, 0.0), (0.8, 0.2)])
def test_labels_recover_recall_and_precision_up_to_their_own_errors(recall: float, false: float) -> None:
    recall_by_labels, precision_by_labels, true_recall, precision = rates(recall, false)
    assert recall_by_labels == pytest.approx(true_recall * (1 - WRONG_SHARE) + false * WRONG_SHARE, abs=0.02)
    assert precision_by_labels == pytest.approx(precision * (1 - WRONG_SHARE) + (1 - precision) * WRONG_SHARE, abs=0.02)


def test_a_tenth_is_known_whatever_was_found() -> None:
    campaign = np.arange(ACCOUNTS) < GUILTY
    nothing = operational(campaign, np.full(ACCOUNTS, 3), 4)
    assert nothing["act"]["known"] == pytest.approx(KNOWN_SHARE * GUILTY, rel=0.05)
    assert {nothing[level]["audited"] for level in LEVELS} == {0}
    everything = operational(campaign, np.zeros(ACCOUNTS, np.int64), 4)
    assert everything["act"]["known"] == nothing["act"]["known"]


def test_levels_hold_the_stronger_ones_and_seeds_decide_the_draw() -> None:
    campaign, level = np.arange(900) < 300, np.arange(900) % 4
    counts = operational(campaign, level, 5)
    assert counts["act"]["audited"] <= counts["review"]["audited"] <= counts["watch"]["audited"]
    assert counts == operational(campaign, level, 5)
    assert counts != operational(campaign, level, 6)
