"""Copying: who is copied, by whom, and when taking over is more than anybody could guess."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.link.copying import (
    GUESSED,
    REPEATERS,
    Copying,
    Repeats,
    acts_by_taking_over,
    are_copied,
    of_customers,
    repeated_texts,
    reworded_starts,
    sent_before,
)
from stillwatch.link.graph import Graph
from stillwatch.link.rewordings import Rewordings
from stillwatch.link.values import ATTRIBUTES
from stillwatch.records.definitions import DAY

CODE = {attribute.claim: code for code, attribute in enumerate(ATTRIBUTES)}
ACCOUNTS = 12
OWN = np.arange(ACCOUNTS)
NOBODY = np.zeros(ACCOUNTS, bool)


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
        np.arange(100, 100 + len(times)),
    )


def are_repeated(times: list[dict[int, int]], customer: np.ndarray) -> np.ndarray:
    return are_copied(repeated_texts(texts_sent(times), customer), customer, NOBODY)


def are_reworded(found: Rewordings, customer: np.ndarray) -> np.ndarray:
    return are_copied(reworded_starts(found, customer), customer, NOBODY)


def test_who_is_repeated_by_several_is_copied_and_who_shares_a_queue_is_not() -> None:
    copied = [{0: 1, 1 + n % 4: 2} for n in range(8)]
    assert np.flatnonzero(are_repeated(copied, OWN)).tolist() == [0]
    one_alone = [{0: 1, 1: 2} for _ in range(8)]
    assert not are_repeated(one_alone, OWN).any()
    queue = [{n % 6: 1, (n + step) % 6: 2} for n in range(6) for step in (1, 2, 3)]
    assert not are_repeated(queue, OWN).any()


def test_accounts_of_a_fleet_that_share_its_texts_are_copied_together() -> None:
    fleet = np.array([0, 0, 0, *range(3, ACCOUNTS)])
    copied = [{n % 3: 1, (n + 1) % 3: 2, 3 + n % 4: 3} for n in range(12)]
    assert np.flatnonzero(are_repeated(copied, fleet)).tolist() == [0, 1, 2]


def asked_again(*pairs: tuple[int, int]) -> Rewordings:
    """Rewordings of who asked and who asked again, each of starts of their own; every account has twenty."""
    left, right = (np.array([pair[place] for pair in pairs], np.int64) for place in range(2))
    asked = np.arange(len(pairs))
    count = np.full(ACCOUNTS, 20)
    return Rewordings(left, right, asked, np.empty((2, 0), np.int64), asked, asked + len(pairs), count)


def test_who_is_reworded_by_several_is_copied_and_who_shares_a_queue_is_not() -> None:
    copied = [(0, 1 + n % 4) for n in range(8)]
    assert np.flatnonzero(are_reworded(asked_again(*copied), OWN)).tolist() == [0]
    assert not are_reworded(asked_again(*[(0, 1) for _ in range(8)]), OWN).any()  # one alone
    assert not are_reworded(asked_again(*copied[:2]), OWN).any()  # hardly any
    assert not are_reworded(asked_again(*copied, *[(1 + n % 4, 0) for n in range(4)]), OWN)[0]
    queue = [(n % 6, (n + step) % 6) for n in range(6) for step in (1, 2, 3)]
    assert not are_reworded(asked_again(*queue), OWN).any()
    one_customer = np.array([0, 0, 0, 0, 0, *range(5, ACCOUNTS)])
    assert not are_reworded(asked_again(*copied), one_customer).any()


def test_a_customer_of_whose_accounts_most_are_copied_is_copied_whole() -> None:
    customer = np.array([0, 0, 0, 3, 4, 4, 4, 4, 8, 9, 10, 11])
    copied = np.isin(np.arange(ACCOUNTS), [0, 1, 4, 9])
    assert np.flatnonzero(of_customers(copied, customer)).tolist() == [0, 1, 2, 4, 9]


def test_texts_that_another_customer_sent_before_are_known_wherever_it_was() -> None:
    account, text = sent_before(texts_sent([{0: 1, 1: 2, 2: 3}, {3: 1, 4: 1}, {5: 2, 6: 1}]), OWN)
    assert list(zip(account.tolist(), text.tolist(), strict=True)) == [(1, 100), (2, 100), (5, 102)]
    firm = np.array([0, 0, *range(2, ACCOUNTS)])
    assert sent_before(texts_sent([{0: 1, 1: 2, 2: 3}]), firm)[0].tolist() == [2]


def counted(texts: int, first: list[int], later: list[int]) -> Repeats:
    """So many texts each, with how many others sent only after the account and how many it sent after others."""
    size = len(first)
    return Repeats(np.full(size, texts), np.array(first), np.array(later), np.empty((2, 0), np.int64))


@given(st.integers(2, 40), st.lists(st.tuples(st.floats(0, 1), st.floats(0, GUESSED)), min_size=2, max_size=8))
def test_no_guessing_makes_a_firm_act_whatever_is_copied(texts: int, shares: list[tuple[float, float]]) -> None:
    first, later = ([int(share[place] * texts) for share in shares] for place in (0, 1))
    firm = np.zeros(len(shares), np.int64)
    nothing = counted(0, [0] * len(shares), [0] * len(shares))
    for kinds in ((counted(texts, first, later), nothing), (nothing, counted(texts, first, later))):
        assert not acts_by_taking_over(kinds, firm).any()


def test_a_firm_that_is_guessed_as_often_as_repeated_is_copied_and_an_account_alone_is_in_a_queue() -> None:
    pairs = np.array([np.zeros(5, np.int64), np.arange(3, 8)])
    found = Repeats(np.full(8, 24), np.array([5, 5, 5, *[0] * 5]), np.array([5, 5, 5, *[0] * 5]), pairs)
    firm = np.array([0, 0, 0, *range(3, 8)])
    assert are_copied(found, firm, np.zeros(8, bool)).tolist() == [True] * 3 + [False] * 5
    assert not are_copied(found, firm, np.full(8, True)).any()
    assert not are_copied(found, np.arange(8), np.zeros(8, bool)).any()


@given(st.integers(10, 60), st.integers(0, 60))
def test_a_member_that_takes_over_more_than_a_guess_is_freed_by_no_decoy(texts: int, copies: int) -> None:
    kinds = (counted(texts, [copies], [texts // 2 + 2]), counted(0, [0], [0]))
    assert acts_by_taking_over(kinds, np.zeros(1, np.int64)).all()


def test_an_account_alone_acts_as_one_of_a_queue_and_not_as_a_source() -> None:
    own = np.arange(4)
    found = counted(24, [0, 2, 5, 11], [1, 1, 3, 4])
    assert acts_by_taking_over((found,), own).tolist() == [True, True, True, False]


@given(st.integers(0, ACCOUNTS - 2))
def test_few_decoys_copy_nobody_out_of_a_network(decoys: int) -> None:
    copied = np.arange(ACCOUNTS) == 0
    copying = Copying(copied, copied, np.arange(1, 1 + decoys))
    inside = copying.inside(np.arange(ACCOUNTS, dtype=np.int32), OWN)
    assert inside[0] == (decoys >= max(REPEATERS, (ACCOUNTS - 1) / 4))
    assert not inside[1:].any()


@pytest.mark.parametrize("members", [[0, 1, 2, 3], [5, 6]])
def test_only_repeaters_inside_count(members: list[int]) -> None:
    copying = Copying(np.full(ACCOUNTS, True), np.full(ACCOUNTS, True), np.arange(4, ACCOUNTS))
    assert not copying.inside(np.array(members, np.int32), OWN).any()
