"""One person with several accounts: dozens of parallel agents, or a router of one's own."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import INNOCENT, Group, Replays, World
from stillwatch_lab.worlds.draws import Wholes, key_of
from stillwatch_lab.worlds.identity.clients import CODING_TOOL, SCRIPTED
from stillwatch_lab.worlds.parameters import Parameters
from stillwatch_lab.worlds.population.relays import habits_of


def agent_user(world: World, members: Wholes, parameters: Parameters) -> Group:
    """One person who has dozens of agents work in parallel on one code, and has transcripts read back to the model."""
    accounts = world.accounts
    _one_person(world, members, parameters)
    daily = parameters.scale("agents", 12, 80) * parameters.scale("exchanges_an_agent", 3, 25)
    accounts.weight[members] = daily * (accounts.end[members] - accounts.start[members]) / world.mean / len(members)
    accounts.scaled[members] = False
    accounts.client[members], accounts.second_share[members] = CODING_TOOL, 0.0
    accounts.turns[members] = 1 + parameters.scale("steps", 2, 12)
    accounts.gap[members], accounts.pause[members] = parameters.scale("seconds_a_step", 3, 40), 5.0
    accounts.sittings[members] = parameters.scale("tasks_at_once", 1, 30)
    read = parameters.real("read_back", 0.02, 0.4)
    seconds = parameters.scale("read_after_seconds", 5, 20_000)
    world.replays[len(world.groups)] = Replays(
        read, parameters.whole("readings", 1, 4), seconds, members, elsewhere=False
    )
    return Group("agent_user", INNOCENT, members, parameters)


def own_router(world: World, members: Wholes, parameters: Parameters) -> Group:
    """One person whose own router deals what he or she asks over a few accounts, and retries on the next one."""
    accounts = world.accounts
    _one_person(world, members, parameters)
    if parameters.chance("plain_client", 0.5):
        accounts.client[members] = SCRIPTED[key_of(parameters.key, "client") % len(SCRIPTED)]
    else:
        accounts.client[members] = CODING_TOOL
    accounts.second_share[members] = 0.0
    accounts.weight[members] *= parameters.scale("keenness", 0.5, 8)
    world.hops[len(world.groups)] = parameters.real("hop_share", 0.0, 0.4)
    world.hop_openings.add(len(world.groups))
    return Group("own_router", INNOCENT, members, parameters)


def _one_person(world: World, members: Wholes, parameters: Parameters) -> None:
    """Puts one person with one home behind the accounts; the cards may be one or several."""
    accounts, registration = world.accounts, world.registration
    for name in (
        "home_key",
        "home_net",
        "home_lease",
        "country",
        "zone",
        "mobile_net",
        "mobile_share",
        "work_net",
        "late",
    ):
        values = getattr(accounts, name)
        values[members] = values[members[0]]
    if parameters.chance("one_card", 0.7):
        for name in ("card_key", "issuer", "card_country"):
            values = getattr(registration, name)
            values[members] = values[members[0]]
    world.habits[len(world.customer_pools)] = habits_of(parameters)
    world.customer_pools.append((key_of(parameters.key, "person"), 1))
    accounts.customers[members] = len(world.customer_pools) - 1
    accounts.start[members] = np.maximum(accounts.born[members], 0.0)
    accounts.end[members] = world.span.days
    registration.closed[members] = np.nan
    accounts.idle[members] = draws.uniform(np.array([parameters.key], dtype=np.uint64), "idle")[0] * 0.5
