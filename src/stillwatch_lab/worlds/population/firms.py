"""Firms: how they register, and the hosted machines that their programs run on."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import NONE, Organisation, World
from stillwatch_lab.worlds.draws import Wholes, key_of
from stillwatch_lab.worlds.identity.clients import SCRIPTED
from stillwatch_lab.worlds.parameters import Parameters, keys_under
from stillwatch_lab.worlds.population import geography

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
