"""Cutting merged biclusters: different operators come apart, one operator stays whole."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from stillwatch.link import split
from stillwatch.link.split import SMALLEST, blocks


def operators(seed: int, sizes: tuple[int, ...], values: int = 60, each: int = 12, touching: int = 0):
    """Edges of some operators, each dealing `each` values of its own to its accounts; `touching` edges are random."""
    generator = np.random.default_rng(seed)
    member, value = [], []
    begin = 0
    for number, size in enumerate(sizes):
        for account in range(begin, begin + size):
            value += list(number * values + generator.choice(values, each, replace=False))
            member += [account] * each
        begin += size
    member += list(generator.integers(0, begin, touching))
    value += list(generator.integers(0, values * len(sizes), touching))
    edges = np.unique(np.stack([member, value]), axis=1)
    return edges[0], edges[1], np.ones(edges.shape[1]), (begin, values * len(sizes))


@pytest.mark.parametrize("seed", range(5))
def test_one_operator_stays_whole(seed: int) -> None:
    (block,) = blocks(*operators(seed, (120,)))
    assert (block == np.arange(120)).all()


@pytest.mark.parametrize("seed", range(5))
def test_operators_that_one_seed_touched_come_apart(seed: int) -> None:
    found = blocks(*operators(seed, (80, 60), touching=20))
    assert [block.tolist() for block in found] == [list(range(80)), list(range(80, 140))]


def test_operators_without_any_common_value_come_apart_however_small() -> None:
    found = blocks(*operators(3, (5, 7, 40)))
    assert [len(block) for block in found] == [5, 7, 40]


def test_blocks_partition_the_members() -> None:
    found = blocks(*operators(4, (50, 50, 50), touching=200))
    assert sorted(np.concatenate(found).tolist()) == list(range(150))


def test_small_graphs_are_not_cut_for_being_uneven() -> None:
    size = SMALLEST - 1
    found = blocks(*operators(5, (size,), values=200, each=8, touching=4 * size))
    assert max(len(block) for block in found) >= size - 2


def test_order_of_edges_changes_nothing() -> None:
    member, value, weight, shape = operators(6, (80, 60), touching=20)
    order = np.random.default_rng(6).permutation(len(member))
    found = blocks(member, value, weight, shape)
    shuffled = blocks(member[order], value[order], weight[order], shape)
    assert len(found) and all(len(one) for one in found)
    for one, other in zip(found, shuffled, strict=True):
        assert (one == other).all()


def even_operators() -> csr_array:
    """Five operators of five accounts that touch a sixth of 28 by one value, all alike: four cuts are equally good."""
    table = np.zeros((53, 81))
    table[:25, :50] = np.kron(np.eye(5), np.ones((5, 10)))
    table[25:, 50:80] = np.random.default_rng(3).random((28, 30)) < 0.5
    table[:25, 80], table[25:, 80] = 0.3, 3.0
    return csr_array(table)


def test_of_equally_good_cuts_the_same_is_made_in_every_call() -> None:
    sides = [split._side(even_operators(), 0.0) for _ in range(20)]
    assert all((side == sides[0]).all() for side in sides)


def test_of_equally_good_cuts_none_goes_through_an_operator() -> None:
    side = split._side(even_operators(), 0.0)
    operators = np.concatenate([np.repeat(np.arange(5), 5), np.full(28, 5)])
    assert len(set(zip(operators.tolist(), side.tolist(), strict=True))) == 6


def test_members_who_are_all_alike_have_no_second_side() -> None:
    assert not split._side(csr_array(np.ones((30, 9))), 0.0).any()


@pytest.mark.parametrize("shape", [(60, 200), (200, 60)])
def test_dense_and_iterated_vectors_agree(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(8)
    halves = [generator.integers(0, 2, size) for size in shape]
    part = csr_array((generator.random(shape) < np.where(halves[0][:, None] == halves[1], 0.5, 0.1)).astype(float))
    dense = split._side(part, 0.0)
    monkeypatch.setattr(split, "DENSE", 0)
    assert 0 < dense.sum() < shape[0]
    assert (split._side(part, 0.0) == dense).all()


@pytest.mark.parametrize("seed", range(3))
def test_many_merged_operators_come_apart_by_rough_vectors(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "LARGE", 2 * SMALLEST)
    sizes = tuple(30 + 3 * number for number in range(24))
    found = blocks(*operators(seed, sizes, touching=240))
    ends = np.cumsum(sizes)
    expected = [list(range(end - size, end)) for end, size in zip(ends, sizes, strict=True)]
    assert [block.tolist() for block in found] == expected


def test_one_large_operator_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "LARGE", 100)
    (block,) = blocks(*operators(1, (400,)))
    assert len(block) == 400
