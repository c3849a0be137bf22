"""Communities: planted blocks come back, one block stays whole, and runs repeat."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from stillwatch.link.communities import communities


def blocks(seed: int, sizes: tuple[int, ...], inside: float, across: float) -> tuple[csr_array, np.ndarray]:
    """A symmetric graph in which two nodes are joined more often inside a block, and the block of each node."""
    generator = np.random.default_rng(seed)
    block = generator.permutation(np.repeat(np.arange(len(sizes)), sizes))
    joined = generator.random((len(block), len(block))) < np.where(block[:, None] == block, inside, across)
    upper = np.triu(joined, 1).astype(float)
    return csr_array(upper + upper.T), block


@settings(max_examples=15)
@given(st.integers(0, 2**32))
def test_planted_blocks_are_found_again(seed: int) -> None:
    graph, block = blocks(seed, (40, 25, 60), 0.4, 0.01)
    label = communities(graph, 1.0)
    pairs = set(zip(block.tolist(), label.tolist(), strict=True))
    assert len(pairs) == len(set(block.tolist())) == label.max() + 1


def test_a_higher_resolution_parts_more() -> None:
    graph, _ = blocks(1, (40, 40, 40), 0.4, 0.05)
    found = [int(communities(graph, resolution).max()) + 1 for resolution in (0.05, 1.0, 20.0)]
    assert found[0] == 1
    assert found[1] == 3
    assert found[2] > 3


def test_nodes_without_links_stay_alone() -> None:
    assert communities(csr_array((3, 3)), 1.0).tolist() == [0, 1, 2]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_move_of_one_node_raises_the_modularity(seed: int) -> None:
    """Agreement with the definition, a sum over pairs of one community of link - degree * degree / total."""
    graph, _ = blocks(seed, (15, 15), 0.6, 0.1)
    label = communities(graph, 1.0)
    links = graph.toarray()
    degree = links.sum(axis=1)
    gain = links - np.outer(degree, degree) / degree.sum()
    np.fill_diagonal(gain, 0.0)
    to = np.stack([gain[:, label == one].sum(axis=1) for one in range(label.max() + 1)], axis=1)
    assert (to.max(axis=1) <= to[np.arange(len(label)), label] + 1e-9).all()
