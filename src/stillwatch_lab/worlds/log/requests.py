"""Texts of exchanges: the instructions, the user's turns so far, and a short answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import NONE, World
from stillwatch_lab.worlds.draws import Wholes
from stillwatch_lab.worlds.log.compose import (
    SLOTS,
    SpanGrid,
    Turns,
    WritingMaterial,
    frame_numbers,
    frame_spans,
    is_person,
    persons_turns,
    program_turns,
)
from stillwatch_lab.worlds.log.conversations import Conversations
from stillwatch_lab.worlds.log.headers import Headers
from stillwatch_lab.worlds.population.rhythm import Exchanges
from stillwatch_lab.worlds.text.detokenise import detokenise

_LONGEST_REQUEST = 8_000  # bytes
_LONGEST_ANSWER = 200


@dataclass(frozen=True, slots=True)
class Requests:
    """Texts, one entry an exchange; null where an exchange has none."""

    instructions: pa.Array
    text: pa.Array
    answer: pa.Array


def requests(
    world: World,
    material: WritingMaterial,
    exchanges: Exchanges,
    conversations: Conversations,
    rows: Wholes,
    found: Headers,
) -> Requests:
    """Writes the texts of the exchanges `rows`."""
    turn = exchanges.turn[rows].astype(np.int64)
    talk = exchanges.conversation[rows]
    many = turn + 1
    last = np.cumsum(many)
    each = np.repeat(talk, many)
    position = np.arange(int(last[-1])) - np.repeat(last - many, many)
    key = np.where(position == 0, conversations.opening[each], conversations.key[each])
    goes_on = conversations.subject[each] != conversations.key[each]
    turns = Turns(
        key,
        np.where(goes_on, conversations.subject[each], key),
        conversations.person[each],
        world.accounts.key[conversations.account[each]],
        conversations.row[each],
        position,
        conversations.language[each],
    )
    grid = _written(world, material, turns, conversations.program[each])
    corpus = material.corpus
    offsets = np.concatenate([[0], last]) * SLOTS
    text = detokenise(corpus.lexicon, corpus.tokens, grid.spans(), offsets, _LONGEST_REQUEST)
    answers = _answers(material, grid, turns, last - 1)
    count = np.arange(len(rows) + 1) * SLOTS
    answer = detokenise(corpus.lexicon, corpus.tokens, answers.spans(), count, _LONGEST_ANSWER)
    system_spans = _instructions(world, conversations, talk, exchanges.account[rows], found)
    instructions = detokenise(corpus.lexicon, corpus.tokens, system_spans.spans(), count, _LONGEST_REQUEST)
    return Requests(instructions, text, answer)


def _written(world: World, material: WritingMaterial, turns: Turns, program: Wholes) -> SpanGrid:
    grid = SpanGrid(len(program))
    people = is_person(program)
    persons_turns(material, turns.where(people)).into(grid, people)
    for number in np.unique(program[~people]).tolist():
        chosen = program == number
        program_turns(material, world.programs[number], turns.where(chosen)).into(grid, chosen)
    return grid


def _answers(material: WritingMaterial, grid: SpanGrid, turns: Turns, last: Wholes) -> SpanGrid:
    """Answers: each starts with a stock phrase, which words of the question follow in another order."""
    answer = SpanGrid(len(last))
    key = draws.child(turns.key[last], "answer", turns.turn[last])
    opener = material.answers[draws.whole(key, "opener", len(material.answers))]
    answer.put(0, (opener[:, 0], opener[:, 1]))
    longest = np.argmax(grid.end[last] - grid.start[last], axis=1)
    start, end = grid.start[last, longest], grid.end[last, longest]
    begin = start + draws.whole(key, "from", np.maximum(end - start - 12, 1))
    answer.put(1, (begin, np.minimum(end, begin + 8 + draws.whole(key, "length", 30))))
    answer.vary(1, grid.key[last, longest], grid.share[last, longest] / 65535, 120, True)
    return answer


def _instructions(
    world: World, conversations: Conversations, talk: Wholes, account: Wholes, found: Headers
) -> SpanGrid:
    """The system instructions: those of the program's frame, else of the organisation, else of the client."""
    grid = SpanGrid(len(talk))
    clients = np.array([world.corpus.phrase(one.instructions) if one.instructions else (0, 0) for one in world.clients])
    systems = np.array([*world.systems, (0, 0)])
    passed = conversations.passed
    own = np.where(passed.on[talk], passed.system[talk], world.accounts.system[account])
    spans = np.where((own != NONE)[:, None], systems[own], clients[found.client])
    grid.put(0, (spans[:, 0], spans[:, 1]))
    program = conversations.program[talk]
    for number in np.unique(program[~is_person(program)]).tolist():
        chosen = np.flatnonzero(program == number)
        some = world.programs[number]
        key, holder = conversations.key[talk[chosen]], world.accounts.key[conversations.account[talk[chosen]]]
        row = some.data_row(conversations.row[talk[chosen]])
        base = np.full(len(row), some.key, dtype=np.uint64)
        task_set = draws.pick(draws.child(base, "deck", row), "deck", [one.share for one in some.task_sets])
        for index, one in enumerate(some.task_sets):
            within = task_set == index
            system_spans = frame_spans(one)[2][frame_numbers(some, one, key[within], holder[within])]
            place = chosen[within]
            framed = system_spans[:, 0, 1] > 0
            grid.start[place[framed], :4], grid.end[place[framed], :4] = (
                system_spans[framed, :, 0],
                system_spans[framed, :, 1],
            )
    return grid
