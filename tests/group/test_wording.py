"""Counting by hashing agrees with counting by sorting."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.group import feature_counts as wording
from stillwatch.group.exchanges import spans
from stillwatch.group.loading import ROWS, batches
from tests.group.worlds import exchanges


def rows(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Accounts (grouped, not ascending) and features of their rows, with absent ones and repeats."""
    generator = np.random.default_rng(seed)
    account = np.repeat(generator.permutation(count), generator.integers(0, 5, count)).astype(np.int32)
    wide = generator.integers(0, 2**32, (len(account), 4), dtype=np.uint64).astype(np.uint32)
    return account, np.where(generator.random(wide.shape) < 0.7, wide % 40, wide).astype(np.uint32)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 40))
def test_usage_counts_accounts_and_uses(seed: int, count: int) -> None:
    account, features = rows(seed, count)
    names, holders, uses = wording.usage(account, features)
    expected = {int(f) for f in features.ravel()} - {0}
    assert sorted(names.tolist()) == sorted(expected)
    for name, held, used in zip(names, holders, uses, strict=True):
        assert used == (features == name).sum()
        assert held == len(set(account[(features == name).any(axis=1)].tolist()))


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 40))
def test_occurrences_are_all_places_of_kept_features(seed: int, kept: int) -> None:
    _, features = rows(seed, 20)
    chosen = np.arange(1, kept + 1).astype(np.uint32)
    at, code = wording.occurrences(features, chosen)
    expected = [(i, int(f) - 1) for i, row in enumerate(features) for f in row if 0 < f <= kept]
    assert list(zip(at.tolist(), code.tolist(), strict=True)) == expected


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 40))
def test_what_words_say_is_summed_and_capped_by_row(seed: int, kept: int) -> None:
    _, features = rows(seed, 20)
    at, code = wording.occurrences(features, np.arange(1, kept + 1).astype(np.uint32))
    rest = wording.unkept(features, at)
    assert np.array_equal(rest + np.bincount(at, minlength=len(features)), (features != 0).sum(axis=1))
    nats = np.random.default_rng(seed).normal(0.0, 3.0, kept + 1)
    total = np.ones(len(features))
    wording.add_capped(total, at, code, rest, nats, 2.0)
    summed = wording.summed(at, code, nats, len(features)) + rest * nats[-1]
    assert np.allclose(total, 1.0 + np.clip(summed, -2.0, 2.0))
    weight = np.random.default_rng(seed).random(len(features))
    assert np.isclose(wording.weighted(rest, weight), (rest * weight).sum())


def _uses(account: np.ndarray, features: np.ndarray) -> np.ndarray:
    return np.bincount(account.astype(np.int64), weights=(features != 0).sum(axis=1), minlength=41)


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 40))
def test_pairs_are_the_distinct_ones_with_their_counts(seed: int, count: int) -> None:
    account, features = rows(seed, count)
    whose, code, uses, names = wording.pairs(account.astype(np.int64), features)
    cells = account.astype(np.uint64)[:, None] << np.uint64(32) | features
    _, expected = np.unique(cells[features != 0], return_counts=True)
    assert sorted(uses.tolist()) == sorted(expected.tolist())
    assert np.array_equal(np.bincount(whose, weights=uses, minlength=41), _uses(account, features))
    assert names == len(np.unique(features[features != 0]))
    assert np.array_equal(np.unique(code), np.arange(names))


def test_summed_is_a_weighted_count() -> None:
    generator = np.random.default_rng(3)
    into, taken = generator.integers(0, 9, 500).astype(np.int32), generator.integers(0, 50, 500).astype(np.int32)
    weight = generator.random(50)
    expected = np.bincount(into, weights=weight[taken], minlength=9)
    assert np.array_equal(wording.summed(into, taken, weight, 9), expected)


def test_uses_of_the_reference_are_counted_over_exchanges() -> None:
    group = exchanges(1, accounts=30)
    names = np.unique(group.features)[[5, 50, 500]]
    asked = np.sort(np.append(names, np.uint32(4_000_000_000)))
    assert group.uses(asked).tolist() == [int((group.features == name).sum()) for name in asked]
    assert group.uses(np.empty(0, np.uint32)).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 6)), max_size=20))
def test_spans_are_the_ranges_one_after_the_other(ranges: list[tuple[int, int]]) -> None:
    begin = np.array([a for a, _ in ranges], np.int64)
    end = begin + np.array([n for _, n in ranges], np.int64)
    expected = [i for a, n in ranges for i in range(a, a + n)]
    assert spans(begin, end).tolist() == expected


def test_exchanges_of_accounts_are_theirs_in_order() -> None:
    group = exchanges(2, accounts=12, each=7)
    chosen = group.of(np.array([1, 4, 30], np.int32))
    mine = np.isin(group.account_index, [1, 4])
    assert np.array_equal(chosen.started_at, group.started_at[mine])
    assert chosen.exchange_id.to_pylist() == group.take(mine).exchange_id.to_pylist()


@given(st.lists(st.integers(0, 2 * ROWS), max_size=12))
def test_batches_of_networks_are_all_of_them_in_order_and_no_larger_than_they_must(sizes: list[int]) -> None:
    found = batches(np.array(sizes, np.int64))
    assert [one for batch in found for one in batch] == list(range(len(sizes)))
    assert all(len(batch) == 1 or sum(sizes[one] for one in batch) <= ROWS for batch in found)
    joined = [sum(sizes[one] for one in before + after[:1]) for before, after in pairwise(found)]
    assert all(size > ROWS for size in joined)


@given(st.lists(st.integers(-3, 3) | st.integers(-(2**63), 2**63 - 1), max_size=80))
def test_numbers_count_up_in_order_of_first_use(values: list[int]) -> None:
    known: dict[int, int] = {}
    expected, found = [], 0
    for value in values:
        if value == 0 or value not in known:
            number, found = found, found + 1
            if value != 0:
                known[value] = number
        else:
            number = known[value]
        expected.append(number)
    assert wording.numbered(np.array(values, np.int64)).tolist() == expected


def test_many_features_outgrow_the_first_table() -> None:
    features = np.arange(1, 40_001, dtype=np.uint32).reshape(-1, 4)
    features = np.concatenate([features, features[::-1]])
    account_index = np.repeat(np.array([3, 5], np.int32), len(features) // 2)
    names, holders, uses = wording.usage(account_index, features)
    assert names.tolist() == list(range(1, 40_001))
    assert set(holders.tolist()) == set(uses.tolist()) == {2}


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 40), st.floats(0.5, 12.0))
def test_usage_of_what_is_used_often_is_the_same_without_the_rest(seed: int, count: int, least: float) -> None:
    account, features = rows(seed, count)
    often, all_of = (wording.usage(account, features, bound) for bound in (least, 1.0))
    kept = all_of[2] >= least
    for some, every in zip(often, all_of, strict=True):
        assert sorted(some.tolist()) == sorted(every[kept].tolist())
    order, expected = np.argsort(often[0]), np.argsort(all_of[0][kept])
    assert (often[1][order] == all_of[1][kept][expected]).all()


def test_pieces_are_all_rows_in_order() -> None:
    whole = exchanges(3, accounts=11, each=7)
    parts = list(whole.pieces(10))
    assert [len(part) for part in parts] == [10] * 7 + [7]
    assert (np.concatenate([part.features for part in parts]) == whole.features).all()
    assert [name for part in parts for name in part.exchange_id.to_pylist()] == whole.exchange_id.to_pylist()
