"""Rewordings: what accounts ask again in other words within the hour is found, and only the later one acts."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.link.conversation_starts import ConversationStarts
from stillwatch.link.rewordings import HOLDERS, find_rewordings
from stillwatch.records.definitions import DAY, HOUR, MINUTE

ACCOUNTS = 40


def words(item: int, own: int) -> list[int]:
    """16 features: ten that name the item, six of the account's own words."""
    return [1000 * item + k + 1 for k in range(10)] + [1_000_000 + 100 * own + k for k in range(6)]


def found(*starts: tuple[int, list[int], int], old: frozenset[int] = frozenset()):
    """The rewordings among starts of account, features and time (µs); `old` accounts had all their features before."""
    rows = sorted(starts, key=lambda start: (start[0], start[2]))
    return find_rewordings(
        ConversationStarts(
            np.array([row[0] for row in rows], np.int32),
            np.array([row[2] for row in rows], np.int64),
            np.array([row[1] + [0] * (16 - len(row[1])) for row in rows], np.uint32).reshape(-1, 16),
            np.array([0 if row[0] in old else 0xFFFF for row in rows], np.uint16),
            np.ones(len(rows), np.bool_),
            np.zeros(ACCOUNTS, np.int64),
        )
    )


def test_the_later_of_two_that_name_one_item_takes_over() -> None:
    again = found((3, words(7, 1), DAY), (5, words(7, 2), DAY + 20 * MINUTE), (9, words(8, 3), DAY + 21 * MINUTE))
    assert (again.left.tolist(), again.right.tolist(), again.at.tolist()) == ([3], [5], [DAY + 20 * MINUTE])
    assert again.apart.shape == (2, 0)


def test_pairs_a_day_apart_say_how_often_strangers_coincide() -> None:
    again = found((3, words(7, 1), DAY), (5, words(7, 2), 2 * DAY + 20 * MINUTE))
    assert len(again.left) == 0
    assert again.apart.tolist() == [[5], [3]] or again.apart.tolist() == [[3], [5]]


@pytest.mark.parametrize(
    "starts",
    [
        [(3, words(7, 1), 0), (5, words(7, 2), HOUR + 1)],  # too much later
        [(3, words(7, 1), 0), (5, words(7, 2), 0)],  # at one time: either may have been first
        [(3, words(7, 1), 0), (3, words(7, 1), MINUTE)],  # one account
        [(3, [1, 2, 3, 4, 5], 0), (5, [1, 2, 3, 4, 5], MINUTE)],  # too short to name anything
        [(3, words(7, 1), 0), (5, [*words(7, 2)[8:], *range(50, 58)], MINUTE)],  # two words are no item
        [(k, words(7, k), k * MINUTE) for k in range(HOLDERS + 1)],  # what many ask is a subject
    ],
)
def test_what_is_no_rewording(starts: list[tuple[int, list[int], int]]) -> None:
    again = found(*starts)
    assert len(again.left) == again.apart.shape[1] == 0


def test_who_returns_to_its_own_takes_over_from_nobody() -> None:
    victim = [(5, words(7, 5), 0), (5, words(7, 5), DAY + 30 * MINUTE)]
    copies = [(k, words(7, k), DAY + k * MINUTE) for k in (11, 12)]
    again = found(*victim, *copies)
    assert set(zip(again.left.tolist(), again.right.tolist(), strict=True)) == {(11, 12)}


def test_who_had_it_in_a_start_that_was_not_kept_takes_over_from_nobody() -> None:
    starts = (3, words(7, 1), 0), (5, words(7, 5), MINUTE), (9, words(7, 9), 2 * MINUTE)
    again = found(*starts, old=frozenset({5}))
    assert (again.left.tolist(), again.right.tolist()) == ([3], [9])


def test_random_starts_are_no_rewordings() -> None:
    generator = np.random.default_rng(4)
    starts = [
        (int(account), generator.integers(1, 1 << 31, 16).tolist(), int(at))
        for account, at in zip(generator.integers(0, ACCOUNTS, 400), generator.integers(0, 30 * DAY, 400), strict=True)
    ]
    assert len(found(*starts).left) == 0
