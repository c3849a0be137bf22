"""Self-similarity: people resemble themselves, draws from a pool resemble each other."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.link.memoryless import memoryless_bits
from stillwatch.link.nearest_accounts import NEAREST
from stillwatch.link.self_similarity import (
    _by_popularity,
    _code,
    _first_of,
    coded,
    contents,
    similarities,
)
from stillwatch.records.definitions import CONVERSATION_STARTS


def texts(
    seed: int, people: int = 300, drawing: int = 40, conversation_starts: int = 12
) -> tuple[np.ndarray, np.ndarray]:
    """Features of people with words of their own, and of accounts (the last ones) that draw from one pool."""
    generator = np.random.default_rng(seed)
    account_index, features = [], []
    for account in range(people + drawing):
        for _ in range(conversation_starts):
            common = generator.zipf(1.3, 6) % 20_000
            if account < people:
                own = 1_000_000 + account * 50 + generator.integers(0, 25, 10)
            else:
                own = 9_000_000 + generator.integers(0, 1500, 10)
            account_index.append(account)
            features.append(np.concatenate([common, own]) + 1)
    return np.array(account_index, np.int32), np.array(features, np.uint32)


def test_ratio_is_one_for_a_pool_and_large_for_people() -> None:
    account_index, features = texts(1)
    found = similarities(coded(contents(account_index, features, 340)))
    ratio = found.within / np.maximum(found.between, 1e-9)
    assert 0.6 < np.median(ratio[300:]) < 1.2
    assert np.median(ratio[:300]) > 3
    bits = memoryless_bits(found)
    assert (bits[300:] > 0).mean() > 0.9
    assert (bits[:300] < 0).mean() > 0.95


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_within_similarity_agrees_with_counting_pairs(seed: int) -> None:
    account_index, features = texts(seed, people=120, drawing=5, conversation_starts=6)
    held = contents(account_index, features, 125)
    found = similarities(coded(held))
    account = 3
    names, holders = np.unique(held.feature, return_counts=True)
    weight = dict(zip(names.tolist(), (np.log(125 / holders) ** 2).tolist(), strict=True))
    mine = [set(row.tolist()) for row in features[account_index == account]]
    # features may repeat within a text in this generator; counts do not tell, so compare on texts without repeats
    if any(len(words) < 16 for words in mine):
        return
    shared = sum(weight[w] for a in range(6) for b in range(6) if a != b for w in mine[a] & mine[b])
    mass = sum(weight[w] for words in mine for w in words)
    assert np.isclose(found.within[account], shared / (mass * 5))


def test_few_conversation_starts_say_nothing() -> None:
    account_index, features = texts(2, conversation_starts=3)
    found = similarities(coded(contents(account_index, features, 340)))
    assert (memoryless_bits(found) == 0).all()


def test_conversation_starts_are_bounded_and_evenly_spaced() -> None:
    account_index, features = texts(3, people=5, drawing=0, conversation_starts=100)
    held = contents(account_index, features, 5)
    assert (held.conversation_starts == CONVERSATION_STARTS).all()


def test_nearest_accounts_are_the_same_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillwatch.link.self_similarity.ACCOUNTS_AT_ONCE", 32)
    account_index, features = texts(4)
    held = contents(account_index, features, 340)
    one, three = (similarities(coded(held, threads), threads) for threads in (1, 3))
    assert np.array_equal(one.between, three.between)
    assert (one.between > 0).all()


@settings(max_examples=5)
@given(st.integers(0, 2**32))
def test_between_similarity_agrees_with_comparing_everybody(seed: int) -> None:
    """With fewer accounts than are posted and compared, the nearest accounts are simply the most similar others."""
    account_index, features = texts(seed, people=8, drawing=6, conversation_starts=5)
    found = similarities(coded(contents(account_index, features, 14)))
    count = [Counter(features[account_index == u].ravel().tolist()) for u in range(14)]
    weight = {w: np.log(14 / sum(w in one for one in count)) ** 2 for one in count for w in one}
    for u in range(14):
        mass = sum(weight[w] * n for w, n in count[u].items())
        similar = [
            sum(weight[w] * n * count[v][w] for w, n in count[u].items() if w in count[v]) / (mass * 5)
            for v in range(14)
            if v != u
        ]
        # an account met by none of the heaviest features may be missed: it is not among the most similar
        assert np.isclose(found.between[u], np.mean(sorted(similar)[-NEAREST:]), rtol=1e-6)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=300), st.integers(1, 12))
def test_features_have_the_codes_of_their_identifiers(features: list[int], bits: int) -> None:
    feature = np.array(features, np.uint32)
    identifiers, place = np.unique(feature, return_inverse=True)
    codes = np.arange(len(identifiers), dtype=np.int32)[::-1].copy()
    result = np.full(len(feature), -1, np.int32)
    _code(identifiers, _first_of(identifiers, bits), codes, feature, 1, len(feature), result)
    assert result.tolist() == [-1, *codes[place][1:]]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=50))
def test_codes_rise_as_fewer_hold_a_feature_and_all_held_once_are_one(holders: list[int]) -> None:
    codes, of_code = _by_popularity(np.array(holders, np.int64))
    assert of_code[codes].tolist() == holders
    assert (codes == 0).tolist() == [n == 1 for n in holders]
    assert (np.diff(of_code[1:]) <= 0).all()
    assert sorted(codes[codes > 0].tolist()) == list(range(1, len(of_code)))
