"""Relays: services that run groups of accounts. Several groups share a relay when the recipe names it for each."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import (
    AT_RANDOM,
    BY_PERSON,
    IN_TURN,
    NONE,
    Habits,
    Network,
    World,
)
from stillwatch_lab.worlds.draws import Wholes, key_of
from stillwatch_lab.worlds.identity.clients import CODING_TOOL, SCRIPTED
from stillwatch_lab.worlds.parameters import Parameters, keys_under
from stillwatch_lab.worlds.population import geography

_EVASIVE_SHAPES = ("aaaaaaaa9999", "aaaaa.aaaaaa99", "aaaaaaaaaa9", "aaaaaa999", "aaaa.aaaaaaa9999")
_SCHEDULES = {"person": BY_PERSON, "random": AT_RANDOM, "longest_waiting": IN_TURN}
_KNOWN_ISSUERS = 60  # a relay buys its cards from among so many of the most popular issuers


def relay_of(world: World, parameters: Parameters) -> Parameters:
    """The parameters of the relay that runs this group; groups with the same `relay` have the same parameters."""
    names = parameters.names("relay")
    if not names:
        return parameters
    return parameters.under(f"relay {names[0]}", key_of(world.key, "relay", names[0]))


def run_by_relay(world: World, members: Wholes, relay: Parameters) -> bool:
    """Gives the accounts a relay's addresses, client, schedule and handovers.

    Returns whether the relay copies the request body of a popular tool as well as its headers.
    """
    accounts = world.accounts
    keys = accounts.key[members]
    accounts.home_net[members] = _pool(world, members, relay)
    accounts.home_lease[members] = relay.scale("rotation_days", 0.04, 4) * draws.lognormal(keys, "rotation", 1.0, 0.2)
    accounts.mobile_share[members] = 0.0
    accounts.work_net[members] = NONE
    copies = relay.chance("copies_coding_tool", 0.5)
    # Campaigns used hundreds of accounts over several access paths (observables.md, row 7); each library has a share.
    paths = relay.whole("libraries", 1, 4)
    if copies:
        accounts.client[members] = CODING_TOOL
    else:
        own = SCRIPTED[draws.whole(keys_under(relay.key, "library", paths), "library", len(SCRIPTED))]
        accounts.client[members] = own[draws.pick(keys, "library of few", draws.zipf_weights(paths, 1.0))]
    accounts.version[members] = relay.real("frozen_version", 0, 1)
    accounts.upgrade[members] = relay.scale("upgrade_days", 1, 30) if relay.chance("keeps_up", 0.3) else np.inf
    accounts.second_share[members] = 0.0
    accounts.rhythm[members] = _SCHEDULES[relay.word("schedule", tuple(_SCHEDULES))]
    accounts.uneven[members], accounts.idle[members] = relay.real("day_spread", 0.05, 0.8), 0.0
    accounts.turns[members] = 1 + relay.scale("mean_followups", 0.15, 2.0)
    accounts.sittings[members] = 1 + draws.lognormal(
        keys, "relay sittings", relay.scale("conversations_a_visit", 0.3, 4), 0.6
    )
    world.hops[len(world.groups)] = relay.real("hop_share", 0.02, 0.2)
    if relay.sometimes("hops_openings"):
        world.hop_openings.add(len(world.groups))
    return relay.chance("copies_body", 0.5) and copies


def signed_up_by_relay(world: World, members: Wholes, relay: Parameters) -> None:
    """Has accounts sign up in batches within minutes, some days before use, with cards of a few issuers."""
    registration = world.registration
    keys = world.accounts.key[members]
    _batches(world, members, relay)
    issuers = relay.whole("issuers", 2, 8)
    own = draws.whole(keys_under(relay.key, "issuer", issuers), "issuer", _KNOWN_ISSUERS)
    registration.issuer[members] = own[draws.pick(keys, "issuer of few", draws.zipf_weights(issuers, 0.7))]
    pays = draws.uniform(keys, "pays") < relay.real("paying_share", 0.7, 1.0)
    lands = draws.whole(keys_under(relay.key, "card land", relay.whole("card_countries", 1, 4)), "country", 9)
    registration.card_country[members] = np.where(pays, lands[draws.whole(keys, "land of few", len(lands))], NONE)
    registration.verification[members] = np.where(pays, 3, 1 + (draws.uniform(keys, "gives phone") < 0.4))
    _mail(world, members, relay)


def _pool(world: World, members: Wholes, relay: Parameters) -> int:
    """The network index of the relay's pool of rotating homes, which all groups of the relay share."""
    name = relay.part
    if name not in world.relays or not name:
        size = max(4, round(len(members) * relay.scale("addresses_per_account", 0.2, 5)))
        network = Network(key_of(relay.key, "pool"), 0, size, scattered=world.residential)
        few = relay.whole("email_domains", 1, 6)
        world.relays[name] = (
            geography.add_network(world, network),
            world.registration.email_domain[members[:few]].tolist(),
        )
    return world.relays[name][0]


def _batches(world: World, members: Wholes, relay: Parameters) -> None:
    accounts = world.accounts
    keys = accounts.key[members]
    batch = relay.whole("batch_size", 4, 40)
    order = np.argsort(accounts.start[members], kind="stable")
    stock = relay.scale("days_in_stock", 0.05, 20)
    between = relay.scale("minutes_between", 0.3, 4)
    born = np.empty(len(members))
    for at in range(0, len(members), batch):
        batched = order[at : at + batch]
        ready = (
            accounts.start[members[batched]].min() - 0.02 - stock * float(draws.uniform(keys[batched[:1]], "stock")[0])
        )
        minutes = np.cumsum(draws.lognormal(keys[batched], "minutes", between, 0.7))
        # A batch is complete before the first of its accounts is used.
        born[batched] = np.minimum(ready + (minutes - minutes[-1]) / 1440, accounts.start[members[batched]] - 0.001)
    accounts.born[members] = born


def _mail(world: World, members: Wholes, relay: Parameters) -> None:
    registration = world.registration
    keys = world.accounts.key[members]
    domains = np.array(world.relays[relay.part][1], dtype=object)
    registration.email_domain[members] = domains[draws.whole(keys, "domain of few", len(domains))]
    if relay.chance("generated_names", 0.6):
        registration.email_shape[members] = relay.word("email_shape", _EVASIVE_SHAPES)


def take_customers(world: World, members: Wholes, parameters: Parameters) -> None:
    """Gives the relay's accounts customers: people who ask through any account that is free."""
    customers = max(2, round(len(members) * parameters.scale("customers_per_account", 2, 8)))
    world.habits[len(world.customer_pools)] = habits_of(parameters)
    world.customer_pools.append((key_of(relay_of(world, parameters).key, "customers"), customers))
    world.accounts.customers[members] = len(world.customer_pools) - 1
    if parameters.sometimes("customers_in_one_zone"):  # a relay that sells in one country: its pool keeps that day
        world.accounts.zone[members] = world.accounts.zone[members[0]]
        world.accounts.late[members] = world.accounts.late[members[0]]


def habits_of(parameters: Parameters) -> Habits:
    """How customers come back and what is passed on of them; neither, unless the recipe asks for it.

    Shares may be drawn from ranges that reach beyond 0 and 1, so that none and all are frequent.
    """

    def share(name: str) -> float:
        return min(max(parameters.optional(name), 0.0), 1.0)

    return Habits(
        share("customers_return"),
        parameters.optional("hours_until_return", 3.0),
        share("same_subject"),
        parameters.optional("customers_spread", 0.8),
        share("passed_on"),
        share("customers_coding"),
        share("customers_instruct"),
    )
