"""Organisations whose accounts act alike for good reasons: enterprises, resellers, and a product's gateway."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import (
    BY_PERSON,
    INNOCENT,
    NONE,
    Group,
    Permit,
    World,
)
from stillwatch_lab.worlds.draws import Wholes, key_of
from stillwatch_lab.worlds.parameters import Parameters, keys_under
from stillwatch_lab.worlds.population import geography
from stillwatch_lab.worlds.population.before import give_back_registrations, state_before
from stillwatch_lab.worlds.population.firms import found_organisation, hosted
from stillwatch_lab.worlds.population.people import persons_client
from stillwatch_lab.worlds.population.relays import take_customers
from stillwatch_lab.worlds.text import wording


def enterprise(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Accounts of a firm's staff: each is a person behind one of few shared addresses, on the firm's domain and card.

    Many have the firm's or their department's system instructions.
    """
    accounts = world.accounts
    before = state_before(world, members)
    found_organisation(world, members, parameters)
    if parameters.sometimes("undeclared"):  # staff who registered by themselves, each with papers of his or her own
        give_back_registrations(world, members, before)
        world.registration.organisation[members] = NONE
    keys = accounts.key[members]
    country = int(accounts.country[members[0]])
    sites = [
        geography.shared_network(
            world, f"site {parameters.key} {site}", parameters.whole("egress_addresses", 1, 4), country
        )
        for site in range(parameters.whole("sites", 1, 4))
    ]
    site = np.array(sites)[draws.pick(keys, "site", draws.zipf_weights(len(sites), 1.0))]
    inside = draws.uniform(keys, "inside") < parameters.real("inside_share", 0.2, 1.0)
    accounts.home_net[members] = np.where(inside, site, accounts.home_net[members])
    accounts.work_net[members] = site
    accounts.client[members] = persons_client(keys, parameters.real("coding_tool_share", 0.0, 1.0))
    _instruct(world, members, parameters)
    accounts.textless[members] = parameters.chance("text_not_kept", 0.2)
    accounts.weekend[members] = 0
    accounts.weight[members] *= parameters.scale("keenness", 0.7, 4)
    return Group("enterprise", INNOCENT, members, parameters)


def reseller(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A pool of accounts that many customers use; they ask the same mix of things as all other people."""
    accounts, registration = world.accounts, world.registration
    permitted = parameters.chance("permit", 0.0)
    if permitted:
        number = found_organisation(world, members, parameters)
        world.permits.append(Permit(number, "resale", 0.0, world.span.days, None))
    else:
        issuers = parameters.whole("issuers", 1, 8)
        few = draws.whole(keys_under(parameters.key, "issuer", issuers), "issuer", 60)
        registration.issuer[members] = few[draws.whole(accounts.key[members], "issuer of few", issuers)]
    hosted(world, members, parameters)
    accounts.weight[members] = parameters.scale("intensity", 2, 12) * draws.lognormal(
        accounts.key[members], "load", 1.0, parameters.real("load_spread", 0.1, 0.7)
    )
    accounts.scaled[members] = False
    take_customers(world, members, parameters)
    accounts.rhythm[members] = BY_PERSON
    hops = parameters.optional("hop_share")
    if hops:  # a reseller too sends a refused request over another of its accounts
        world.hops[len(world.groups)] = hops
        world.hop_openings.add(len(world.groups))
    return Group("reseller", INNOCENT, members, parameters)


def enterprise_gateway(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A product whose users all ask through the few keys of its maker: ordinary firms that are as busy as `heavy`."""
    accounts = world.accounts
    found_organisation(world, members, parameters)
    hosted(world, members, parameters)
    users = parameters.whole("product_users", 30, 3000)
    world.customer_pools.append((key_of(parameters.key, "users"), users))
    accounts.customers[members] = len(world.customer_pools) - 1
    _instruct(world, members, parameters)
    daily = draws.lognormal(accounts.key[members], "daily", parameters.scale("exchanges_a_day", 250, 1000), 0.3)
    active = np.maximum(accounts.end[members] - accounts.start[members], 0.5)
    accounts.weight[members], accounts.scaled[members] = daily * active / world.mean, False
    accounts.weekend[members] = parameters.whole("weekend", 0, 3)
    accounts.uneven[members], accounts.idle[members] = parameters.real("day_spread", 0.05, 0.4), 0.0
    accounts.sittings[members], accounts.pause[members] = 1.0, 60.0
    return Group("enterprise_gateway", INNOCENT, members, parameters)


def _instruct(world: World, members: Wholes, parameters: Parameters) -> None:
    """Gives the accounts system instructions: mostly one text for all, sometimes one per department or none."""
    accounts = world.accounts
    instructed = draws.uniform(accounts.key[members], "is told") < (
        parameters.real("instructed_share", 0.5, 1.0) if parameters.chance("own_instructions", 0.8) else 0.0
    )
    departments = parameters.whole("departments", 1, 5) if parameters.chance("by_department", 0.3) else 1
    first = len(world.systems)
    for department in range(departments):
        world.systems.append(
            wording.organisation_instructions(world.corpus, key_of(parameters.key, "department", department))
        )
    own = first + draws.whole(accounts.key[members], "department", departments)
    accounts.system[members] = np.where(instructed, own, NONE)
