"""Labelled examples and their features, which are those of the shipped kernel."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_matrix

from stillwatch.records.inputs import CAPABILITIES
from stillwatch.sketch.buffers import texts_of
from stillwatch.sketch.capability import HEAD_TOKENS, TAIL_TOKENS
from stillwatch.sketch.compiled import compiled
from stillwatch.sketch.features import BUCKET_BITS, bucket_of
from stillwatch.sketch.siphash import Words
from stillwatch.sketch.text import read_document
from stillwatch.sketch.tokens import make_tokens, pair
from training.grammar import TASK_LETTERS, load_grammars
from training.sources import SOURCES, Source, read_prompts

BUCKETS = 1 << BUCKET_BITS
SOURCE_CAP = 1_500  # most prompts of a collection, so that large ones do not dominate
OWN_COUNT = 1_000  # prompts of each grammar
WORDS_COUNT = 1_000
TURNS_COUNT = 200
TRACE_COUNT = 3_000  # the grammar of reasoning traces wraps every kind of task in a dozen languages
TRACE = CAPABILITIES.index("reasoning_trace")


@dataclass(frozen=True, slots=True)
class Group:
    """Prompts of one source with one label."""

    name: str
    capability: str
    prompts: tuple[str, ...]


def licensed(folder: Path, sources: tuple[Source, ...], seed: int, cap: int = SOURCE_CAP) -> list[Group]:
    """At most `cap` prompts of each source, drawn with the seed."""
    groups = []
    for source in sources:
        prompts = read_prompts(folder, source)
        chosen = random.Random(f"{source.stem} {seed}").sample(prompts, min(cap, len(prompts)))
        groups.append(Group(source.name, source.capability, tuple(chosen)))
    return groups


def conversations(groups: list[Group], seed: int) -> list[Group]:
    """Joins several prompts of one source with blank lines, like the turns of a conversation."""
    joined = []
    for group in groups:
        chance = random.Random(f"{group.name} turns {seed}")
        turns = [
            chance.sample(group.prompts, min(chance.randint(3, 12), len(group.prompts))) for _ in range(TURNS_COUNT)
        ]
        joined.append(Group(f"turns {group.name}", group.capability, tuple("\n\n".join(turn) for turn in turns)))
    return joined


def words(tasks: list[str], seed: int) -> list[Group]:
    """Strings of unordered words of every capability; those about hidden reasoning are put before or after a task."""
    groups = []
    for grammar in load_grammars():
        salads = grammar.word_salads(WORDS_COUNT, seed)
        if grammar.capability == "reasoning_trace":
            chance = random.Random(f"{grammar.name} around {seed}")
            salads = [_around(salad, chance.choice(tasks), chance) for salad in salads * 3]
        groups.append(Group(f"words {grammar.name}", grammar.capability, tuple(salads)))
    return groups


def _around(salad: str, task: str, chance: random.Random) -> str:
    parts = [salad, task[:TASK_LETTERS]]
    chance.shuffle(parts)
    return "\n\n".join(parts)


def own(tasks: list[str], seed: int, held_out: bool | None = None) -> list[Group]:
    """Prompts from the grammars; `held_out` chooses a part of the templates, and None means all."""
    groups = []
    for grammar in load_grammars():
        part = grammar if held_out is None else grammar.split(held_out)
        count = TRACE_COUNT if grammar.capability == "reasoning_trace" else OWN_COUNT
        groups.append(Group(f"own {grammar.name}", grammar.capability, tuple(part.prompts(count, seed, tasks))))
    return groups


def learning_groups(folder: Path, seed: int, without: str = "", held_out: bool | None = None) -> list[Group]:
    """All training prompts: those of the licensed collections except `without`, and those of the grammars."""
    sources = tuple(s for s in SOURCES if s.learn and s.capability and s.name != without)
    groups = licensed(folder, sources, seed)
    tasks = [prompt for group in groups for prompt in group.prompts]
    return groups + conversations(groups, seed) + words(tasks, seed) + own(tasks, seed, held_out)


@cache
def features(prompts: tuple[str, ...]) -> csr_matrix:
    """Counts of hashed 1-2-grams, divided by the root of their number: shape (n, BUCKETS)."""
    tokens = make_tokens()
    texts = texts_of(pa.array(prompts, pa.large_string()))
    rows = []
    for index in range(len(prompts)):
        count = read_document(texts, index, tokens)
        rows.append(grams(scored(tokens.hashes[:count]))[1])
    return _matrix(rows)


def scored(codes: Words) -> list[Words]:
    """The token runs that the kernel scores."""
    if len(codes) <= HEAD_TOKENS + TAIL_TOKENS:
        return [codes.copy()]
    return [codes[:HEAD_TOKENS].copy(), codes[-TAIL_TOKENS:].copy()]


def grams(runs: list[Words]) -> tuple[Words, npt.NDArray[np.int64]]:
    """Unkeyed hashes of 1-grams and 2-grams of token runs, and their buckets."""
    codes = np.concatenate([both for run in runs for both in (run, _pairs(run))])
    return codes, _buckets(codes)


@compiled
def _pairs(codes: Words) -> Words:
    out = np.zeros(max(len(codes) - 1, 0), np.uint64)
    for index in range(len(out)):
        out[index] = pair(codes[index], codes[index + 1])
    return out


@compiled
def _buckets(codes: Words) -> npt.NDArray[np.int64]:
    out = np.zeros(len(codes), np.int64)
    for index in range(len(codes)):
        out[index] = bucket_of(codes[index])
    return out


def _matrix(rows: list[npt.NDArray[np.int64]]) -> csr_matrix:
    sizes = np.array([len(row) for row in rows])
    values = np.repeat(1.0 / np.sqrt(np.maximum(sizes, 1)), sizes)
    matrix = csr_matrix((values, np.concatenate(rows), np.concatenate(([0], np.cumsum(sizes)))), (len(rows), BUCKETS))
    matrix.sum_duplicates()
    return matrix
