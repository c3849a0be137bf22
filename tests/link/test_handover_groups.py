"""Groups of handovers: cuts that go one way or hang on one account are found, and one queue is not cut."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

from stillwatch.link.handover_groups import binary_entropy, levels, one_way_cut, parted, sparse_cut


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
        assert sparse_cut(graph_of(pairs[0], pairs[1], 60), 0.0, csr_array((60, 60))) is None or handovers == 70


def test_a_crew_above_those_whom_it_repeats_is_cut_off() -> None:
    generator = np.random.default_rng(1)
    inside = [generator.integers(low, high, (2, 200)) for low, high in ((0, 30), (30, 90))]
    above = np.stack([generator.integers(0, 30, 400), generator.integers(30, 90, 400)])
    pairs = np.unique(np.concatenate([*inside, above], axis=1), axis=1)
    label = parted(pairs[0], pairs[1], 90, 0.0)
    assert len(set(label[:30].tolist())) == 1
    assert (label[30:] != label[0]).mean() > 0.95


def test_entropy_of_a_fair_coin_is_one_bit() -> None:
    assert binary_entropy(np.array([0.0, 0.5, 1.0])) == pytest.approx([0.0, 1.0, 0.0], abs=1e-9)
