"""Organisations whose accounts act alike for good reasons: enterprises, resellers, and how a firm registers."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import (
    BY_PERSON,
    INNOCENT,
    NONE,
    Group,
    Organisation,
    Permit,
    World,
)
from stillwatch_lab.worlds.draws import Wholes, key_of
from stillwatch_lab.worlds.identity.clients import SCRIPTED
from stillwatch_lab.worlds.parameters import Parameters, keys_under
from stillwatch_lab.worlds.population import geography
from stillwatch_lab.worlds.population.before import give_back_registrations, state_before
from stillwatch_lab.worlds.population.people import persons_client
from stillwatch_lab.worlds.population.relays import take_customers
from stillwatch_lab.worlds.text import wording

_NAMES = [
    "Alder",
    "Birch",
    "Corva",
    "Dunmore",
    "Eastgate",
    "Fenwick",
    "Garnet",
    "Halden",
    "Iverson",
    "Juniper",
    "Kestrel",
    "Larkspur",
]
_TRADES = [
    "Logistics",
    "Analytics",
    "Health",
    "Insurance",
    "Robotics",
    "Publishing",
    "Energy",
    "Foods",
    "Software",
    "Partners",
]
EDUCATION, RESEARCH, STARTUP = 2, 3, 4
"""Account types of organisations; the type of an ordinary firm is 1."""


def found_organisation(world: World, members: Wholes, parameters: Parameters, kind: int = 1) -> int:
    """Makes the accounts one organisation's and returns its index into World.organisations.

    The accounts then have one domain, one country, few cards, and sign-ups within days of each other.
    """
    accounts, registration = world.accounts, world.registration
    key = key_of(parameters.key, "organisation")
    country = int(draws.pick(np.array([key], dtype=np.uint64), "country", geography.WEIGHTS)[0])
    name = f"{_NAMES[key % len(_NAMES)]} {_TRADES[key // 16 % len(_TRADES)]} {key % 997}"
    domain = name.lower().replace(" ", "-") + (".edu" if kind == EDUCATION else ".com")
    world.organisations.append(Organisation(key, name, country, domain))
    keys = accounts.key[members]
    registration.organisation[members] = len(world.organisations) - 1
    registration.account_type[members] = kind
    registration.email_domain[members] = domain
    _settle_in(world, members, country)
    _pay_together(world, members, parameters, country)
    registration.phone_country[members] = np.where(draws.uniform(keys, "staff phone") < 0.3, country, NONE)
    registration.verification[members] = 5 if kind == 1 else 3
    _join_in_time(world, members, parameters)
    return len(world.organisations) - 1


def start_up(world: World, members: Wholes, parameters: Parameters, kind: int = STARTUP) -> None:
    """A small firm: either a registered organisation, or its founders' own accounts.

    Founders' accounts may share a card, a domain or a place, or nothing that is asked at sign-up.
    """
    if parameters.chance("registered", 0.7):
        found_organisation(world, members, parameters, kind)
        return
    registration = world.registration
    first = members[0]
    country = int(world.accounts.country[first])
    _settle_in(world, members, country)
    if parameters.chance("shares_card", 0.6):
        _pay_together(world, members, parameters, country)
    if parameters.chance("shares_domain", 0.5):
        registration.email_domain[members] = f"{key_of(parameters.key, 'domain') % (1 << 28):07x}.io"
    if parameters.chance("shares_place", 0.5):
        world.accounts.home_key[members] = world.accounts.home_key[first]
        world.accounts.home_net[members] = world.accounts.home_net[first]
    _join_in_time(world, members, parameters)


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


def hosted(world: World, members: Wholes, parameters: Parameters) -> None:
    """Has requests leave from a few addresses of one cloud, from several clouds, or from the firm's own line.

    They use one library or a few, which may stay at one version.
    """
    accounts = world.accounts
    keys = accounts.key[members]
    _egress(world, members, parameters)
    accounts.work_net[members] = NONE
    accounts.mobile_share[members], accounts.second_share[members] = 0.0, 0.0
    libraries = parameters.whole("libraries", 1, 3)
    own = SCRIPTED[draws.whole(keys_under(parameters.key, "library", libraries), "library", len(SCRIPTED))]
    accounts.client[members] = own[draws.pick(keys, "library of few", draws.zipf_weights(libraries, 1.0))]
    if parameters.chance("one_version", 0.7):
        accounts.version[members] = parameters.real("library_version", 0, 1)
        accounts.upgrade[members] = (
            np.inf if parameters.chance("pinned", 0.6) else parameters.scale("upgrade_days", 1, 30)
        )


def _egress(world: World, members: Wholes, parameters: Parameters) -> None:
    accounts = world.accounts
    way = parameters.word("egress", ("one_cloud", "one_cloud", "several_clouds", "own_line"))
    size = parameters.whole("hosting_addresses", 1, 12)
    name = f"hosting {parameters.key}"
    accounts.home_lease[members] = 1e6
    if way == "own_line":
        accounts.home_net[members] = geography.shared_network(
            world, name, min(size, 4), int(accounts.country[members[0]])
        )
    elif way == "one_cloud":
        accounts.home_net[members] = geography.shared_network(world, name, size, geography.HOSTING)
    else:
        clouds = parameters.whole("clouds", 2, 6)
        accounts.home_net[members] = geography.spread_network(world, name, max(size, clouds), clouds, geography.HOSTING)
        # Short-lived machines take another address each time.
        accounts.home_lease[members] = parameters.scale("machine_days", 0.05, 30)


def _settle_in(world: World, members: Wholes, country: int) -> None:
    world.accounts.country[members], world.accounts.zone[members] = country, geography.ZONES[country]


def _pay_together(world: World, members: Wholes, parameters: Parameters, country: int) -> None:
    """Has all accounts pay with one card, or with one card per department."""
    registration = world.registration
    cards = keys_under(key_of(parameters.key, "organisation"), "card", parameters.whole("cards", 1, 3))
    own = draws.pick(world.accounts.key[members], "whose card", draws.zipf_weights(len(cards), 1.5))
    registration.card_key[members], registration.card_country[members] = cards[own], country
    registration.issuer[members] = draws.pick(cards, "issuer", draws.zipf_weights(400, 1.05))[own]
    registration.verification[members] = np.maximum(registration.verification[members], 3)


def _join_in_time(world: World, members: Wholes, parameters: Parameters) -> None:
    accounts = world.accounts
    world.registration.closed[members] = np.nan
    first = parameters.real("founded", -1.0, 0.5) * world.span.days
    joined = draws.lognormal(accounts.key[members], "joined", parameters.scale("joining_days", 0.01, 60), 1.0)
    accounts.born[members] = np.minimum(first + np.sort(joined), world.span.days * 0.8)
    accounts.start[members] = np.maximum(accounts.born[members], 0.0)
    accounts.end[members] = world.span.days


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
