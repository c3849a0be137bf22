"""Several threads find what one thread finds, in the same order."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from stillwatch.link import chunks as module
from stillwatch.link.biclusters import AccountPrior, Bicluster, find_biclusters
from stillwatch.link.chunks import Chunks
from stillwatch.link.graph import Graph
from stillwatch.link.null_model import fit_null_model
from stillwatch.link.rates import adopters
from tests.link.planted import planted


@pytest.mark.parametrize("accounts", [0, 1, 5, 1_000])
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_chunks_are_all_accounts_in_order(accounts: int, threads: int) -> None:
    found = Chunks(accounts, threads).each(lambda first, last: list(range(first, last)), module.SMALL_WORK)
    assert list(itertools.chain(*found)) == list(range(accounts))
    assert len(found) == (1 if threads == 1 else module.CHUNKS_A_THREAD * threads)


def test_of_little_nobody_else_is_asked() -> None:
    assert Chunks(10, 2).each(lambda *chunk: chunk, module.SMALL_WORK - 1) == [(0, 10)]


def biclusters_of(graph: Graph, threads: int) -> list[Bicluster]:
    everybody = np.arange(graph.accounts, dtype=np.int32)
    null = fit_null_model(graph, adopters(graph, everybody), np.zeros_like(everybody), threads)
    nobody = np.zeros(graph.accounts, np.int32)
    return find_biclusters(graph, null, AccountPrior(nobody.astype(float), nobody), 8, 10.0)


def test_two_threads_find_the_same_biclusters_to_the_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SMALL_WORK", 0)
    graph, members = planted(np.random.default_rng(5))
    account_prior, together = biclusters_of(graph, 1), biclusters_of(graph, 2)
    assert len(account_prior) == len(together) > 0
    for one, other in zip(account_prior, together, strict=True):
        assert one.members.tolist() == other.members.tolist()
        assert one.member_bits.tolist() == other.member_bits.tolist()
        assert one.value_bits.tolist() == other.value_bits.tolist()
    assert np.isin(members, np.concatenate([bicluster.members for bicluster in together])).mean() > 0.9
