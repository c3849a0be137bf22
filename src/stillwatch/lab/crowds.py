"""Crowds of people who share a place, a day, a household or a piece of software, and nothing else."""

from __future__ import annotations

import numpy as np

from stillwatch.lab import draws, places
from stillwatch.lab.campaigns import shuffled
from stillwatch.lab.draft import INNOCENT, NONE, Group, Timetable, World
from stillwatch.lab.draws import Wholes, key_of
from stillwatch.lab.organisations import found
from stillwatch.lab.parameters import Parameters
from stillwatch.lab.people import persons_client
from stillwatch.lab.programs import Deck, Frame, Program

_DESKTOP_CHAT = 16
_ASSIGNMENTS = (
    "Here is this week's exercise, please help me start:",
    "My professor wants us to answer this in our own words:",
    "Homework 4, question 2.",
    "Can you check whether I understood the assignment?",
)


def school_class(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Students of one course: one campus address, one assignment a week, the same evening."""
    accounts = world.accounts
    found(world, who, parameters, 2)
    keys = accounts.key[who]
    world.registration.card_country[who] = NONE
    world.registration.verification[who] = 1
    campus = places.shared_network(world, f"campus {parameters.key}", parameters.whole("campus_addresses", 1, 8), 128)
    on_site = draws.uniform(keys, "on campus") < parameters.real("on_campus_share", 0.4, 0.95)
    accounts.home_net[who] = np.where(on_site, campus, accounts.home_net[who])
    accounts.client[who] = persons_client(keys, parameters.real("coding_tool_share", 0.0, 0.5))
    _assignment(
        world, who, parameters, parameters.real("assignment_share", 0.4, 0.95), parameters.whole("assignments", 1, 8)
    )
    evening = parameters.whole("weekday", 0, 6) + parameters.real("hour", 0.6, 0.85)
    weeks = np.arange(evening - world.span.begins.weekday(), world.span.days, 7.0)
    _meet(world, who, weeks, parameters.real("hours", 1.5, 5) / 24)
    accounts.weight[who] = parameters.scale("intensity", 0.2, 1.2) * draws.lognormal(keys, "diligence", 1.0, 0.7)
    accounts.scaled[who] = False
    return Group("class", INNOCENT, who, parameters)


def hackathon(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Strangers with free credits in one hall for two days, building on one brief."""
    accounts, registration = world.accounts, world.registration
    keys = accounts.key[who]
    begins = parameters.real("begins", 0.1, 0.85) * world.span.days
    accounts.born[who] = begins + draws.lognormal(keys, "arrives", 0.03, 1.0) - 0.05
    accounts.start[who], accounts.end[who] = (
        np.maximum(accounts.born[who], 0),
        np.minimum(begins + 2.5, world.span.days),
    )
    hall = places.shared_network(world, f"hall {parameters.key}", parameters.whole("hall_addresses", 1, 3), 80)
    accounts.home_net[who], accounts.work_net[who] = hall, NONE
    registration.referrer[who], registration.card_country[who] = 7, NONE
    accounts.client[who] = persons_client(keys, parameters.real("coding_tool_share", 0.3, 0.9))
    _assignment(world, who, parameters, parameters.real("brief_share", 0.05, 0.4), 1)
    _meet(world, who, np.array([begins]), parameters.real("hours", 20, 48) / 24)
    accounts.weight[who] = parameters.scale("intensity", 0.5, 3) * draws.lognormal(keys, "zeal", 1.0, 0.8)
    accounts.scaled[who] = False
    return Group("hackathon", INNOCENT, who, parameters)


def cgnat(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Homes of one provider behind few translated addresses, each shared by hundreds."""
    size = max(1, round(len(who) / parameters.scale("homes_per_address", 50, 400)))
    net = places.shared_network(world, f"translator {parameters.key}", size, 100)
    accounts = world.accounts
    country = int(draws.pick(np.array([parameters.key], dtype=np.uint64), "country", places.WEIGHTS)[0])
    accounts.country[who], accounts.zone[who] = country, places.ZONES[country]
    accounts.home_net[who], accounts.home_lease[who] = net, parameters.scale("lease_days", 0.2, 10)
    return Group("cgnat", INNOCENT, who, parameters)


def vpn(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Customers of one consumer VPN, each session through another exit."""
    net = places.shared_network(world, f"exits {parameters.key}", parameters.whole("exits", 10, 300), 185)
    accounts = world.accounts
    accounts.home_net[who], accounts.work_net[who] = net, NONE
    accounts.home_lease[who] = parameters.scale("lease_days", 0.1, 2)
    accounts.mobile_share[who] *= 0.3
    return Group("vpn", INNOCENT, who, parameters)


def family(world: World, who: Wholes, parameters: Parameters) -> Group:
    """A household: one home address, often one card."""
    accounts, registration = world.accounts, world.registration
    for name in ("home_key", "home_net", "home_lease", "country", "zone", "mobile_net"):
        values = getattr(accounts, name)
        values[who] = values[who[0]]
    if parameters.chance("shares_card", 0.6):
        registration.card_key[who] = registration.card_key[who[0]]
        registration.issuer[who] = registration.issuer[who[0]]
        registration.card_country[who] = accounts.country[who[0]]
    return Group("family", INNOCENT, who, parameters)


def relay_software(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Strangers who run the same self-hosted client, which gives them all one device id."""
    accounts = world.accounts
    accounts.client[who], accounts.second_share[who] = _DESKTOP_CHAT, 0.0
    accounts.device[who] = key_of(parameters.key, "device")
    accounts.version[who] = parameters.real("client_version", 0, 1)
    return Group("relay_software", INNOCENT, who, parameters)


def _assignment(world: World, who: Wholes, parameters: Parameters, share: float, count: int) -> None:
    """Part of the conversations are about the same few texts, each in its owner's words."""
    rows = shuffled(world.corpus.prompt_numbers("organic"), parameters.key)[:count]
    frames = tuple(Frame(before=(world.corpus.phrase(text),)) for text in _ASSIGNMENTS)
    program = Program(
        key=key_of(parameters.key, "assignment"),
        decks=(Deck(rows, frames),),
        frame_of="account",
        repeats=max(1, len(who)),
        exchange=parameters.real("own_words", 0.0, 0.4),
        by_account=True,
        longest_payload=200,
        sets_parameters=False,
    )
    world.programs.append(program)
    world.accounts.program[who] = len(world.programs) - 1
    world.accounts.program_share[who] = share


def _meet(world: World, who: Wholes, starts: draws.Reals, length: float) -> None:
    starts = starts[(starts > 0) & (starts < world.span.days - 0.1)]
    if not len(starts):
        starts = np.array([world.span.days / 2])
    world.timetables.append(Timetable(starts, np.minimum(starts + length, world.span.days)))
    world.accounts.rhythm[who] = len(world.timetables) - 1
