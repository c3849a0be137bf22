"""The other rungs of the ladder, from loud to nearly silent, as what each changes in a letter campaign."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from stillwatch.lab import draws, places
from stillwatch.lab.campaigns import letter
from stillwatch.lab.draft import BY_PERSON, INNOCENT, NONE, Group, World
from stillwatch.lab.draws import Wholes, key_of
from stillwatch.lab.parameters import Parameters
from stillwatch.lab.programs import Frame

_HOME = ("home_key", "home_net", "home_lease")
_PAPERS = ("issuer", "card_country", "email_domain", "email_shape", "verification", "account_type")


def loud(world: World, who: Wholes, parameters: Parameters) -> Group:
    """One hosting subnet, one card, one template, a high rate."""
    parameters.preset(
        {"exchanges_a_day": parameters.scale("loud_rate", 100, 1000), "intensity": 40.0, "hop_share": 0.0}
    )
    parameters.preset({"template_variants": 1, "copies_coding_tool": False})
    group = _named(letter(world, who, parameters), "loud")
    accounts, registration = world.accounts, world.registration
    net = places.shared_network(world, f"hosting {parameters.key}", parameters.whole("hosting_addresses", 1, 8), 34)
    if not parameters.chance("own_addresses", 0.0):
        accounts.home_net[who], accounts.home_lease[who] = net, 1e6
    if not parameters.chance("own_papers", 0.0):
        registration.card_key[who] = key_of(parameters.key, "card")
    return group


def hydra(world: World, who: Wholes, parameters: Parameters) -> Group:
    """One home address and one card per account, headers of a popular tool, no shared template, a slow ramp."""
    accounts, registration = world.accounts, world.registration
    homes = {name: getattr(accounts, name)[who] for name in _HOME}
    papers = {name: getattr(registration, name)[who] for name in _PAPERS}
    born = accounts.born[who].copy()
    parameters.preset({"copies_coding_tool": True, "ramp_days": parameters.real("slow_ramp_days", 8, 25)})
    group = _named(letter(world, who, parameters), "hydra")
    for name, values in homes.items():
        getattr(accounts, name)[who] = values
    for name, values in papers.items():
        getattr(registration, name)[who] = values
    # Bought one by one: older accounts stay as old as they were, and no batch is seen.
    accounts.born[who] = np.minimum(born, accounts.start[who] - 0.002)
    accounts.version[who] = draws.uniform(accounts.key[who], "copied version")
    if parameters.chance("strips_instructions", 0.5):
        decks = tuple(replace(deck, frames=(Frame(),)) for deck in world.programs[group.program].decks)
        _rewrite(world, group, decks=decks)
    else:
        _rewrite(world, group, frame_of="account", paraphrase=parameters.real("paraphrase", 0.4, 0.9))
    return group


def sharded(world: World, who: Wholes, parameters: Parameters) -> Group:
    """A data set split over accounts: no two ask the same, and each slice has a vocabulary of its own."""
    group = hydra(world, who, parameters)
    samples = parameters.whole("samples", 2, 6) if parameters.chance("best_of_n", 0.4) else 1
    exchange = parameters.real("slice_exchange", 0.2, 0.5)
    _rewrite(world, group, samples=samples, by_account=samples == 1, exchange=exchange)
    return _named(group, "sharded")


def agentic(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Long trajectories with tools, one a task, that go on elsewhere after a refusal."""
    _aim(world, parameters, "agentic_reasoning")
    steps, hops = parameters.scale("steps", 4, 9), parameters.real("hops", 0.05, 0.25)
    parameters.preset({"mean_followups": steps, "hop_share": hops})
    group = letter(world, who, parameters)
    _rewrite(world, group, tools=("search", "open", "click", "run", "finish"))
    return _named(group, "agentic")


def grading(world: World, who: Wholes, parameters: Parameters) -> Group:
    """Rubrics and pairwise judgements at scale, with short answers."""
    _aim(world, parameters, "grading")
    parameters.preset({"output_tokens": parameters.scale("verdict_tokens", 8, 120), "mean_followups": 0.02})
    return _named(letter(world, who, parameters), "grading")


def patient(world: World, who: Wholes, parameters: Parameters) -> Group:
    """About two exchanges an account a day, unsynchronised, for the whole of the world's time."""
    group = hydra(world, who, parameters)
    accounts, days = world.accounts, world.span.days
    keys = accounts.key[who]
    accounts.start[who] = draws.uniform(keys, "patient start") * days * 0.2
    accounts.end[who] = days
    accounts.born[who] = np.minimum(accounts.born[who], accounts.start[who] - 0.002)
    accounts.weight[who] = draws.lognormal(keys, "patience", parameters.scale("daily", 1, 3), 0.4) * days / world.mean
    accounts.rhythm[who] = BY_PERSON
    world.registration.closed[who] = np.nan
    world.pauses.pop(len(world.groups), None)
    return _named(group, "patient")


def harvest(world: World, who: Wholes, parameters: Parameters) -> Group:
    """A relay that keeps its customers' organic traffic: a network, but no exchange that asks for extraction."""
    group = letter(world, who, parameters)
    customers = max(2, round(len(who) * parameters.scale("customers_per_account", 2, 8)))
    world.customer_pools.append((key_of(parameters.key, "customers"), customers))
    world.accounts.customers[who] = len(world.customer_pools) - 1
    world.accounts.program_share[who], world.accounts.program[who] = 0.0, NONE
    world.accounts.rhythm[who] = BY_PERSON
    return Group("harvest", INNOCENT, who, group.parameters)


def _named(group: Group, rung: str) -> Group:
    return replace(group, kind=rung, rung=rung)


def _rewrite(world: World, group: Group, **changes: Any) -> None:
    world.programs[group.program] = replace(world.programs[group.program], **changes)


def _aim(world: World, parameters: Parameters, capability: str) -> None:
    """Aim at one capability, if the prompts have it."""
    if capability in world.corpus.capabilities("distill"):
        parameters.preset({"capabilities": [capability]})
