"""Labelled examples, wrapped as requests are, and their features by segment, which are those of the shipped kernel."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import njit

from stillwatch.records.buffers import texts_of
from stillwatch.records.confusables import without_confusables
from stillwatch.sketch.features import bucket_of
from stillwatch.sketch.naming import GRAMS, scored_run, segment_ends, token_codes
from stillwatch.sketch.siphash import Octets, Words
from stillwatch.sketch.text import read_document
from stillwatch.sketch.tokens import Tokens, make_tokens
from training.grammar import FOLDER, load_grammars
from training.sources import SOURCES, group_of, read_prompts

SOURCE_CAP = 240  # most prompts of a collection, so that large ones do not dominate
OWN_COUNT = 300  # prompts of each grammar
WORDS_COUNT = 300
WRAPPED, TURNED = 0.35, 0.2  # shares of the training prompts that are put into a wrapper, and after other turns


@dataclass(frozen=True, slots=True)
class Group:
    """Prompts of one source with one pair of labels; an empty label is unknown."""

    name: str
    subject: str
    form: str
    prompts: tuple[str, ...]
    left_out_with: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Wrappers:
    """What may stand before, after and, as other turns, around a request."""

    before: tuple[str, ...]
    after: tuple[str, ...]
    turns: tuple[str, ...]

    def around(self, prompt: str, chance: random.Random) -> str:
        """The prompt in a wrapper: something before it, after it, or both."""
        kind = chance.random()
        before = [chance.choice(self.before)] if kind < 0.75 else []
        after = [chance.choice(self.after)] if kind > 0.5 else []
        return chance.choice(("\n\n", " ", "\n")).join([*before, prompt, *after])

    def among_turns(self, prompts: tuple[str, ...], chance: random.Random) -> str:
        """Several prompts and remarks as the turns of a conversation, the newest last."""
        turns: list[str] = []
        for _ in range(chance.randint(1, 5)):
            turns.append(chance.choice(prompts))
            if chance.random() < 0.5:
                turns.append(chance.choice(self.turns))
        return "\n\n".join(turns)


def load_wrappers(kind: str) -> Wrappers:
    """The wrappers to `learn` with, or to `test` with."""
    raw = tomllib.loads((FOLDER / "wrappers.toml").read_text(encoding="utf-8"))[kind]
    return Wrappers(*(tuple(raw[name]) for name in ("before", "after", "turns")))


def public(data: Path, seed: int, learn: bool | None = None, cap: int = SOURCE_CAP) -> list[Group]:
    """At most `cap` prompts of each source, drawn with the seed; of those to learn from, of the others, or of all."""
    groups = []
    for source in SOURCES:
        if learn is not None and source.learn != learn:
            continue
        prompts = read_prompts(data, source)
        chosen = random.Random(f"{source.stem} {seed}").sample(prompts, min(cap, len(prompts)))
        labels = (source.subject, source.form, tuple(chosen))
        groups.append(Group(source.name, *labels, group_of(source), source.language))
    return groups


def own(tasks: list[str], seed: int) -> list[Group]:
    """Prompts and strings of words from the grammars; nothing of them is ever left out."""
    groups = []
    for grammar in load_grammars():
        prompts = grammar.prompts(OWN_COUNT * (2 if grammar.wraps else 1), seed, tasks)
        salads = grammar.word_salads(WORDS_COUNT, seed)
        if grammar.wraps:
            chance = random.Random(f"{grammar.name} around {seed}")
            salads = [_around(salad, chance.choice(tasks), chance) for salad in salads * 2]
        groups.append(Group(f"own {grammar.name}", grammar.subject, grammar.form, (*prompts, *salads)))
    return groups


def _around(salad: str, task: str, chance: random.Random) -> str:
    parts = [salad, task[:800]]
    chance.shuffle(parts)
    return "\n\n".join(parts)


def wrapped(groups: list[Group], wrappers: Wrappers, seed: int) -> list[Group]:
    """The groups with shares WRAPPED and TURNED of their prompts again, in wrappers and after other turns."""
    result = []
    for group in groups:
        chance = random.Random(f"{group.name} wrapped {seed}")
        some = [p for p in group.prompts if chance.random() < WRAPPED]
        more = [wrappers.around(prompt, chance) for prompt in some]
        turns = round(TURNED * len(group.prompts))
        more += [wrappers.among_turns(group.prompts, chance) for _ in range(turns)]
        result.append(replace(group, prompts=(*group.prompts, *more)))
    return result


@dataclass(frozen=True, slots=True)
class Featured:
    """The features of n texts: buckets by segment in CSR form, and the segments of each text."""

    buckets: npt.NDArray[np.int64]
    """(features,)"""
    segment_starts: npt.NDArray[np.int64]
    """(segments + 1,): the first feature of each segment"""
    text_starts: npt.NDArray[np.int64]
    """(n + 1,): the first segment of each text"""


def features(prompts: tuple[str, ...]) -> Featured:
    """The features of every text, as the kernel reads them; a text without tokens has one empty segment."""
    tokens = make_tokens()
    texts = without_confusables(texts_of(pa.array(prompts, pa.large_string())))
    out, ends = np.zeros(1 << 14, np.int64), np.zeros(1 << 10, np.int64)
    buckets, segments, per_text = [], [], []
    for index in range(len(prompts)):
        count = read_document(texts, index, tokens)
        found = segment_buckets(texts.data, texts.offsets[index + 1], tokens, count, out, ends)
        cuts = ends[:found] if found else np.zeros(1, np.int64)
        buckets.append(out[: cuts[-1]].copy())
        segments.append(np.diff(cuts, prepend=0))
        per_text.append(len(cuts))
    starts = np.concatenate([[0], np.cumsum(np.concatenate(segments))])
    return Featured(np.concatenate(buckets), starts, np.concatenate([[0], np.cumsum(per_text)]))


@njit
def segment_buckets(
    data: Octets, stop: int, tokens: Tokens, count: int, out: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> int:
    """Writes the buckets of all features to `out`, and where each segment ends to `ends`; returns the segments."""
    # It is compiled anew in each run, since the compiler's disk cache does not see changes of functions in other files.
    codes: Words = np.zeros(GRAMS, np.uint64)
    filled, segments = 0, 0
    for run in range(2):
        first, last = scored_run(count, run)
        for index in range(first, last):
            end = tokens.starts[index + 1] if index + 1 < last else stop
            found, closes = token_codes(data, tokens, index, first, end, codes)
            for place in range(found):
                out[filled] = bucket_of(codes[place])
                filled += 1
            if segment_ends(index + 1 - first, closes) or index + 1 == last:
                ends[segments] = filled
                segments += 1
                first = index + 1
    return segments


def learning_groups(data: Path, seed: int) -> list[Group]:
    """All training prompts: those of the licensed collections and those of the grammars, bare and wrapped."""
    groups = public(data, seed, learn=True)
    return wrapped([*groups, *own(tasks_of(groups), seed)], load_wrappers("learn"), seed)


def tasks_of(groups: Sequence[Group]) -> list[str]:
    """The prompts that ask for an ordinary answer, around which a grammar can put a wrapper."""
    return [prompt for group in groups if group.form == "answer" for prompt in group.prompts]
