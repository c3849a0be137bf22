"""The writer of each conversation, and the program and data-set row that it carries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import NONE, World
from stillwatch_lab.worlds.draws import Keys, Reals, Wholes
from stillwatch_lab.worlds.log import customers
from stillwatch_lab.worlds.log.customers import Passed
from stillwatch_lab.worlds.parameters import keys_under
from stillwatch_lab.worlds.population import geography
from stillwatch_lab.worlds.population.rhythm import Exchanges
from stillwatch_lab.worlds.text.languages import languages, phrases_by_language
from stillwatch_lab.worlds.text.programs import Frame, Program, TaskSet


@dataclass(frozen=True, slots=True)
class Conversations:
    """One entry a conversation: its key, the account on which it began, its writer, its program and row.

    `opening` is the key that its first turn is written from: its own, or that of an earlier conversation in which the
    same person asked the same. `subject` is the key that its subject is drawn from, if that is not its own.
    """

    key: Keys
    account: Wholes
    person: Keys
    program: Wholes  # NONE: a person's own words
    row: Wholes
    language: Wholes  # of the person: 0 for English, else one more than the place in `languages.languages()`
    opening: Keys
    subject: Keys
    passed: Passed


def conversations(world: World, exchanges: Exchanges) -> Conversations:
    """Assigns every conversation its writer, program and row; a program's rows follow time over all accounts.

    Renumbers the conversations of `exchanges` from 0, so that they index the result.
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
    subject = customers.assign(world, account, key, day, program, person)
    _in_rotation(world, account, key, program)
    _by_phase(world, account, day, program)
    _viral(world, program, key, day)
    row = _rows(world, account, program, key, day)
    language = languages_of(world, account, person)
    opening = _openings(world, key, program, person, day)
    passed = customers.passed(world, account, program, person)
    return Conversations(key, account, person, program, row, language, opening, subject, passed)


def languages_of(world: World, account: Wholes, person: Keys) -> Wholes:
    """The language of each conversation's writer: mostly that of the account's country; customers of relays vary."""
    accounts, parameters = world.accounts, world.parameters
    codes = {country[0]: number for number, country in enumerate(geography.COUNTRIES)}
    mother = np.zeros(len(codes), dtype=np.int64)
    for number, name in enumerate(languages(), start=1):
        for code in phrases_by_language()[name]["countries"]:
            mother[codes[code]] = number
    stranger = (person != accounts.key[account]) & ~accounts.separate[account]
    country = np.where(stranger, draws.pick(person, "country", geography.WEIGHTS), accounts.country[account])
    faithful = draws.uniform(person, "mother tongue") < parameters.real("mother_tongue_share", 0.3, 0.9)
    return np.where(faithful, mother[country], 0)


def _openings(world: World, key: Keys, program: Wholes, person: Keys, day: Reals) -> Keys:
    """The keys that first turns are written from; some people ask in a new conversation what they asked before.

    `asks_anew` is the share of conversations at the mean; people differ widely in it.
    """
    share = world.parameters.optional("asks_anew")
    if not share:
        return key
    order = np.lexsort((day, person))
    habit = share * 3 * draws.uniform(person, "asks anew") ** 2
    anew = (program == NONE) & (draws.uniform(key, "asks anew") < habit)
    again = anew[order][1:] & (person[order][1:] == person[order][:-1]) & (program[order][:-1] == NONE)
    # A question that is asked a third time is still the first one's.
    first = np.maximum.accumulate(np.where(np.concatenate([[False], again]), 0, np.arange(len(order))))
    opening = np.empty_like(key)
    opening[order] = key[order][first]
    return opening


def _in_rotation(world: World, account: Wholes, key: Keys, program: Wholes) -> None:
    """Spreads the conversations of a relay that works for several campaigns over them, by each campaign's share."""
    for number, group in enumerate(world.groups):
        if len(group.programs) > 1:
            mine = np.flatnonzero((world.accounts.group[account] == number) & (program == group.programs[0]))
            shares = draws.lognormal(keys_under(group.parameters.key, "order", len(group.programs)), "size", 1.0, 0.6)
            program[mine] = np.array(group.programs)[draws.pick(key[mine], "for whom", shares)]


def _by_phase(world: World, account: Wholes, day: Reals, program: Wholes) -> None:
    """Has groups that feel out the model first do so until the day on which their work begins."""
    for number, (probe, until) in sorted(world.probes.items()):
        early = (world.accounts.group[account] == number) & (program != NONE) & (day < until)
        program[early] = probe


def _rows(world: World, account: Wholes, program: Wholes, key: Keys, day: Reals) -> Wholes:
    """The row of its data set that each conversation carries, in order of time over all accounts.

    Programs of one campaign work through one data set.
    """
    row = np.zeros(len(key), dtype=np.int64)
    queue = [
        index if one.campaign == NONE or one.part == "probe" else len(world.programs) + one.campaign
        for index, one in enumerate(world.programs)
    ]
    where = np.array([*queue, NONE])[program]
    for index in sorted(set(queue)):
        carried = np.flatnonzero(where == index)
        in_time = carried[np.lexsort((key[carried], day[carried]))]
        own = [one for one, number in zip(world.programs, queue, strict=True) if number == index]
        samples = max(one.samples for one in own)
        if own[0].order != "shared":
            row[in_time] = _unshared(own[0], world.accounts.key[account[in_time]], key[in_time])
        else:
            row[in_time] = _sliced(account[in_time], samples) if samples else np.arange(len(in_time))
    return row


def _unshared(program: Program, account: Keys, key: Keys) -> Wholes:
    """Rows of a data set that accounts use independently of each other, for conversations in order of time."""
    known = program.data_rows or max(len(task_set.rows) for task_set in program.task_sets)
    if program.order == "chosen":
        return draws.pick(key, "chosen row", draws.zipf_weights(known, 0.8))
    begin = draws.whole(account, "first row", known) if program.order == "anywhere" else 0
    return (begin + _nth(account)) % known


def _nth(account: Keys | Wholes) -> Wholes:
    """How many earlier entries each entry's account has."""
    place = np.unique(account, return_inverse=True)[1].reshape(-1)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(place.max() + 1 if len(place) else 0))
    nth = np.empty(len(place), dtype=np.int64)
    nth[order] = np.arange(len(place)) - starts[place[order]]
    return nth


def _sliced(account: Wholes, samples: int) -> Wholes:
    """Row numbers such that every `samples` accounts work through a slice that no other account uses.

    `account` lists the conversations' accounts in order of time.
    """
    place, nth = np.unique(account, return_inverse=True)[1].reshape(-1), _nth(account)
    return np.asarray(place // samples * (int(nth.max(initial=0)) + 1) + nth)


def _viral(world: World, program: Wholes, key: Keys, day: Reals) -> None:
    """Has many people try one exact prompt within a few days."""
    parameters = world.parameters
    rows = np.concatenate([world.corpus.prompt_numbers("bench"), world.corpus.prompt_numbers("organic")[::7]])
    for wave in range(parameters.whole("viral_prompts", 1, 3)):
        begins = parameters.real(f"viral_{wave}_begins", 0.1, 0.8) * world.span.days
        peak = parameters.scale(f"viral_{wave}_share", 0.003, 0.03)
        since = day - begins
        fades = parameters.scale(f"viral_{wave}_days", 0.7, 6)
        chance = np.where(since > 0, peak * np.exp(-np.clip(since, 0, None) / fades), 0.0)
        chosen = (program == NONE) & (draws.uniform(key, f"viral {wave}") < chance)
        prompt = rows[draws.key_of(world.key, "viral", wave) % len(rows)]
        task_set = TaskSet(np.array([prompt]), (Frame(),))
        world.programs.append(Program(draws.key_of(world.key, "wave", wave), (task_set,), sets_parameters=False))
        program[chosen] = len(world.programs) - 1
