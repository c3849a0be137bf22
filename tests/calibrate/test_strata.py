"""Donors stay in their stratum, strata are large enough, and networks are spread over them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.calibrate.strata import (
    donors,
    exchange_linked,
    least_size,
    merge_small_strata,
)


@st.composite
def keys(draw: st.DrawFn) -> np.ndarray:
    """Keys of shape (accounts, 2)."""
    generator = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    return generator.integers(0, draw(st.integers(1, 30)), (draw(st.integers(1, 3_000)), 2))


@settings(max_examples=60)
@given(keys())
def test_strata_are_large_enough_and_keep_equals_together_in_order(key: np.ndarray) -> None:
    stratum = merge_small_strata(key)
    size = np.bincount(stratum)
    assert len(size) == 1 or size.min() >= least_size(len(key))
    assert size.min() > 0
    order = np.lexsort((key[:, 1], key[:, 0]))
    assert (np.diff(stratum[order]) >= 0).all()
    same = (np.diff(key[order], axis=0) == 0).all(axis=1)
    assert (np.diff(stratum[order])[same] == 0).all()


@settings(max_examples=60)
@given(keys(), st.integers(0, 1 << 32))
def test_donors_permute_each_stratum(key: np.ndarray, seed: int) -> None:
    stratum = merge_small_strata(key)
    donor = donors(stratum, np.random.default_rng(seed))
    assert sorted(donor.tolist()) == list(range(len(stratum)))
    assert (stratum[donor] == stratum).all()


@settings(max_examples=60)
@given(keys(), st.floats(0, 1), st.integers(0, 1 << 32))
def test_dealing_keeps_the_sizes_of_strata(key: np.ndarray, share: float, seed: int) -> None:
    stratum, generator = merge_small_strata(key), np.random.default_rng(seed)
    linked = generator.random(len(stratum)) < share
    after = exchange_linked(stratum, linked, generator)
    assert (np.bincount(after) == np.bincount(stratum)).all()
    if linked.sum() in (0, len(stratum)):
        assert (after == stratum).all()


def test_a_network_that_fills_a_stratum_is_spread_over_all() -> None:
    stratum = np.repeat(np.arange(50), 100)
    linked = np.arange(5_000) < 100  # all of the first stratum
    after = exchange_linked(stratum, linked, np.random.default_rng(1))
    assert np.bincount(after[linked], minlength=50).max() < 12  # 2 expected
    place, client = (donors(after, np.random.default_rng(seed)) for seed in (2, 3))
    # whoever received a member's address has a member's client no more often than anybody: 2 of 100
    assert np.count_nonzero(linked[place] & linked[client]) < 12


def test_a_group_that_nobody_found_is_rare_in_its_stratum() -> None:
    week = np.repeat(np.arange(1_000), 100)[:, None]  # a hundred accounts sign up each week of one country
    stratum = merge_small_strata(week)
    group = np.arange(100_000) < 100  # and all of the first week are a class
    payment, mail = (donors(stratum, np.random.default_rng(seed)) for seed in (1, 2))
    assert np.count_nonzero(group[payment] & group[mail]) < 16  # 5 expected


def test_few_keep_their_own_values() -> None:
    stratum = np.repeat(np.arange(20), 60)
    kept = [(donors(stratum, np.random.default_rng(seed)) == np.arange(1_200)).mean() for seed in range(20)]
    assert 0.5 / 60 < np.mean(kept) < 2 / 60  # one in 60 by chance
