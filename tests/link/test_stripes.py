"""Threads find what one would, in the same order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from stillwatch.link import chunks as module
from stillwatch.link.biclusters import Alone, Kit, find_kits
from stillwatch.link.chunks import Stripes
from stillwatch.link.graph import Graph
from stillwatch.link.null_model import background
from stillwatch.link.rates import adopters
from tests.link.planted import planted


@pytest.mark.parametrize("accounts", [0, 1, 5, 1_000])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_stripes_are_all_accounts_in_order(accounts: int, threads: int) -> None:
    found = Stripes(accounts, threads).each(lambda first, last: list(range(first, last)), module.LITTLE)
    assert list(itertools.chain(*found)) == list(range(accounts))
    assert len(found) == (1 if threads == 1 else module.STRIPES * threads)


def test_of_little_nobody_else_is_asked() -> None:
    assert Stripes(10, 2).each(lambda *stripe: stripe, module.LITTLE - 1) == [(0, 10)]


def kits_of(graph: Graph, threads: int) -> list[Kit]:
    everybody = np.arange(graph.accounts, dtype=np.int32)
    null = background(graph, adopters(graph, everybody), np.zeros_like(everybody), threads)
    nobody = np.zeros(graph.accounts, np.int32)
    return find_kits(graph, null, Alone(nobody.astype(float), nobody), 8, 10.0)


def test_two_threads_find_the_same_kits_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LITTLE", 0)
    graph, members = planted(np.random.default_rng(5))
    alone, together = kits_of(graph, 1), kits_of(graph, 2)
    assert len(alone) == len(together) > 0
    for one, other in zip(alone, together, strict=True):
        assert one.members.tolist() == other.members.tolist()
        assert one.member_bits.tolist() == other.member_bits.tolist()
        assert one.value_bits.tolist() == other.value_bits.tolist()
    assert np.isin(members, np.concatenate([kit.members for kit in together])).mean() > 0.9
