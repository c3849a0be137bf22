"""Customers of a relay come back to it on any account, and bring their clients, if the recipe asks for that."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from stillwatch_lab.worlds.build import Sources, decide
from stillwatch_lab.worlds.draft import NONE
from stillwatch_lab.worlds.log.files import DecidedWorld, part_table
from stillwatch_lab.worlds.recipe import Population, Recipe

HABITS: dict[str, float | int | str | bool | list[str]] = {
    "customers_return": 0.8,
    "hours_until_return": 2.0,
    "same_subject": 1.0,
    "passed_on": 1.0,
    "customers_coding": 0.3,
    "customers_instruct": 1.0,
    "customers_in_one_zone": True,
}


LAGS = ((0.0, 0.25), (4.0, 30.0))  # days


@lru_cache(maxsize=2)
def decided(habits: bool) -> DecidedWorld:
    common = {"customers_per_account": 20.0, "intensity": 8, "permit": False}
    relay = Population("reseller", count=40, groups=1, fixed={**common, **(HABITS if habits else {})})
    bought = Population("letter", count=30, groups=1, fixed={"asks_as_people": True, "bare_payload": True})
    recipe = Recipe("customers", (relay, bought), {"days": 30}, {}, ())
    return decide(recipe, 1, 300, 8_000, Sources(None, None))


def share_by_one_customer(found: DecidedWorld, low: float, high: float) -> float:
    """Of pairs of conversations on different accounts that begin `low` to `high` days apart, those of one customer."""
    talks = found.conversations
    first = np.full(len(talks.key), np.inf)
    np.minimum.at(first, found.exchanges.conversation, found.exchanges.day)
    mine = np.flatnonzero(found.world.accounts.customers[talks.account] != NONE)
    apart = np.abs(first[mine][:, None] - first[mine][None])
    pairs = (apart > low) & (apart <= high) & (talks.account[mine][:, None] != talks.account[mine][None])
    return float((talks.person[mine][:, None] == talks.person[mine][None])[pairs].mean())


def sent(found: DecidedWorld) -> dict[str, set[str]]:
    """The different client programs and instructions of the relay's traffic."""
    relay = np.flatnonzero(found.world.accounts.customers[found.exchanges.account] != NONE)
    table = part_table(found, relay)
    programs = {str(agent).split("/")[0] for agent in table["user_agent"].to_pylist()}
    return {"programs": programs, "instructions": set(map(str, table["system_instructions"].to_pylist()))}


def test_customers_come_back_within_the_day_on_other_accounts() -> None:
    with_habits, without = ([share_by_one_customer(decided(kind), *lags) for lags in LAGS] for kind in (True, False))
    assert with_habits[0] > 2 * with_habits[1]
    assert 0.7 < without[0] / without[1] < 1.4


def test_what_goes_on_keeps_its_subject_and_customer() -> None:
    talks = decided(True).conversations
    goes_on = np.flatnonzero(talks.subject != talks.key)
    owner = dict(zip(talks.key.tolist(), talks.person.tolist(), strict=True))
    assert len(goes_on) > 100
    assert all(owner[int(talks.subject[one])] == talks.person[one] for one in goes_on.tolist())
    assert (decided(False).conversations.subject == decided(False).conversations.key).all()


def test_a_relay_passes_on_its_customers_clients_and_instructions() -> None:
    passed, hidden = sent(decided(True)), sent(decided(False))
    assert len(passed["programs"]) > 5 > len(hidden["programs"])
    assert len(passed["instructions"]) > 20 > 5 > len(hidden["instructions"])


def test_a_campaign_may_ask_what_people_ask() -> None:
    world = decided(True).world
    (campaign,) = world.campaigns
    asked = np.concatenate([world.corpus.prompt_numbers("organic"), world.corpus.prompt_numbers("bench")])
    assert campaign.targets == {"general_instruction": 1.0}
    assert np.isin(campaign.program.task_sets[0].rows, asked).all()
