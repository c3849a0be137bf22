"""Openness: numbers of different values, common values and unusual behaviour of clients come back, accounts alike."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from stillwatch.group import openness
from stillwatch.group.exchanges import Exchanges
from stillwatch.records.definitions import DAY
from tests.group.worlds import exchanges

ACCOUNTS, EACH = 40, 30


def having(column: str, value: np.ndarray, seed: int = 1) -> Exchanges:
    group = exchanges(seed, accounts=ACCOUNTS, each=EACH)
    return replace(group, values={**group.values, column: value.astype(np.int64)})


def own(values: int, seed: int = 2) -> np.ndarray:
    """Each account's exchanges over so many values of its own, at random."""
    generator = np.random.default_rng(seed)
    return 1 + np.repeat(np.arange(ACCOUNTS), EACH) * 1000 + generator.integers(0, values, ACCOUNTS * EACH)


def test_different_values_agree_with_the_chance_of_meeting_each() -> None:
    assert openness.different_values(having("subnet", own(1)), "subnet") == 0.0
    expected = 10 * (1.0 - 0.9**openness.DRAWN) - 1.0
    found = openness.different_values(having("subnet", own(10)), "subnet")
    assert found == pytest.approx(expected, abs=0.25)


def test_volume_does_not_make_values_more_different() -> None:
    group = having("subnet", own(3))
    half = group.take(np.arange(len(group)) % 2 == 0)
    both = [openness.different_values(one, "subnet") for one in (group, half)]
    assert both[0] == pytest.approx(both[1], abs=0.15)


def test_a_common_value_is_met_as_often_as_its_share_squared() -> None:
    generator = np.random.default_rng(3)
    value = np.where(generator.random(ACCOUNTS * EACH) < 0.6, 7, own(20))
    assert openness.same_value(having("user_agent", value), "user_agent") == pytest.approx(0.36, abs=0.03)
    assert openness.same_value(having("user_agent", own(20)), "user_agent") == 0.0


def test_places_of_their_own_are_those_that_no_other_account_uses() -> None:
    value = own(1)
    value[: ACCOUNTS * EACH // 4] = 5
    assert openness.own_places(having("subnet", value)) == 0.75


def renewing(share: float) -> Exchanges:
    """Accounts of forty days, a share of which change their client half way."""
    account = np.repeat(np.arange(ACCOUNTS), EACH)
    day = np.tile(np.linspace(0, 39, EACH), ACCOUNTS)
    client = 1 + account + 1000 * ((day > 20) & (account < share * ACCOUNTS))
    return replace(having("user_agent", client), started_at=(day * DAY).astype(np.int64))


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_share_of_renewed_clients_comes_back(share: float) -> None:
    assert openness.renewed_clients(renewing(share)) == share


def test_short_lives_say_nothing_of_renewal() -> None:
    group = renewing(1.0)
    assert math.isnan(openness.renewed_clients(replace(group, started_at=group.started_at // 10)))


def test_a_client_without_its_tools_is_beyond_people() -> None:
    client = np.full(ACCOUNTS * EACH, 9)
    people = having("user_agent", client, seed=4)
    assert math.isnan(openness.tools_beyond_client(people, people)), "the log names no tools"
    people.values["tools"][::2] = 3
    assert openness.tools_beyond_client(having("user_agent", client), people) == -0.5
    assert openness.tools_beyond_client(people, people) == 0.0
    assert math.isnan(openness.tools_beyond_client(having("user_agent", client + 1), people)), "nobody else has it"


def test_continued_conversations_are_beyond_people_of_one_turn() -> None:
    client = np.full(ACCOUNTS * EACH, 9)
    group, people = having("user_agent", client), having("user_agent", client, seed=4)
    group.values["conversation"][:] = 1 + np.arange(len(group)) // 3
    assert openness.turns_beyond_client(group, people) == pytest.approx(2 / 3)
    unnamed = {**people.values, "conversation": np.zeros_like(client)}
    for one, other in ((group, replace(people, values=unnamed)), (replace(people, values=unnamed), group)):
        assert math.isnan(openness.turns_beyond_client(one, other)), "of one side conversations are guessed"
    people = replace(people, values=unnamed)
    assert openness.turns_beyond_client(people, people) == pytest.approx(0.0)


def test_columns_that_are_not_logged_say_nothing() -> None:
    group = exchanges(1, accounts=ACCOUNTS, each=EACH)
    assert math.isnan(openness.different_values(group, "subnet"))
    assert math.isnan(openness.same_value(group, "user_agent"))
    assert math.isnan(openness.own_places(group))
    assert math.isnan(openness.renewed_clients(group))
    assert math.isnan(openness.tools_beyond_client(group, group))
