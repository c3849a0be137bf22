"""Evasions that an operator may buy. Each is a parameter of every campaign profile, and off unless a recipe sets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from stillwatch_lab.worlds.draft import World
from stillwatch_lab.worlds.draws import Wholes
from stillwatch_lab.worlds.parameters import Parameters
from stillwatch_lab.worlds.population.before import StateBefore, give_back_homes, give_back_registrations
from stillwatch_lab.worlds.text.corpus import CorpusBuilder

RARE, FREQUENT = 5, 0.02  # a word can name a topic if at least so many prompts and at most this share of them use it


def apply_evasions(
    world: World, members: Wholes, parameters: Parameters, programs: Sequence[int], before: StateBefore
) -> None:
    """Applies the evasions that the recipe sets to a campaign of any profile that is built on `letter`."""
    accounts = world.accounts
    if parameters.chance("own_addresses", 0.0):
        give_back_homes(world, members, before)
    if parameters.chance("own_papers", 0.0):
        give_back_registrations(world, members, before)
    if parameters.chance("own_sign_ups", 0.0):
        accounts.born[members] = np.minimum(before.born, accounts.start[members] - 0.002)
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
    task_sets = world.programs[program].task_sets
    return {
        "task_sets": tuple(replace(task_set, rows=by_topic(world.corpus, task_set.rows)) for task_set in task_sets),
        "samples": 1,
    }


def by_topic(corpus: CorpusBuilder, rows: Wholes) -> Wholes:
    """The prompts `rows`, (rows,), in an order in which prompts of one topic are neighbours.

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
