"""Requests that another account had sent before are marked, and the manners counted in which they were taken over."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.group.exchanges import Exchanges
from stillwatch.group.taken_over import MANNER, manners_of_taking_over, taken_and_given, taken_over
from tests.group.worlds import exchanges

ROWS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=30)
"""Account, time and text (0 for none) of some exchanges."""


def sent(rows: list[tuple[int, int, int]]) -> Exchanges:
    """The exchanges of these rows, sorted as all are."""
    found = exchanges(1, accounts=len(rows), each=1)
    rows = sorted(rows)
    found.account_index[:] = [row[0] for row in rows]
    found.started_at[:] = [row[1] for row in rows]
    found.values["payload"][:] = [row[2] for row in rows]
    return found


@given(ROWS)
def test_what_another_account_sent_before_is_taken_over(rows: list[tuple[int, int, int]]) -> None:
    group = sent(rows)
    found = taken_over(group)
    for place, (account, at, text) in enumerate(sorted(rows)):
        same = [(when, who) for who, when, what in rows if what == text and text]
        first = min(same, default=(at, account))
        assert found[place] == (first[1] != account and first[0] < at)


@given(ROWS)
def test_what_is_given_away_was_sent_first_and_by_others_later(rows: list[tuple[int, int, int]]) -> None:
    group = sent(rows)
    taken, found = taken_and_given(group)
    assert taken.tolist() == taken_over(group).tolist()
    assert not (found & taken).any()
    for place, (account, at, text) in enumerate(sorted(rows)):
        later = [row for row, other in zip(sorted(rows), taken, strict=True) if other and row[2] == text]
        mine = min((when, who) for who, when, what in rows if what == text) if text else (at, -1)
        assert found[place] == (bool(later) and mine[1] == account)


def test_manners_count_in_which_an_account_sends_nothing_else() -> None:
    # account 0 sends texts 1 to 4 first; account 1 takes them over in three manners, one of which it also works in
    group = sent(
        [*((0, text, text) for text in (1, 2, 3, 4)), *((1, text + 4, text) for text in (1, 2, 3, 4)), (1, 9, 9)]
    )
    for name in MANNER:
        group.values[name][:] = 1
    group.values["instructions"][4:] = [11, 12, 13, 13, 11]
    served = np.array([True] * 8 + [False])
    assert manners_of_taking_over(group, served, taken_over(group)).tolist() == [0, 2]
    group.values["user_agent"][7] = 2
    assert manners_of_taking_over(group, served, taken_over(group)).tolist() == [0, 3]
    assert manners_of_taking_over(group, ~served, taken_over(group)).tolist() == [0, 0]
