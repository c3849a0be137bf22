"""The corpus: prompts that are read from files, cut into sentences and tokens, and grouped by conversation."""

from __future__ import annotations

import gzip
import json
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stillwatch.errors import InputError, reason_of
from stillwatch_lab.worlds.draws import Wholes
from stillwatch_lab.worlds.text.languages import language_of
from stillwatch_lab.worlds.text.lexicon import Lexicon, LexiconBuilder

OWN_PROMPTS = Path(__file__).parent / "prompts"
KINDS = ("organic", "distill", "bench")

# Prompt files name capabilities more coarsely than the contract does.
CAPABILITY = {
    "general_instruct": "general_instruction",
    "general": "general_instruction",
    "code": "software_engineering",
    "math_cot": "mathematical_reasoning",
    "agentic": "agentic_reasoning",
    "reasoning": "reasoning_trace",
    "knowledge": "other",
    "redteam": "other",
}

_SENTENCE = re.compile(r"(?<=[.!?])(?=\s)|(?<=\n)(?=\S)|(?<=[。！？])")
_LONGEST_PROMPT = 3_000  # characters; with longer prompts a world would consist mostly of a few pasted documents
_MOST_PER_SOURCE = 40_000  # prompts; more of one source would not make a world more varied
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Token codes and the offsets of sentences in them, prompts in sentences, units (conversations) in prompts."""

    lexicon: Lexicon
    tokens: NDArray[np.int32]
    sentences: Wholes
    prompts: Wholes
    units: Wholes
    unit_kind: NDArray[np.int8]
    unit_capability: NDArray[np.object_]
    unit_source: NDArray[np.object_]
    unit_language: NDArray[np.int8]  # see languages.language_of


class CorpusBuilder:
    """Reads prompt files and added phrases into one sequence of tokens."""

    def __init__(self) -> None:
        self._words = LexiconBuilder()
        self._tokens = array("i")
        self._sentences, self._prompts, self._units = [0], [0], [0]
        self._kinds: list[int] = []
        self._capabilities: list[str] = []
        self._sources: list[str] = []
        self._languages: list[int] = []
        self._phrases: dict[str, Span] = {}

    def phrase(self, text: str) -> Span:
        """The token span of a phrase that belongs to no prompt; the same phrase has the same span."""
        if text not in self._phrases:
            start = len(self._tokens)
            self._tokens.extend(self._words.tokens(text))
            self._phrases[text] = (start, len(self._tokens))
        return self._phrases[text]

    def read(self, folder: Path) -> None:
        """Adds every `*.jsonl.gz` of the folder; InputError when there is none or one cannot be parsed.

        All folders must be read before the first phrase, so that the sentences of prompts are contiguous.
        """
        files = sorted(folder.glob("*.jsonl.gz"))
        if not files:
            raise InputError(f"no prompt file in `{folder}`; name a folder that holds `*.jsonl.gz`")
        for path in files:
            self._add_file(path)

    def read_missing(self, folder: Path) -> None:
        """Adds the files of `folder` whose capability no distillation prompt has so far."""
        known = set(self.capabilities("distill"))
        for path in sorted(folder.glob("distill__*.jsonl.gz")):
            first = next(iter(_rows(path)), None)
            if first and str(first["capability"]) not in known:
                self._add_file(path)

    def prompt_numbers(self, kind: str, capability: str | None = None) -> Wholes:
        """First prompts of conversations of one kind, and of one of the contract's capabilities if named, as read."""
        wanted = KINDS.index(kind)
        found = [
            first
            for first, known, name in zip(self._units, self._kinds, self._capabilities, strict=False)
            if known == wanted and capability in (None, name)
        ]
        return np.array(found, dtype=np.int64)

    def opening(self, prompt: int) -> Wholes:
        """The token codes of one prompt."""
        first, behind = (self._sentences[self._prompts[number]] for number in (prompt, prompt + 1))
        return np.array(self._tokens[first:behind], dtype=np.int64)

    def capabilities(self, kind: str) -> list[str]:
        """Capabilities that prompts of this kind carry, sorted."""
        wanted = KINDS.index(kind)
        return sorted({name for known, name in zip(self._kinds, self._capabilities, strict=True) if known == wanted})

    def frozen(self) -> Corpus:
        """The finished corpus, in which phrases follow the prompts."""
        tokens = np.array(self._tokens, dtype=np.int32)
        return Corpus(
            self._words.frozen(tokens),
            tokens,
            np.array(self._sentences, dtype=np.int64),
            np.array(self._prompts, dtype=np.int64),
            np.array(self._units, dtype=np.int64),
            np.array(self._kinds, dtype=np.int8),
            np.array(self._capabilities, dtype=object),
            np.array(self._sources, dtype=object),
            np.array(self._languages, dtype=np.int8),
        )

    def _add_file(self, path: Path) -> None:
        unit: object = None
        for number, row in enumerate(_rows(path)):
            same = row.get("unit") is not None and row.get("unit") == unit and "seq" in row
            if not same and number:
                self._units.append(len(self._prompts) - 1)
            if not same:
                unit = row.get("unit")
                self._kinds.append(KINDS.index(str(row["kind"])))
                capability = str(row["capability"])
                self._capabilities.append(CAPABILITY.get(capability, capability))
                self._sources.append(str(row["source"]))
                self._languages.append(language_of(str(row["prompt"])))
            self._add_prompt(str(row["prompt"])[:_LONGEST_PROMPT])
        self._units.append(len(self._prompts) - 1)

    def _add_prompt(self, text: str) -> None:
        for sentence in _SENTENCE.split(text):
            codes = self._words.tokens(sentence)
            if codes:
                self._tokens.extend(codes)
                self._sentences.append(len(self._tokens))
        self._prompts.append(len(self._sentences) - 1)


def _rows(path: Path) -> Iterator[dict[str, object]]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                if number >= _MOST_PER_SOURCE:
                    return
                row = json.loads(line)
                if str(row["prompt"]).strip():
                    yield row
    except (OSError, EOFError, ValueError, KeyError) as error:
        remedy = "the fields of one stand in `docs/methods/scoring.md`"
        raise InputError(f"`{path}` is not a prompt file ({reason_of(error)}); {remedy}") from error
