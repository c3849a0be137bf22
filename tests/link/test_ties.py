"""Own ties: who takes a value up after others is tied by it, and who is copied is not, whatever others add."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.link.acceptance import Bicluster
from stillwatch.link.copying import Copying
from stillwatch.link.graph import Graph
from stillwatch.link.null_model import EnrichedValues
from stillwatch.link.ties import (
    EARLIER,
    UNKNOWN,
    Lives,
    Ties,
    _earlier,
    merely_copied,
    own_ties,
)
from stillwatch.link.values import ATTRIBUTES
from stillwatch.records.definitions import DAY

CODE = {attribute.claim: code for code, attribute in enumerate(ATTRIBUTES)}
ACCOUNTS = 12
BORN = np.full(ACCOUNTS, 5 * DAY)  # within the log, which begins at 0
NOBODY = np.zeros(ACCOUNTS, bool)
NONE = Copying(NOBODY, ~NOBODY, np.empty(0, np.int64))
SEEN = np.array([0, *range(6, 5 + ACCOUNTS)]) * DAY


def network(values: dict[str, dict[int, int]]) -> tuple[Graph, Bicluster]:
    """A graph and a network where each claim's one value is held by some accounts since a day each."""
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
    return graph, Bicluster(members, ones, np.ones(len(names)), 99.0, (), (), found, ())


def ties(values: dict[str, dict[int, int]], lives: Lives | None = None) -> Ties:
    """Own ties in such a network."""
    return own_ties(*network(values), lives or Lives(BORN, SEEN, np.arange(ACCOUNTS), NONE))


def copied_by_all(copied: list[int], customer: list[int], acting: bool = False) -> Lives:
    """Lives where every account repeats the customers of some."""
    of = np.array(customer)
    marked = np.isin(np.arange(ACCOUNTS), copied)
    repeaters = (np.unique(of[copied])[:, None] * ACCOUNTS + np.arange(ACCOUNTS)).reshape(-1)
    return Lives(BORN, SEEN, of, Copying(marked, np.full(ACCOUNTS, acting), repeaters))


def test_who_comes_after_others_is_tied_and_the_first_are_not() -> None:
    days = {account: 20 + account for account in range(1, 6)}
    found = ties({"same_device": days, "same_address": days, "same_opening_words": days})
    assert found.ways.tolist() == [0] * EARLIER + [2] * (5 - EARLIER)
    assert found.texts.tolist() == [False] * EARLIER + [True] * (5 - EARLIER)


def test_what_may_be_older_than_the_log_ties_nobody() -> None:
    days = {account: 6 + account for account in range(1, 6)}
    used_at_once = Lives(
        np.full(ACCOUNTS, -DAY), np.array([0, *range(7, 6 + ACCOUNTS)]) * DAY, np.arange(ACCOUNTS), NONE
    )
    assert not ties({"same_device": days}, used_at_once).ways.any()
    assert not ties({"same_device": days}, replace(used_at_once, created_at=np.full(ACCOUNTS, UNKNOWN))).ways.any()
    # taken up later in the log, by an account that was seen in it without, it does
    late = {**days, 5: 20}
    assert ties({"same_device": late}, used_at_once).ways.tolist() == [0, 0, 0, 0, 1]


def test_what_is_stated_is_as_old_as_the_account() -> None:
    created = np.arange(ACCOUNTS) * DAY
    alike = dict.fromkeys(range(1, 6), 30)
    assert ties({"same_payment_issuer": alike}, Lives(created, SEEN, np.arange(ACCOUNTS), NONE)).ways.tolist() == [
        0,
        0,
        1,
        1,
        1,
    ]
    unknown = np.full(ACCOUNTS, UNKNOWN)
    assert not ties({"same_payment_issuer": alike}, Lives(unknown, SEEN, np.arange(ACCOUNTS), NONE)).ways.any()


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


def test_what_the_own_customer_shares_ties_no_account_that_is_copied() -> None:
    days = {account: 20 + account for account in range(1, 9)}
    firm = copied_by_all(list(range(ACCOUNTS)), [0, 1, 2, 3, 4, 4, 4, 7, 8, 9, 10, 11])
    held = {"same_device": days, "same_opening_words": days, "asks_from_one_pool": days}
    assert ties(held, firm).ways.tolist() == [0, 0, 1, 0, 0, 0, 1, 1]
    assert not ties(held, firm).texts.any()
    # an account that has the value too, in the network or not, is still of the same customer
    outside = copied_by_all(list(range(ACCOUNTS)), [0, 1, 2, 3, 4, 4, 4, 7, 4, 9, 10, 11])
    assert ties(held, outside).ways.tolist() == [0, 0, 1, 0, 0, 0, 1, 0]


@pytest.mark.parametrize("acting", [True, False])
def test_requests_taken_over_tie_those_whose_taking_over_proves_an_act(acting: bool) -> None:
    lives = copied_by_all([1, 2], list(range(ACCOUNTS)), acting)
    assert ties({"takes_over_requests_of": dict.fromkeys(range(1, 6), 30)}, lives).texts.tolist() == [acting] * 5


def test_who_is_merely_copied_is_told_from_members_that_are_copied_as_well() -> None:
    days = {account: 20 + account for account in range(1, 9)}
    lives = copied_by_all([1, 2, 7], list(range(ACCOUNTS)))
    # the first two were there before others were like them; the seventh took up in software what others had
    assert merely_copied(*network({"same_device": days}), lives).tolist() == [True, True, *[False] * 6]
    assert not merely_copied(*network({"same_device": days}), Lives(BORN, SEEN, np.arange(ACCOUNTS), NONE)).any()
