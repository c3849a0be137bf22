"""Groups of handovers: cuts that go one way or hang on one account are found, and one queue is not cut."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

from stillwatch.link.handover_groups import (
    binary_entropy,
    levels,
    one_way_cut,
    parted,
    sparse_cut,
    swept,
    two_blocks_bits,
)


def graph_of(left: np.ndarray, right: np.ndarray, size: int) -> csr_array:
    return csr_array(coo_array((np.ones(len(left)), (left, right)), shape=(size, size)))


def test_levels_of_a_chain_count_its_steps() -> None:
    left = np.arange(5)
    assert levels(graph_of(left, left + 1, 6)) == pytest.approx(np.arange(6), abs=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_one_queue_is_not_cut_however_few_or_many_handovers_it_makes(seed: int) -> None:
    generator = np.random.default_rng(seed)
    for handovers in (70, 150, 1000):
        pairs = np.unique(generator.integers(0, 60, (2, handovers)), axis=1)
        pairs = pairs[:, pairs[0] != pairs[1]]
        assert one_way_cut(graph_of(pairs[0], pairs[1], 60)) is None
        assert sparse_cut(graph_of(pairs[0], pairs[1], 60), 0.0, csr_array((60, 60))) is None


def test_a_crew_above_those_whom_it_repeats_is_cut_off() -> None:
    generator = np.random.default_rng(1)
    inside = [generator.integers(low, high, (2, 200)) for low, high in ((0, 30), (30, 90))]
    above = np.stack([generator.integers(0, 30, 400), generator.integers(30, 90, 400)])
    pairs = np.unique(np.concatenate([*inside, above], axis=1), axis=1)
    label = parted(pairs[0], pairs[1], 90, 0.0)
    assert len(set(label[:30].tolist())) == 1
    assert (label[30:] != label[0]).mean() > 0.95


def queue(generator: np.random.Generator, low: int, high: int, handovers: int) -> np.ndarray:
    """Handovers among the accounts from `low` to before `high`: first a chain that joins all, then any two."""
    order = generator.permutation(np.arange(low, high))
    more = generator.integers(low, high, (2, max(handovers - len(order) + 1, 0)))
    return np.concatenate([np.stack([order[:-1], order[1:]]), more[:, more[0] != more[1]]], axis=1)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("handovers", [127, 132, 160])
def test_a_queue_of_a_handover_an_account_hangs_by_one_link_everywhere_and_is_whole(seed: int, handovers: int) -> None:
    pairs = np.unique(queue(np.random.default_rng(seed), 0, 127, handovers), axis=1)
    assert len(set(parted(pairs[0], pairs[1], 127, 1e-8).tolist())) == 1


@pytest.mark.parametrize("seed", range(4))
def test_two_queues_that_met_once_are_two_also_when_one_of_them_is_sparse(seed: int) -> None:
    generator = np.random.default_rng(seed)
    for size, handovers in ((250, 2000), (60, 110)):
        met = np.array([[3], [size + 5]])
        pairs = [queue(generator, 0, size, handovers), queue(generator, size, size + 49, 75), met]
        left, right = np.unique(np.concatenate(pairs, axis=1), axis=1)
        label = parted(left, right, size + 49, 1e-8)
        assert (label[:size] == label[0]).mean() > 0.95
        assert (label[size:] == label[-1]).mean() > 0.95
        assert label[0] != label[-1]


def test_a_sweep_cuts_where_fewest_links_cross_and_not_at_zero() -> None:
    left = np.array([0, 0, 1, 2, 3, 3, 4, 5, 5])
    right = np.array([1, 2, 2, 3, 4, 5, 5, 6, 7])
    both = graph_of(np.concatenate([left, right]), np.concatenate([right, left]), 8)
    vector = np.array([9.0, 8.0, 7.0, 0.5, 0.4, 0.3, 0.2, 0.1])
    assert np.flatnonzero(swept(both, vector)).tolist() == [0, 1, 2]


def test_ends_of_links_in_two_equal_blocks_say_a_bit_a_link() -> None:
    assert two_blocks_bits(200.0, 200.0, 0) == pytest.approx(200.0)
    assert two_blocks_bits(200.0, 200.0, 200) == pytest.approx(0.0)
    assert two_blocks_bits(200.0, 0.0, 0) == pytest.approx(0.0)
    assert two_blocks_bits(400.0, 20.0, 1) < 0.3 * 210


def test_entropy_of_a_fair_coin_is_one_bit() -> None:
    assert binary_entropy(np.array([0.0, 0.5, 1.0])) == pytest.approx([0.0, 1.0, 0.0], abs=1e-9)


@pytest.mark.parametrize("spread", [0.5, 1.0, 1.5])
@pytest.mark.parametrize(("size", "handovers"), [(300, 6_000), (1_500, 60_000)])
def test_a_queue_is_whole_whose_accounts_differ_in_volume(spread: float, size: int, handovers: int) -> None:
    generator = np.random.default_rng(size)
    volume = generator.lognormal(0.0, spread, size)
    giving = generator.choice(size, handovers, p=volume / volume.sum())
    pairs = np.stack([giving, generator.integers(0, size, handovers)])
    pairs = np.unique(pairs[:, pairs[0] != pairs[1]], axis=1)
    assert one_way_cut(graph_of(pairs[0], pairs[1], size)) is None
    label = parted(pairs[0], pairs[1], size, 1e-8)
    assert (label == np.bincount(label).argmax()).mean() > 0.99
