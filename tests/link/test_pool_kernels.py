"""Kernels of content pools: they agree with the same sums over whole arrays, and what one account holds counts not."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.link.nearest_accounts import UNSHARED
from stillwatch.link.pool_kernels import alike, likest, occurrences

ACCOUNTS, CODES = 9, 12


def held(seed: int) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """How often each account holds each code, dense (accounts, codes), and the kernels' arrays of it with weights."""
    generator = np.random.default_rng(seed)
    dense = generator.poisson(0.7, (ACCOUNTS, CODES))
    account, code = np.nonzero(dense)
    start = np.searchsorted(account, np.arange(ACCOUNTS + 1))
    entries = (start.astype(np.int64), code.astype(np.int32), dense[account, code].astype(np.uint8))
    return dense.astype(np.float64), (*entries, generator.uniform(0.1, 3.0, CODES))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_alike_is_the_weighted_product_of_counts(seed: int) -> None:
    dense, (start, code, count, weight) = held(seed)
    members, scratch = np.array([0, 2, 3, 7], np.int32), np.zeros(CODES, np.int32)
    own, pool = alike(start, code, count, weight, members, scratch)
    shared = np.where(np.arange(CODES) == UNSHARED, 0.0, weight)
    part = dense[members]
    np.testing.assert_allclose(own, (part * (part - 1.0)) @ shared)
    np.testing.assert_allclose(pool, (part * (part.sum(axis=0) - part)) @ shared)
    assert not scratch.any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_likest_is_the_pool_of_the_largest_product(seed: int) -> None:
    dense, (start, code, count, weight) = held(seed)
    generator = np.random.default_rng(seed)
    pools = generator.uniform(0.0, 1.0, (CODES, 3)) * (generator.uniform(size=(CODES, 3)) < 0.6)
    pools[UNSHARED] = 0.0  # as pools are totalled
    code_of, pool = np.nonzero(pools)
    begin = np.searchsorted(code_of, np.arange(CODES + 1)).astype(np.int64)
    conversation_starts, level = generator.integers(2, 9, ACCOUNTS).astype(np.int32), np.array([0.5, 1.0, 2.0])
    accounts = np.array([1, 4, 5, 8], np.int32)
    columns = (begin, pool.astype(np.int32), pools[code_of, pool])
    best, own, similar = likest(start, code, count, weight, conversation_starts, accounts, *columns, level)
    n, part = conversation_starts[accounts].astype(np.float64), dense[accounts]
    product = (part * weight) @ pools / n[:, None]
    np.testing.assert_array_equal(best, np.argmax(product / level, axis=1))
    np.testing.assert_allclose(similar, product[np.arange(len(accounts)), best])
    shared = np.where(np.arange(CODES) == UNSHARED, 0.0, weight)
    np.testing.assert_allclose(own, (part * (part - 1.0)) @ shared / (n * (n - 1.0)))


def test_occurrences_are_sums_over_accounts() -> None:
    dense, (_, code, count, _) = held(1)
    np.testing.assert_allclose(occurrences(code, count, CODES), dense.sum(axis=0))
