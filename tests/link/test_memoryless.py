"""Bits for "no independent person": never for accounts like themselves, and none where people look like pools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.link.memoryless import CAP, FLOOR, memoryless_bits
from stillwatch.link.self_similarity import SelfSimilarity


def seen(ratio: np.ndarray, conversation_starts: int = 12) -> SelfSimilarity:
    """Accounts of these within-over-between ratios."""
    between = np.full(len(ratio), 0.05)
    return SelfSimilarity(
        np.full(len(ratio), conversation_starts, np.int32), ratio * (between + FLOOR) - FLOOR, between
    )


def crowd(people: int, pooled: int, seed: int = 1, remembering: float = 6.0) -> np.ndarray:
    """Ratios of people, then of accounts that draw from a pool."""
    generator = np.random.default_rng(seed)
    return np.concatenate([remembering * generator.lognormal(0, 0.6, people), generator.lognormal(0, 0.2, pooled)])


def test_people_lose_bits_and_pools_gain_them() -> None:
    bits = memoryless_bits(seen(crowd(900, 100)))
    assert (bits[:900] < 0).mean() > 0.95
    assert (bits[900:] > 0).mean() > 0.95
    assert np.abs(bits).max() <= CAP


@pytest.mark.parametrize("share", [0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0])
def test_accounts_most_like_themselves_never_gain_whatever_share_draws_from_pools(share: float) -> None:
    people = int(1000 * (1 - share))
    bits = memoryless_bits(seen(crowd(people, 1000 - people)))
    ratio = crowd(people, 1000 - people)
    assert (bits[ratio >= 4.0] <= 0).all()


def test_where_nobody_remembers_nobody_is_said_to_be_no_person() -> None:
    assert (memoryless_bits(seen(crowd(1000, 0, remembering=1.2))) == 0).all()


def test_a_handful_of_accounts_is_no_population() -> None:
    assert (memoryless_bits(seen(crowd(60, 20))) == 0).all()


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.floats(0.2, 20.0), st.floats(1.0, 5.0))
def test_remembering_more_is_never_more_evidence(seed: int, ratio: float, times: float) -> None:
    ratios = crowd(800, 100, seed)
    one, other = (memoryless_bits(seen(np.append(ratios, value)))[-1] for value in (ratio, ratio * times))
    # the population shifts by one account's rank
    assert other <= one + 0.1


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_more_conversation_starts_say_more_of_a_pool(seed: int) -> None:
    ratios = crowd(900, 100, seed)
    few, many = (memoryless_bits(seen(ratios, conversation_starts))[900:].mean() for conversation_starts in (5, 20))
    assert many > few
