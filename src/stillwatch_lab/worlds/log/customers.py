"""Customers of relays: which of them asks in each conversation, what they come back to, and what they send along."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import NONE, Habits, World
from stillwatch_lab.worlds.draws import Keys, Reals, Wholes
from stillwatch_lab.worlds.identity.clients import CLIENTS, CODING_TOOL
from stillwatch_lab.worlds.parameters import keys_under
from stillwatch_lab.worlds.text import wording

_THROUGH_API = np.array([number for number, one in enumerate(CLIENTS) if one.channel == "api"], dtype=np.int64)
_SPREAD_OF_RETURNS = 1.3  # log standard deviation of the time until a customer goes on
_INSTRUCTIONS = 400  # different instructions of customers; a popular one is used by several of them


@dataclass(frozen=True, slots=True)
class Passed:
    """What a relay passes on of its customers, one entry a conversation: whether it does, their client, instructions.

    `system` is an index into World.systems; NONE stands for what the client sends.
    """

    on: NDArray[np.bool_]
    client: Wholes
    system: Wholes


def assign(world: World, account: Wholes, key: Keys, day: Reals, program: Wholes, person: Keys) -> Keys:
    """Sets the writers of conversations to the customers of a relay, or to the persons behind one login.

    Returns the key that each conversation's subject is drawn from: its own, or that of the conversation it goes on
    with, whatever the account.
    """
    subject = key.copy()
    for index, chosen in _by_pool(world, account, program):
        name, size = world.customer_pools[index]
        habits = world.habits.get(index, Habits())
        who = draws.pick(key[chosen], "customer", draws.zipf_weights(size, habits.spread))
        before = _goes_on_with(key[chosen], day[chosen], habits)
        eager = 2 * habits.returns * draws.uniform(keys_under(name, "eager", size), "eager")
        root = _followed(who, before, eager, draws.uniform(key[chosen], "returns"))
        person[chosen] = keys_under(name, "customer", size)[who[root]]
        same = (root != np.arange(len(chosen))) & (draws.uniform(key[chosen], "same subject") < habits.same_subject)
        subject[chosen] = np.where(same, key[chosen][root], key[chosen])
    return subject


def passed(world: World, account: Wholes, program: Wholes, person: Keys) -> Passed:
    """The clients and instructions of customers whose relay passes them on."""
    count = len(account)
    on = np.zeros(count, dtype=np.bool_)
    client, system = np.zeros(count, dtype=np.int64), np.full(count, NONE, dtype=np.int64)
    for index, chosen in _by_pool(world, account, program):
        habits = world.habits.get(index, Habits())
        if not habits.passed_on:
            continue
        own = person[chosen]
        through = np.isin(world.accounts.client[account[chosen]], _THROUGH_API)
        on[chosen] = through & (draws.uniform(own, "passed on") < habits.passed_on)
        client[chosen] = _clients(own, habits.coding_share)
        first = len(world.systems)
        pool = world.customer_pools[index][0]
        world.systems += [wording.customers_instructions(world.corpus, one) for one in _texts(pool)]
        number = first + draws.pick(own, "which instructions", draws.zipf_weights(_INSTRUCTIONS, 0.5))
        system[chosen] = np.where(draws.uniform(own, "instructs") < habits.instructs, number, NONE)
    return Passed(on, client, system)


def _texts(pool: int) -> list[int]:
    return [int(key) for key in keys_under(pool, "instructions", _INSTRUCTIONS)]


def _by_pool(world: World, account: Wholes, program: Wholes) -> list[tuple[int, Wholes]]:
    """The conversations of each pool of customers, as the pool's index and theirs."""
    pool = world.accounts.customers[account]
    asking = np.flatnonzero((pool != NONE) & (program == NONE))
    order = asking[np.argsort(pool[asking], kind="stable")]
    edges = np.searchsorted(pool[order], np.arange(len(world.customer_pools) + 1))
    parts = [(index, order[edges[index] : edges[index + 1]]) for index in range(len(world.customer_pools))]
    return [(index, chosen) for index, chosen in parts if len(chosen)]


def _clients(person: Keys, coding_share: float) -> Wholes:
    weight = np.array([CLIENTS[number].weight for number in _THROUGH_API.tolist()])
    other = _THROUGH_API[draws.pick(person, "own client", weight)]
    return np.where(draws.uniform(person, "codes") < coding_share, CODING_TOOL, other)


def _goes_on_with(key: Keys, day: Reals, habits: Habits) -> Wholes:
    """The conversation of the pool that began nearest before the time that each conversation would go back to.

    NONE where there is none, or none within twice that time: then no customer was there to come back.
    """
    order = np.argsort(day, kind="stable")
    back = draws.lognormal(key, "comes back", habits.hours / 24, _SPREAD_OF_RETURNS)
    place = np.searchsorted(day[order], day - back, side="right") - 1
    found = order[np.maximum(place, 0)]
    return np.where((place >= 0) & (day - day[found] <= 2 * back) & (day[found] < day), found, NONE)


def _followed(who: Wholes, before: Wholes, eager: Reals, chance: Reals) -> Wholes:
    """The conversation that each one goes back to in the end, or itself: the more eager its customer, the more often.

    Chains are followed to their first conversation by halving: a link says only whom to ask, so that each step's
    eagerness is that of the customer whom the link names.
    """
    own = np.arange(len(who))
    link = np.where((before != NONE) & (chance < eager[who[np.maximum(before, 0)]]), before, own)
    while True:
        further = link[link]
        if np.array_equal(further, link):
            return np.asarray(link)
        link = further


__all__ = ["Passed", "assign", "passed"]
