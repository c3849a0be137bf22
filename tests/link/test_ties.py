"""Own ties: who takes a value up after others is tied by it, and who is copied is not, whatever others add."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.link.acceptance import Bicluster
from stillwatch.link.graph import Graph
from stillwatch.link.null_model import EnrichedValues
from stillwatch.link.rewordings import Rewordings
from stillwatch.link.ties import (
    EARLIER,
    UNKNOWN,
    Lives,
    Ties,
    _earlier,
    are_copied,
    are_reworded,
    of_customers,
    own_ties,
)
from stillwatch.link.values import ATTRIBUTES
from stillwatch.records.definitions import DAY

CODE = {attribute.claim: code for code, attribute in enumerate(ATTRIBUTES)}
ACCOUNTS = 12
BORN = np.full(ACCOUNTS, 5 * DAY)  # within the log, which begins at 0
NOBODY = np.zeros(ACCOUNTS, bool)
SEEN = np.array([0, *range(6, 5 + ACCOUNTS)]) * DAY


def ties(values: dict[str, dict[int, int]], lives: Lives | None = None) -> Ties:
    """Own ties where each claim's one value is held by some accounts since a day each."""
    names = sorted(values, key=CODE.__getitem__)
    holders = [sorted(values[name]) for name in names]
    start = np.cumsum([0, *map(len, holders)])
    graph = Graph(
        ACCOUNTS,
        start.astype(np.int64),
        np.array([one for group in holders for one in group], np.int32),
        np.array(
            [values[name][one] * DAY for name, group in zip(names, holders, strict=True) for one in group], np.int64
        ),
        np.zeros(ACCOUNTS + 1, np.int64),
        np.empty(0, np.int32),
        np.array([CODE[name] for name in names], np.int8),
        np.ones((len(ATTRIBUTES), ACCOUNTS), np.int32),
        np.zeros(len(names), np.int64),
    )
    members = np.unique(np.concatenate(holders)).astype(np.int32)
    found = EnrichedValues(
        np.arange(len(names), dtype=np.int32),
        np.array([len(group) for group in holders], np.int32),
        np.full(len(names), 0.01),
        np.ones(len(names)),
        np.ones((len(names), 1)),
    )
    ones = np.ones(len(members))
    bicluster = Bicluster(members, ones, np.ones(len(names)), 99.0, (), (), found, ())
    return own_ties(graph, bicluster, lives or Lives(BORN, SEEN, np.arange(ACCOUNTS), NOBODY))


def test_who_comes_after_others_is_tied_and_the_first_are_not() -> None:
    days = {account: 20 + account for account in range(1, 6)}
    found = ties({"same_device": days, "same_address": days, "same_opening_words": days})
    assert found.ways.tolist() == [0] * EARLIER + [2] * (5 - EARLIER)
    assert found.texts.tolist() == [False] * EARLIER + [True] * (5 - EARLIER)


def test_what_may_be_older_than_the_log_ties_nobody() -> None:
    days = {account: 6 + account for account in range(1, 6)}
    used_at_once = Lives(
        np.full(ACCOUNTS, -DAY), np.array([0, *range(7, 6 + ACCOUNTS)]) * DAY, np.arange(ACCOUNTS), NOBODY
    )
    assert not ties({"same_device": days}, used_at_once).ways.any()
    assert not ties({"same_device": days}, replace(used_at_once, created_at=np.full(ACCOUNTS, UNKNOWN))).ways.any()
    # taken up later in the log, by an account that was seen in it without, it does
    late = {**days, 5: 20}
    assert ties({"same_device": late}, used_at_once).ways.tolist() == [0, 0, 0, 0, 1]


def test_what_is_stated_is_as_old_as_the_account() -> None:
    created = np.arange(ACCOUNTS) * DAY
    alike = dict.fromkeys(range(1, 6), 30)
    assert ties({"same_payment_issuer": alike}, Lives(created, SEEN, np.arange(ACCOUNTS), NOBODY)).ways.tolist() == [
        0,
        0,
        1,
        1,
        1,
    ]
    unknown = np.full(ACCOUNTS, UNKNOWN)
    assert not ties({"same_payment_issuer": alike}, Lives(unknown, SEEN, np.arange(ACCOUNTS), NOBODY)).ways.any()


@given(
    st.dictionaries(st.integers(1, 5), st.integers(6, 40), min_size=3),
    st.dictionaries(st.integers(6, ACCOUNTS - 1), st.integers(41, 80), min_size=1),
    st.sampled_from(["same_device", "same_address", "same_opening_words"]),
)
def test_who_copies_later_adds_nothing_to_those_copied(
    days: dict[int, int], copies: dict[int, int], claim: str
) -> None:
    alone, copied = ties({claim: days}), ties({claim: {**days, **copies}})
    assert copied.ways[: len(days)].tolist() == alone.ways.tolist()
    assert copied.texts[: len(days)].tolist() == alone.texts.tolist()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6)), max_size=30))
def test_earlier_agrees_with_counting(rows: list[tuple[int, int]]) -> None:
    value, at = (np.array([row[place] for row in rows], np.int64) for place in range(2))
    expected = [sum(other == one and before < when for other, before in rows) for one, when in rows]
    assert _earlier(value, at).tolist() == expected


@pytest.mark.parametrize("claim", ["takes_over_requests_of", "asks_from_one_pool"])
def test_an_act_of_the_holder_ties_without_an_order(claim: str) -> None:
    found = ties({claim: dict.fromkeys(range(1, 6), 30)})
    assert found.texts.all()
    assert not found.ways.any()


def texts_sent(times: list[dict[int, int]]) -> Graph:
    """A graph of texts alone: who sent each, and on which day first."""
    holders = [sorted(text) for text in times]
    return Graph(
        ACCOUNTS,
        np.cumsum([0, *map(len, holders)]).astype(np.int64),
        np.array([one for group in holders for one in group], np.int32),
        np.array([text[one] * DAY for text, group in zip(times, holders, strict=True) for one in group], np.int64),
        np.zeros(ACCOUNTS + 1, np.int64),
        np.empty(0, np.int32),
        np.full(len(times), CODE["same_payload"], np.int8),
        np.full((len(ATTRIBUTES), ACCOUNTS), 10, np.int32),
        np.zeros(len(times), np.int64),
    )


def test_who_is_repeated_by_several_is_copied_and_who_shares_a_queue_is_not() -> None:
    own = np.arange(ACCOUNTS)
    copied = [{0: 1, 1 + n % 4: 2} for n in range(8)]
    assert np.flatnonzero(are_copied(texts_sent(copied), own)).tolist() == [0]
    one_alone = [{0: 1, 1: 2} for _ in range(8)]
    assert not are_copied(texts_sent(one_alone), own).any()
    queue = [{n % 6: 1, (n + step) % 6: 2} for n in range(6) for step in (1, 2, 3)]
    assert not are_copied(texts_sent(queue), own).any()


def test_accounts_of_a_fleet_that_share_its_texts_are_copied_together() -> None:
    fleet = np.array([0, 0, 0, *range(3, ACCOUNTS)])
    copied = [{n % 3: 1, (n + 1) % 3: 2, 3 + n % 4: 3} for n in range(12)]
    assert np.flatnonzero(are_copied(texts_sent(copied), fleet)).tolist() == [0, 1, 2]


def asked_again(*pairs: tuple[int, int]) -> Rewordings:
    """Rewordings of who asked and who asked again, each of starts of their own; every account has twenty."""
    left, right = (np.array([pair[place] for pair in pairs], np.int64) for place in range(2))
    asked = np.arange(len(pairs))
    count = np.full(ACCOUNTS, 20)
    return Rewordings(left, right, asked, np.empty((2, 0), np.int64), asked, asked + len(pairs), count)


def test_who_is_reworded_by_several_is_copied_and_who_shares_a_queue_is_not() -> None:
    own = np.arange(ACCOUNTS)
    copied = [(0, 1 + n % 4) for n in range(8)]
    assert np.flatnonzero(are_reworded(asked_again(*copied), own)).tolist() == [0]
    assert not are_reworded(asked_again(*[(0, 1) for _ in range(8)]), own).any()  # one alone
    assert not are_reworded(asked_again(*copied[:2]), own).any()  # hardly any
    assert not are_reworded(asked_again(*copied, *[(1 + n % 4, 0) for n in range(4)]), own)[0]
    queue = [(n % 6, (n + step) % 6) for n in range(6) for step in (1, 2, 3)]
    assert not are_reworded(asked_again(*queue), own).any()
    one_customer = np.array([0, 0, 0, 0, 0, *range(5, ACCOUNTS)])
    assert not are_reworded(asked_again(*copied), one_customer).any()


def test_a_customer_of_whose_accounts_most_are_copied_is_copied_whole() -> None:
    customer = np.array([0, 0, 0, 3, 4, 4, 4, 4, 8, 9, 10, 11])
    copied = np.isin(np.arange(ACCOUNTS), [0, 1, 4, 9])
    assert np.flatnonzero(of_customers(copied, customer)).tolist() == [0, 1, 2, 4, 9]


def test_what_the_own_customer_shares_ties_no_account_that_is_copied() -> None:
    days = {account: 20 + account for account in range(1, 9)}
    firm = Lives(BORN, SEEN, np.array([0, 1, 2, 3, 4, 4, 4, 7, 8, 9, 10, 11]), ~NOBODY)
    found = ties({"same_device": days, "same_opening_words": days, "asks_from_one_pool": days}, firm)
    assert found.ways.tolist() == [0, 0, 1, 0, 0, 0, 1, 1]
    assert not found.texts.any()
