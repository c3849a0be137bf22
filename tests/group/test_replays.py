"""Replays: turns that are asked again on other accounts are found, whatever people repeat themselves."""

from __future__ import annotations

import numpy as np
import pytest

from stillwatch.group.exchanges import Exchanges
from stillwatch.group.reference_population import reference_population
from stillwatch.group.replays import PAUSE, asked_again, asked_again_share, replays
from stillwatch.group.separation import separate
from tests.group.worlds import HOUR, exchanges, joined

PEOPLE = exchanges(1, accounts=400, first_account=1000)


def relay(seed: int = 2) -> Exchanges:
    """Customers over 30 accounts: each comes back to his topic, on any of them."""
    group = exchanges(seed, accounts=240, each=10)
    group.account_index[:] = np.random.default_rng(seed).integers(0, 30, len(group))
    return group.take(np.lexsort((group.started_at, group.account_index)).astype(np.int64))


def again(group: Exchanges, seed: int, count: int, later: int = HOUR) -> Exchanges:
    """`count` turns of the group asked again, `later` and on the next account."""
    chosen = np.sort(np.random.default_rng(seed).choice(len(group), count, replace=False))
    copies = group.take(chosen.astype(np.int64))
    copies.account_index[:] = (copies.account_index + 1) % 30
    copies.started_at[:] += later
    return copies.take(np.lexsort((copies.started_at, copies.account_index)).astype(np.int64))


def marked(count: int, later: int = HOUR) -> tuple[Exchanges, np.ndarray]:
    """A relay with `count` turns asked again, and which exchanges they are."""
    customers = relay()
    copies = again(customers, 3, count, later)
    both = joined(customers, copies)
    # sorted as `joined` sorts: the copies are those whose conversation and time are theirs
    mine = set(zip(copies.values["payload"].tolist(), copies.started_at.tolist(), strict=True))
    pairs = zip(both.values["payload"].tolist(), both.started_at.tolist(), strict=True)
    return both, np.array([one in mine for one in pairs])


def test_turns_asked_again_are_marked_and_what_they_copy_is_not() -> None:
    both, copies = marked(200)
    assert np.array_equal(asked_again(both), copies)
    assert asked_again_share(both) == pytest.approx(copies.mean())


def test_what_is_asked_again_at_once_or_at_another_length_or_by_many_is_not() -> None:
    assert not asked_again(marked(200, later=PAUSE - 1)[0]).any()
    both, copies = marked(200)
    both.input_size[copies] = both.input_size[copies] * 11 // 10 + 5
    assert not asked_again(both).any()
    both.values["payload"][:] = 5
    both.input_size[:] = 9
    assert not asked_again(both).any()


def test_what_was_refused_is_no_turn_asked_again() -> None:
    both, copies = marked(200)
    both.values["status"][~copies] = 429
    assert not asked_again(both).any()


def test_what_people_ask_as_well_is_left_out() -> None:
    both, copies = marked(200)
    people = exchanges(1, accounts=400, first_account=1000)
    texts = both.values["payload"][copies]
    people.values["payload"][: len(texts)] = texts
    assert not replays(both, people).any()
    assert np.array_equal(replays(both, PEOPLE), copies)


def test_a_relay_that_asks_its_customers_turns_again_has_two_candidates() -> None:
    both, copies = marked(200)
    customers, replayed = separate(both, reference_population(PEOPLE))
    assert np.array_equal(replayed.served, copies)
    assert np.array_equal(customers.served, ~copies)
    assert customers.whole
    assert not replayed.whole


def test_an_effort_that_asks_each_question_twice_is_one_candidate() -> None:
    effort = exchanges(5, accounts=30, each=40, person=False)
    both = joined(effort, again(effort, 3, 600))
    (found,) = separate(both, reference_population(PEOPLE))
    assert found.served.all()


def test_customers_who_ask_nothing_again_have_one() -> None:
    assert len(separate(relay(), reference_population(PEOPLE))) == 1
