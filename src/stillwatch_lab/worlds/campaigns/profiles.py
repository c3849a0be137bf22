"""Campaign profiles other than `letter` and `mixed`; each is a letter campaign with some changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.campaigns.campaigns import letter, set_up_accounts
from stillwatch_lab.worlds.draft import (
    BY_PERSON,
    INNOCENT,
    NONE,
    Group,
    World,
)
from stillwatch_lab.worlds.draws import Wholes, key_of
from stillwatch_lab.worlds.parameters import Parameters
from stillwatch_lab.worlds.population import geography
from stillwatch_lab.worlds.population.before import give_back_homes, give_back_registrations, state_before
from stillwatch_lab.worlds.population.relays import take_customers
from stillwatch_lab.worlds.text.programs import Frame

PROFILES = ("loud", "letter", "hydra", "mixed", "sharded", "agentic", "grading", "patient")
"""Campaign profiles, from loud to nearly silent. `harvest` is not among them because it extracts nothing."""


def loud(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A campaign from one hosting subnet with one card, one template and a high rate."""
    parameters.preset({"exchanges_a_day": parameters.scale("loud_rate", 100, 1000), "hop_share": 0.0})
    parameters.preset({"intensity": parameters.scale("loud_intensity", 15, 60)})
    parameters.preset({"template_variants": 1, "copies_coding_tool": False, "libraries": 1, "paying_share": 1.0})
    group = letter(world, members, parameters, "loud")
    accounts, registration = world.accounts, world.registration
    size = parameters.whole("hosting_addresses", 1, 8)
    net = geography.shared_network(world, f"hosting {parameters.key}", size, geography.HOSTING)
    if not parameters.chance("own_addresses", 0.0):
        accounts.home_net[members], accounts.home_lease[members] = net, 1e6
    if not parameters.chance("own_papers", 0.0):
        registration.card_key[members] = key_of(parameters.key, "card")
        for name in ("issuer", "card_country"):
            values = getattr(registration, name)
            values[members] = values[members[0]]
    return group


def hydra(world: World, members: Wholes, parameters: Parameters, profile: str = "hydra") -> Group:
    """A campaign whose accounts share nothing: each has its own home address and card.

    All send the headers of a popular tool and use no common template, and the campaign grows slowly.
    """
    accounts, registration = world.accounts, world.registration
    before = state_before(world, members)
    parameters.preset({"copies_coding_tool": True, "ramp_days": parameters.real("slow_ramp_days", 8, 25)})
    group = letter(world, members, parameters, profile)
    give_back_homes(world, members, before)
    give_back_registrations(world, members, before)
    # Every account has its own card, mostly one of its own country.
    pays = draws.uniform(accounts.key[members], "own card") < parameters.real("paying_share", 0.7, 1.0)
    bare = pays & (registration.card_country[members] == NONE)
    registration.card_country[members] = np.where(bare, accounts.country[members], registration.card_country[members])
    registration.verification[members] = np.where(bare, 3, registration.verification[members])
    # Accounts are bought one by one: older ones keep their age, and there is no batch of sign-ups.
    accounts.born[members] = np.minimum(before.born, accounts.start[members] - 0.002)
    accounts.version[members] = draws.uniform(accounts.key[members], "copied version")
    if parameters.chance("strips_instructions", 0.5):
        for number in group.programs:
            task_sets = tuple(replace(task_set, frames=(Frame(),)) for task_set in world.programs[number].task_sets)
            world.programs[number] = replace(world.programs[number], task_sets=task_sets)
    else:
        _rewrite(world, group, frame_of="account", paraphrase=parameters.real("paraphrase", 0.4, 0.9))
    return group


def sharded(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A campaign that splits its data set: no two accounts ask the same, and each slice has its own vocabulary."""
    group = hydra(world, members, parameters, "sharded")
    samples = parameters.whole("samples", 2, 6) if parameters.chance("best_of_n", 0.4) else 1
    substitution = parameters.real("slice_exchange", 0.2, 0.5)
    _rewrite(world, group, samples=samples, by_account=samples == 1, substitution=substitution, repeats=1, data_rows=0)
    return group


def agentic(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A campaign of long trajectories with tools, one per task, that continue on another account after a refusal."""
    _aim(world, parameters, "agentic_reasoning")
    steps, hops = parameters.scale("steps", 4, 9), parameters.real("hops", 0.05, 0.25)
    parameters.preset({"mean_followups": steps, "hop_share": hops})
    parameters.preset({"uses_tools": True})
    return letter(world, members, parameters, "agentic")


def grading(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A campaign of many rubrics and pairwise comparisons with short answers."""
    _aim(world, parameters, "grading")
    followups = parameters.scale("grading_followups", 0.01, 0.1)
    parameters.preset({"output_tokens": parameters.scale("verdict_tokens", 8, 120), "mean_followups": followups})
    return letter(world, members, parameters, "grading")


def patient(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A campaign with about two exchanges per account and day, unsynchronised, for the world's whole time."""
    group = hydra(world, members, parameters, "patient")
    accounts, days = world.accounts, world.span.days
    keys = accounts.key[members]
    accounts.start[members] = draws.uniform(keys, "patient start") * days * 0.2
    accounts.end[members] = days
    accounts.born[members] = np.minimum(accounts.born[members], accounts.start[members] - 0.002)
    accounts.weight[members] = (
        draws.lognormal(keys, "patience", parameters.scale("daily", 1, 3), 0.4) * days / world.mean
    )
    accounts.rhythm[members] = BY_PERSON
    world.registration.closed[members] = np.nan
    world.pauses.pop(len(world.groups), None)
    return group


def harvest(world: World, members: Wholes, parameters: Parameters) -> Group:
    """A relay that stores its customers' organic traffic: a network without any exchange that asks for extraction."""
    set_up_accounts(world, members, parameters)
    take_customers(world, members, parameters)
    world.accounts.rhythm[members] = BY_PERSON
    return Group("harvest", INNOCENT, members, parameters)


def _rewrite(world: World, group: Group, **changes: Any) -> None:
    for number in group.programs:
        world.programs[number] = replace(world.programs[number], **changes)


def _aim(world: World, parameters: Parameters, capability: str) -> None:
    """Makes this capability the campaign's only target, if there are prompts of it."""
    if capability in world.corpus.capabilities("distill"):
        parameters.preset({"capabilities": [capability]})
