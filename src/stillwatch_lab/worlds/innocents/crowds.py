"""Crowds of people who share a place, a day, a household or a piece of software, and nothing else."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import (
    INNOCENT,
    NONE,
    Group,
    Timetable,
    World,
)
from stillwatch_lab.worlds.draws import Wholes, key_of
from stillwatch_lab.worlds.parameters import Parameters
from stillwatch_lab.worlds.population import clock, geography
from stillwatch_lab.worlds.population.firms import EDUCATION, found_organisation
from stillwatch_lab.worlds.population.people import persons_client
from stillwatch_lab.worlds.text.programs import Frame, Program, TaskSet

_DESKTOP_CHAT = 16
_ASSIGNMENTS = (
    "Here is this week's exercise, please help me start:",
    "My professor wants us to answer this in our own words:",
    "Homework 4, question 2.",
    "Can you check whether I understood the assignment?",
)


def school_class(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Students of one course, who share a campus address and work on one assignment a week on the same evening.

    Either the school has signed them up, or each student has.
    """
    accounts = world.accounts
    keys = accounts.key[members]
    if parameters.chance("enrolled", 0.7):
        found_organisation(world, members, parameters, EDUCATION)
        world.registration.card_country[members] = NONE
        world.registration.verification[members] = 1
    else:
        country = int(accounts.country[members[0]])
        accounts.country[members], accounts.zone[members] = country, geography.ZONES[country]
    country = int(accounts.country[members[0]])
    campus = geography.shared_network(
        world, f"campus {parameters.key}", parameters.whole("campus_addresses", 1, 8), country
    )
    on_site = draws.uniform(keys, "on campus") < parameters.real("on_campus_share", 0.4, 0.95)
    accounts.home_net[members] = np.where(on_site, campus, accounts.home_net[members])
    accounts.client[members] = persons_client(keys, parameters.real("coding_tool_share", 0.0, 0.5))
    _assignment(
        world,
        members,
        parameters,
        parameters.real("assignment_share", 0.4, 0.95),
        parameters.whole("assignments", 1, 8),
    )
    evening = parameters.whole("weekday", 0, 6) + parameters.real("hour", 0.6, 0.85)
    weeks = np.arange(evening - world.span.begins.weekday(), world.span.days, 7.0)
    weeks = weeks[(weeks >= 0)]
    weeks = weeks[~clock.is_holiday(world.clock, country, weeks)]
    _meet(world, members, weeks, parameters.real("hours", 1.5, 5) / 24)
    accounts.weight[members] = parameters.scale("intensity", 0.2, 1.2) * draws.lognormal(
        keys, "diligence", 1.0, parameters.real("diligence_spread", 0.4, 1.1)
    )
    accounts.scaled[members] = False
    return Group("class", INNOCENT, members, parameters)


def hackathon(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Strangers who share a hall and free credits for two days and all work on one brief."""
    accounts, registration = world.accounts, world.registration
    keys = accounts.key[members]
    begins = parameters.real("begins", 0.1, 0.85) * world.span.days
    accounts.born[members] = begins + draws.lognormal(keys, "arrives", 0.03, 1.0) - 0.05
    accounts.start[members], accounts.end[members] = (
        np.maximum(accounts.born[members], 0),
        np.minimum(begins + parameters.real("days", 1.0, 4.0), world.span.days),
    )
    country = int(accounts.country[members[0]])
    hall = geography.shared_network(world, f"hall {parameters.key}", parameters.whole("hall_addresses", 1, 3), country)
    there = draws.uniform(keys, "in the hall") < parameters.real("in_hall_share", 0.6, 1.0)
    accounts.home_net[members], accounts.work_net[members] = np.where(there, hall, accounts.home_net[members]), NONE
    registration.referrer[members] = np.where(
        draws.uniform(keys, "came by link") < 0.9, 7, registration.referrer[members]
    )
    registration.card_country[members] = np.where(
        draws.uniform(keys, "free credits") < parameters.real("free_share", 0.7, 1.0),
        NONE,
        registration.card_country[members],
    )
    accounts.client[members] = persons_client(keys, parameters.real("coding_tool_share", 0.3, 0.9))
    _assignment(world, members, parameters, parameters.real("brief_share", 0.05, 0.4), 1)
    _meet(world, members, np.array([begins]), parameters.real("hours", 20, 48) / 24)
    accounts.weight[members] = parameters.scale("intensity", 0.5, 3) * draws.lognormal(
        keys, "zeal", 1.0, parameters.real("zeal_spread", 0.4, 1.2)
    )
    accounts.scaled[members] = False
    return Group("hackathon", INNOCENT, members, parameters)


def cgnat(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Homes of one provider behind a few translated addresses, each of which hundreds of homes share."""
    accounts = world.accounts
    size = max(1, round(len(members) / parameters.scale("homes_per_address", 50, 400)))
    country = int(draws.pick(np.array([parameters.key], dtype=np.uint64), "country", geography.WEIGHTS)[0])
    net = geography.shared_network(world, f"translator {parameters.key}", size, country)
    accounts.country[members], accounts.zone[members] = country, geography.ZONES[country]
    accounts.home_net[members], accounts.home_lease[members] = net, parameters.scale("lease_days", 0.2, 10)
    return Group("cgnat", INNOCENT, members, parameters)


def vpn(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Customers of one consumer VPN, whose every session leaves through another exit."""
    exits, sites = parameters.whole("exits", 10, 300), parameters.whole("exit_sites", 3, 40)
    net = geography.spread_network(world, f"exits {parameters.key}", exits, sites, geography.EXITS)
    accounts = world.accounts
    keys = accounts.key[members]
    always = draws.uniform(keys, "always on") < parameters.real("always_on_share", 0.5, 1.0)
    accounts.home_net[members] = np.where(always, net, accounts.home_net[members])
    # Accounts that do not always use the VPN use it in office hours.
    accounts.work_net[members] = np.where(always, NONE, net)
    accounts.home_lease[members] = parameters.scale("lease_days", 0.1, 2)
    accounts.mobile_share[members] *= parameters.real("mobile_left", 0.1, 0.8)
    return Group("vpn", INNOCENT, members, parameters)


def family(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A household: one home address, often one card."""
    accounts, registration = world.accounts, world.registration
    for name in ("home_key", "home_net", "home_lease", "country", "zone", "mobile_net"):
        values = getattr(accounts, name)
        values[members] = values[members[0]]
    if parameters.chance("shares_card", 0.6):
        registration.card_key[members] = registration.card_key[members[0]]
        registration.issuer[members] = registration.issuer[members[0]]
        registration.card_country[members] = accounts.country[members[0]]
    return Group("family", INNOCENT, members, parameters)


def shared_login(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Logins that a family or an office uses together: several persons stand behind one account.

    Each person has a device of his or her own, and in an office also a home of his or her own.
    """
    accounts = world.accounts
    keys = accounts.key[members]
    office = parameters.chance("office", 0.5)
    least, most = (2, parameters.whole("persons", 3, 12)) if office else (2, parameters.whole("members", 2, 6))
    persons = least + draws.whole(keys, "how many", most - least + 1)
    accounts.customers[members] = len(world.customer_pools) + np.arange(len(members))
    world.customer_pools += [
        (key_of(parameters.key, "login", number), int(size)) for number, size in enumerate(persons.tolist())
    ]
    accounts.separate[members] = True
    if office:
        size = parameters.whole("egress_addresses", 1, 2)
        for account in members.tolist():  # each login belongs to another office
            name = f"login {parameters.key} {account}"
            accounts.work_net[account] = geography.shared_network(world, name, size, int(accounts.country[account]))
    else:
        accounts.work_net[members] = NONE
    accounts.client[members] = persons_client(keys, parameters.real("coding_tool_share", 0.0, 0.6))
    accounts.weight[members] *= persons ** parameters.real("busier", 0.5, 1.0)
    return Group("shared_login", INNOCENT, members, parameters)


def relay_software(world: World, members: Wholes, parameters: Parameters) -> Group:
    """Strangers who run the same self-hosted client, which gives them all one device id."""
    accounts = world.accounts
    accounts.client[members], accounts.second_share[members] = _DESKTOP_CHAT, 0.0
    accounts.device[members] = key_of(parameters.key, "device")
    if parameters.chance("one_version", 0.6):
        accounts.version[members], accounts.upgrade[members] = parameters.real("client_version", 0, 1), np.inf
    return Group("relay_software", INNOCENT, members, parameters)


def _assignment(world: World, members: Wholes, parameters: Parameters, share: float, count: int) -> None:
    """Makes a share of the conversations be about the same few texts, each in the words of its account."""
    rows = draws.shuffled(world.corpus.prompt_numbers("organic"), parameters.key)[:count]
    frames = tuple(Frame(before=(world.corpus.phrase(text),)) for text in _ASSIGNMENTS)
    program = Program(
        key=key_of(parameters.key, "assignment"),
        task_sets=(TaskSet(rows, frames),),
        frame_of="account",
        repeats=max(1, len(members)),
        substitution=parameters.real("own_words", 0.0, 0.4),
        by_account=True,
        longest_payload=200,
        sets_parameters=False,
    )
    world.programs.append(program)
    world.accounts.program[members] = len(world.programs) - 1
    world.accounts.program_share[members] = share


def _meet(world: World, members: Wholes, starts: draws.Reals, length: float) -> None:
    starts = starts[(starts > 0) & (starts < world.span.days - 0.1)]
    if not len(starts):
        starts = np.array([world.span.days / 2])
    world.timetables.append(Timetable(starts, np.minimum(starts + length, world.span.days)))
    world.accounts.rhythm[members] = len(world.timetables) - 1
