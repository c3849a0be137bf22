"""What an operator may buy to be seen less: each a parameter of every rung, off unless a world's file asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stillwatch_lab.worlds.draft import World
from stillwatch_lab.worlds.draws import Wholes
from stillwatch_lab.worlds.parameters import Parameters
from stillwatch_lab.worlds.text.corpus import CorpusBuilder

HOMES = ("home_key", "home_net", "home_lease")
PAPERS = ("issuer", "card_country", "email_domain", "email_shape", "verification", "account_type")

RARE, FREQUENT = 5, 0.02  # rows, and share of all, that use a word which names a topic


@dataclass(frozen=True, slots=True)
class Before:
    """What the accounts were as persons, before a rung made them its own."""

    homes: dict[str, Any]
    papers: dict[str, Any]
    born: Any


def as_persons(world: World, who: Wholes) -> Before:
    """Copies what disguises may give back to the accounts `who`."""
    return Before(
        {name: getattr(world.accounts, name)[who] for name in HOMES},
        {name: getattr(world.registration, name)[who] for name in PAPERS},
        world.accounts.born[who].copy(),
    )


def own_homes(world: World, who: Wholes, before: Before) -> None:
    """Gives the accounts `who` the homes that they had."""
    for name, own in before.homes.items():
        getattr(world.accounts, name)[who] = own


def own_papers(world: World, who: Wholes, before: Before) -> None:
    """Gives the accounts `who` what they had stated."""
    for name, own in before.papers.items():
        getattr(world.registration, name)[who] = own


def disguise(world: World, who: Wholes, parameters: Parameters, programs: Sequence[int], before: Before) -> None:
    """Applies the disguises that the world's file asks for to a drawn letter campaign, or to a rung made from one."""
    accounts = world.accounts
    if parameters.chance("own_addresses", 0.0):
        own_homes(world, who, before)
    if parameters.chance("own_papers", 0.0):
        own_papers(world, who, before)
    if parameters.chance("own_sign_ups", 0.0):
        accounts.born[who] = np.minimum(before.born, accounts.start[who] - 0.002)
    for program in programs:
        changes = {**_own_wording(parameters), **_own_topics(world, parameters, program)}
        if changes:
            world.programs[program] = replace(world.programs[program], **changes)


def _own_wording(parameters: Parameters) -> dict[str, Any]:
    share = parameters.real("frame_paraphrase", 0.0, 0.0)
    return {"paraphrase": share, "frame_of": "account"} if share else {}


def _own_topics(world: World, parameters: Parameters, program: int) -> dict[str, Any]:
    if not parameters.chance("topical_slices", 0.0):
        return {}
    decks = world.programs[program].decks
    return {"decks": tuple(replace(deck, rows=by_topic(world.corpus, deck.rows)) for deck in decks), "samples": 1}


def by_topic(corpus: CorpusBuilder, rows: Wholes) -> Wholes:
    """The prompts `rows` so that those of one topic are neighbours.

    A prompt's topic is its most frequent word among those that at least RARE prompts and at most FREQUENT of all use.
    """
    words = [np.unique(corpus.opening(row)) for row in rows.tolist()]
    named, used = np.unique(np.concatenate([np.empty(0, np.int64), *words]), return_counts=True)
    fits = (used >= RARE) & (used <= max(RARE, FREQUENT * len(rows)))
    topic = np.full(len(rows), -1, np.int64)
    for number, own in enumerate(words):
        place = np.searchsorted(named, own)
        place = place[fits[place]]
        if len(place):
            topic[number] = place[np.argmax(used[place])]
    return rows[np.argsort(topic, kind="stable")]
