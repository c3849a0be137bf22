"""What each conversation is about: whose words it is written in, and which row of which program it carries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch.lab import draws
from stillwatch.lab.draft import NONE, World
from stillwatch.lab.draws import Keys, Wholes
from stillwatch.lab.parameters import keys_under
from stillwatch.lab.programs import Deck, Frame, Program
from stillwatch.lab.rhythm import Exchanges


@dataclass(frozen=True, slots=True)
class Conversations:
    """One entry a conversation: its key, the account it began on, the person behind it, its program and row."""

    key: Keys
    account: Wholes
    person: Keys
    program: Wholes  # NONE: a person's own words
    row: Wholes


def conversations(world: World, exchanges: Exchanges) -> Conversations:
    """Assign every conversation its writer; rows of a program are handed out in order of time over all accounts.

    Conversations of `exchanges` are renumbered from 0, so that they index the result.
    """
    accounts = world.accounts
    number, first, dense = np.unique(exchanges.conversation, return_index=True, return_inverse=True)
    exchanges.conversation = dense.reshape(-1)
    account, day = exchanges.account[first], exchanges.day[first]
    key = draws.child(accounts.key[account], "conversation", number)
    person = accounts.key[account].copy()
    program = np.where(
        draws.uniform(key, "by program") < accounts.program_share[account], accounts.program[account], NONE
    )
    for index, (pool, size) in enumerate(world.customer_pools):
        chosen = (accounts.customers[account] == index) & (program == NONE)
        # Customers of a relay are as uneven as people are, and meet whichever account is free.
        person[chosen] = keys_under(pool, "customer", size)[
            draws.pick(key[chosen], "customer", draws.zipf_weights(size, 0.8))
        ]
    _viral(world, program, key, day)
    row = np.zeros(len(key), dtype=np.int64)
    for index in range(len(world.programs)):
        carried = np.flatnonzero(program == index)
        in_time = carried[np.lexsort((key[carried], day[carried]))]
        samples = world.programs[index].samples
        row[in_time] = _sliced(account[in_time], samples) if samples else np.arange(len(in_time))
    return Conversations(key, account, person, program, row)


def _sliced(account: Wholes, samples: int) -> Wholes:
    """Row numbers such that every `samples` accounts work through a slice that no other account touches.

    `account` lists the conversations' accounts in order of time.
    """
    _, place = np.unique(account, return_inverse=True)
    place = place.reshape(-1)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(place.max() + 1 if len(place) else 0))
    nth = np.empty(len(place), dtype=np.int64)
    nth[order] = np.arange(len(place)) - starts[place[order]]
    return np.asarray(place // samples * (int(nth.max(initial=0)) + 1) + nth)


def _viral(world: World, program: Wholes, key: Keys, day: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    """For a few days one exact prompt is tried by many people."""
    parameters = world.parameters
    rows = world.corpus.prompt_numbers("bench")
    if not len(rows):
        return
    for wave in range(parameters.whole("viral_prompts", 1, 3)):
        begins = parameters.real(f"viral_{wave}_begins", 0.1, 0.8) * world.span.days
        peak = parameters.scale(f"viral_{wave}_share", 0.003, 0.03)
        since = day - begins
        chance = np.where(since > 0, peak * np.exp(-np.clip(since, 0, None) / 2.0), 0.0)
        chosen = (program == NONE) & (draws.uniform(key, f"viral {wave}") < chance)
        prompt = rows[draws.key_of(world.key, "viral", wave) % len(rows)]
        world.programs.append(Program(draws.key_of(world.key, "wave", wave), (Deck(np.array([prompt]), (Frame(),)),)))
        program[chosen] = len(world.programs) - 1
