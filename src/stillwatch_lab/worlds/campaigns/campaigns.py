"""Campaigns: groups of accounts that extract a model's capabilities together."""

from __future__ import annotations

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.campaigns.efforts import add_programs
from stillwatch_lab.worlds.campaigns.evasions import apply_evasions
from stillwatch_lab.worlds.draft import (
    BY_PERSON,
    CAMPAIGN,
    Group,
    World,
)
from stillwatch_lab.worlds.draws import Wholes
from stillwatch_lab.worlds.parameters import Parameters, keys_under
from stillwatch_lab.worlds.population.before import state_before
from stillwatch_lab.worlds.population.relays import relay_of, run_by_relay, signed_up_by_relay, take_customers

# Weights of the types that accounts state at sign-up, before each campaign's own draw; programmes that give credits to
# students, researchers and start-ups are known to be used (observables.md, row 10).
_TYPES = (0.7, 0.1, 0.08, 0.04, 0.08)

_LEAST_WORK, _MOST_WORK = 10, 1_200  # exchanges an account of a campaign that divides a data set among its accounts


def letter(world: World, members: Wholes, parameters: Parameters, profile: str = "letter") -> Group:
    """The profile of the campaign described in the letter to the Senate; other profiles are built on it.

    It has thousands of accounts, rotating home addresses, cards of few issuers, batches of sign-ups, variants of
    templates, and one relay whose queue gives work to the accounts.
    """
    before = state_before(world, members)
    copies = set_up_accounts(world, members, parameters)
    programs = add_programs(world, parameters, profile, copies)
    world.accounts.program[members], world.accounts.program_share[members] = programs[0], 1.0
    cover = parameters.optional("cover_share")
    if cover:  # accounts that also ask as a person would; how much differs from account to account
        own = cover * (0.5 + draws.uniform(world.accounts.key[members], "cover"))
        world.accounts.program_share[members] = 1 - np.minimum(own, 0.9)
    apply_evasions(world, members, parameters, programs, before)
    return Group(profile, CAMPAIGN, members, parameters, programs, aside="cover" if cover else "")


def set_up_accounts(world: World, members: Wholes, parameters: Parameters) -> bool:
    """Sets up the accounts' lifetimes, relay, sign-ups and closures, which do not depend on what they will ask.

    Returns whether the relay copies a popular tool's parameters.
    """
    relay = relay_of(world, parameters)
    _lifetimes(world, members, parameters)
    copies = run_by_relay(world, members, relay)
    signed_up_by_relay(world, members, relay)
    _state_types(world, members, parameters)
    _release(world, members, parameters)
    return copies


def mixed(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A relay's accounts carry the traffic of real customers as well as the campaign's; customers change accounts."""
    group = letter(world, members, parameters, "mixed")
    accounts = world.accounts
    share = parameters.real("customer_share", 0.4, 0.8)
    take_customers(world, members, parameters)
    accounts.program_share[members] = 1 - share
    accounts.rhythm[members] = BY_PERSON
    return group


def _lifetimes(world: World, members: Wholes, parameters: Parameters) -> None:
    """Draws chains of accounts: when one account is closed, another takes its place within hours.

    `banned_at` (share of the world's days, 1: never) is the day on which every account is closed. With
    `campaign_exchanges` the campaign is as large as its data set, however many accounts share the work.
    """
    accounts, days = world.accounts, world.span.days
    first = parameters.real("first_day", 0.02, 0.3) * days
    banned = parameters.real("banned_at", 1.0, 1.0) * days
    last = max(min(days - parameters.real("quiet_days", 0.0, 0.1) * days, banned), first + 0.5)
    last = min(last, first + parameters.optional("campaign_days", days))
    intensity, size = parameters.scale("intensity", 5, 12), parameters.optional("campaign_exchanges")
    if size:
        intensity = min(max(size / len(members), _LEAST_WORK), _MOST_WORK) / world.mean
    pace = parameters.scale("exchanges_a_day", 10, 40)
    life = min(max(intensity * world.mean / pace, 0.5), last - first)
    keys = accounts.key[members]
    start, end = _chains(keys, first, last, life, parameters)
    accounts.start[members], accounts.end[members] = start, end
    rate = draws.lognormal(keys, "rate", pace, parameters.real("rate_spread", 0.1, 0.7))
    volume = rate * np.maximum(end - start, 0.3)
    accounts.weight[members] = volume * intensity / volume.mean()
    accounts.scaled[members] = False
    _close(world, members, parameters, last, banned < days)
    world.pauses[len(world.groups)] = _pauses(parameters, first, last)


def _close(world: World, members: Wholes, parameters: Parameters, last: float, banned: bool) -> None:
    """Draws why accounts stop: the provider closes some, some are no longer paid for, and the rest are abandoned."""
    registration = world.registration
    keys, end = world.accounts.key[members], world.accounts.end[members]
    by_provider = parameters.real("closed_share", 0.1, 0.8)
    unpaid = parameters.real("unpaid_share", 0.0, 0.2)
    cause = draws.pick(keys, "why it stops", [by_provider, unpaid, max(1 - by_provider - unpaid, 0.0)])
    closed = (end < last - 0.3) & (cause < 2) | banned
    swept = draws.lognormal(keys, "swept", 0.05, 1.0)
    registration.closed[members] = np.where(closed, end + np.where(end >= last, swept, 0.01), np.nan)
    registration.closed_reason[members] = np.where((cause == 1) & (end < last), "unpaid", "policy")


def _chains(
    keys: draws.Keys, first: float, last: float, life: float, parameters: Parameters
) -> tuple[draws.Reals, draws.Reals]:
    """First and last days of accounts that replace each other between the days `first` and `last`, (accounts,) each."""
    count = len(keys)
    slots = max(1, min(count, round(count * life / (last - first))))
    lives = np.maximum(draws.lognormal(keys, "life", life * 0.9, parameters.real("life_spread", 0.2, 0.9)), 0.5)
    ramp = draws.uniform(keys[:slots], "ramp") ** parameters.real("ramp_shape", 0.7, 2.5)
    free = first + np.sort(ramp) * parameters.real("ramp_days", 0.5, 6)
    gaps = draws.lognormal(keys, "replaced after", parameters.scale("replaced_after_days", 0.05, 0.4), 0.8)
    reserve = first + (last - first) * draws.uniform(keys, "reserve") * 0.8
    start, end = np.empty(count), np.empty(count)
    for index in range(count):
        slot = int(np.argmin(free))
        # When every place is taken until the end, the remaining accounts are reserves.
        taken = free[slot] >= last - 0.2
        start[index] = reserve[index] if taken else free[slot]
        end[index] = min(start[index] + lives[index], last)
        if not taken:
            free[slot] = end[index] + gaps[index]
    return start, end


def _pauses(parameters: Parameters, first: float, last: float) -> list[tuple[float, float]]:
    count = parameters.whole("pauses", 0, 4)
    keys = keys_under(parameters.key, "pause", count)
    starts = first + draws.uniform(keys, "at") * (last - first)
    hours = draws.lognormal(keys, "hours", parameters.scale("pause_hours", 0.5, 8), 0.6)
    return [(float(at), float(at + h / 24)) for at, h in zip(starts, hours, strict=True)]


def _state_types(world: World, members: Wholes, parameters: Parameters) -> None:
    leaning = draws.lognormal(keys_under(parameters.key, "type", len(_TYPES)), "leaning", 1.0, 0.7)
    weights = np.array(_TYPES) * leaning
    world.registration.account_type[members] = draws.pick(world.accounts.key[members], "campaign type", weights)


def _release(world: World, members: Wholes, parameters: Parameters) -> None:
    """Moves half or more of the traffic to a newly released model within a day."""
    accounts = world.accounts
    accounts.lag[members] = draws.uniform(accounts.key[members], "campaign lag") * parameters.real(
        "release_lag_days", 0.1, 0.9
    )
    accounts.rush[members] = parameters.real("release_share", 0.5, 0.9)
    accounts.model[members] = parameters.whole("model_before", 0, 1)
