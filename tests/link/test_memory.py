"""Memory: people resemble themselves, draws from a pool resemble each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.link.memory import OPENINGS, contents, memory
from stillwatch.link.persons import memoryless_bits


def texts(seed: int, people: int = 300, drawing: int = 40, openings: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Features of people with words of their own, and of accounts (the last ones) that draw from one pool."""
    generator = np.random.default_rng(seed)
    position, features = [], []
    for account in range(people + drawing):
        for _ in range(openings):
            common = generator.zipf(1.3, 6) % 20_000
            if account < people:
                own = 1_000_000 + account * 50 + generator.integers(0, 25, 10)
            else:
                own = 9_000_000 + generator.integers(0, 1500, 10)
            position.append(account)
            features.append(np.concatenate([common, own]) + 1)
    return np.array(position, np.int32), np.array(features, np.uint32)


def test_ratio_is_one_for_a_pool_and_large_for_people() -> None:
    position, features = texts(1)
    found = memory(contents(position, np.ones(len(position), bool), features, 340))
    ratio = found.within / np.maximum(found.between, 1e-9)
    assert 0.6 < np.median(ratio[300:]) < 1.2
    assert np.median(ratio[:300]) > 3
    bits = memoryless_bits(found)
    assert (bits[300:] > 0).mean() > 0.9
    assert (bits[:300] < 0).mean() > 0.95


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32))
def test_within_similarity_agrees_with_counting_pairs(seed: int) -> None:
    position, features = texts(seed, people=120, drawing=5, openings=6)
    held = contents(position, np.ones(len(position), bool), features, 125)
    found = memory(held)
    account = 3
    names, holders = np.unique(held.feature, return_counts=True)
    weight = dict(zip(names.tolist(), (np.log(125 / holders) ** 2).tolist(), strict=True))
    mine = [set(row.tolist()) for row in features[position == account]]
    # features may repeat within a text in this generator; counts do not tell, so compare on texts without repeats
    if any(len(words) < 16 for words in mine):
        return
    shared = sum(weight[w] for a in range(6) for b in range(6) if a != b for w in mine[a] & mine[b])
    mass = sum(weight[w] for words in mine for w in words)
    assert np.isclose(found.within[account], shared / (mass * 5))


def test_few_openings_say_nothing() -> None:
    position, features = texts(2, openings=3)
    found = memory(contents(position, np.ones(len(position), bool), features, 340))
    assert (memoryless_bits(found) == 0).all()


def test_openings_are_bounded_and_spread() -> None:
    position, features = texts(3, people=5, drawing=0, openings=100)
    held = contents(position, np.ones(len(position), bool), features, 5)
    assert (held.openings == OPENINGS).all()
