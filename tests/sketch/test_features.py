"""The weighted sample: consistent over texts, true to its weights, blind to order and repetition."""

from __future__ import annotations

import random

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.records.sketches import FEATURES
from stillwatch.sketch.features import exponential, make_sample, offer

Weighted = dict[int, int]


def sample(features: Weighted, order: list[int] | None = None) -> list[int]:
    made = make_sample()
    for code in order or list(features):
        offer(made, np.uint64(code), features[code])
    return [int(feature) for feature in made.features if feature]


def name(code: int) -> int:
    return max(code >> 32, 1)


def random_features(chance: np.random.Generator, count: int) -> npt.NDArray[np.uint64]:
    return chance.integers(2**32, 2**63, count, dtype=np.uint64)


def test_exponentials_have_mean_and_spread_one() -> None:
    codes = random_features(np.random.default_rng(1), 40_000)
    drawn = np.array([exponential(code) for code in codes])
    assert abs(drawn.mean() - 1) < 0.02
    assert abs(drawn.std() - 1) < 0.03


# distinct features, of which many arrive at the same time
codes = st.integers(1, 2**31).map(lambda number: number << 32 | number % 5)
weighted = st.dictionaries(codes, st.integers(1, 255), max_size=60)


@given(st.dictionaries(codes, st.integers(0, 255), max_size=60), st.randoms())
def test_order_and_repetition_change_nothing(features: Weighted, chance: random.Random) -> None:
    order = list(features) * 2
    chance.shuffle(order)
    assert sample(features, order) == sample(features)


@given(
    st.dictionaries(codes, st.integers(1, 255), max_size=60), st.dictionaries(codes, st.integers(1, 255), max_size=9)
)
def test_a_feature_stays_sampled_unless_a_newcomer_takes_its_place(before: Weighted, added: Weighted) -> None:
    both = {**added, **before}
    kept = set(sample(both))
    assert set(sample(before)) - kept == set() or len(kept) == FEATURES
    assert kept <= set(sample(before)) | {name(code) for code in added}


@given(st.dictionaries(codes, st.just(0), max_size=20))
def test_words_of_no_weight_are_never_sampled(features: Weighted) -> None:
    assert sample(features) == []


def test_first_arrivals_recover_weighted_jaccard() -> None:
    chance = np.random.default_rng(2)
    hits, expected = [], []
    for _ in range(1_500):
        every = random_features(chance, 30).tolist()
        weight = dict(zip(every, chance.integers(1, 256, 30).tolist(), strict=True))
        left, right = every[:20], every[8:]
        hits.append(sample({c: weight[c] for c in left})[0] == sample({c: weight[c] for c in right})[0])
        expected.append(sum(weight[c] for c in every[8:20]) / sum(weight.values()))
    assert abs(np.mean(hits) - np.mean(expected)) < 4 * np.sqrt(0.25 / len(hits))


def test_heavier_features_are_sampled_in_proportion() -> None:
    chance = np.random.default_rng(3)
    heavy = 0
    for _ in range(3_000):
        light_code, heavy_code = random_features(chance, 2).tolist()
        heavy += sample({light_code: 60, heavy_code: 180})[0] == name(heavy_code)
    assert abs(heavy / 3_000 - 0.75) < 4 * np.sqrt(0.75 * 0.25 / 3_000)
