"""The tokens that a list's names are made of, and which of them another token can be a spelling of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA

from stillwatch.screening.spelling import folded, other, skeleton
from stillwatch.screening.syllables import MARK, SPELT

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

Sounds = tuple[list[str], list[str], list[str], list[str], list[bool]]

LEAST_SIMILARITY = 0.55
"""Below it two tokens are not taken for spellings of one name."""
SAME_SOUND = 0.97
"""The similarity of two spellings whose folded forms are equal."""
_ATTESTED = 0.75
_TOO_SHORT_TO_BE_MISSPELT = 3
_ABJAD = 0.94
"""How far a token whose vowels are not written can be like one whose vowels are."""
_SHORTEST_WITH_A_LETTER_LESS = 4
_FEW = 64
"""Tokens at once, as of a sign-up, that are remembered."""
_MOST_REMEMBERED = 50_000
_MOST_PAIRS = 4_000_000
"""Pairs of tokens that are compared at once; about 200 MB."""


@dataclass(frozen=True, slots=True)
class Similar:
    """For each of some tokens the list's tokens that it can spell: `ids[starts[i]:starts[i + 1]]`, in their order."""

    starts: Ints
    ids: Ints
    similarities: Floats


class Vocabulary:
    """Tokens in order, with an index of what two spellings of one name have in common.

    Two tokens are compared when their folded forms or their consonants are equal but for one letter that one of them
    lacks or has in another place (the keys of SymSpell at distance 1).
    """

    def __init__(self, found: Sequence[str]) -> None:
        self.tokens = list(found)
        self._sounds = _sounds(self.tokens)
        self._same = {token: place for place, token in enumerate(self.tokens)}
        self._attested = frozenset(self._sounds[0])
        self._lengths = np.array([len(one) for one in self.tokens])
        self._differ = np.array(self._sounds[4], np.bool_)
        self._remembered: dict[str, tuple[Ints, Floats]] = {}
        self._abjads = np.array([_abjad(one) for one in self._sounds[0]])
        hashes, places = _keyed(self.tokens)
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._places = hashes[order], places[order]

    def similar(self, asked: Sequence[str]) -> Similar:
        """The list's tokens that each of these can be a spelling of; those of few are remembered, as names share them.

        Safe in several threads: what one has forgotten meanwhile another looks up again.
        """
        if len(asked) > _FEW:
            return self._looked_up(asked)
        found = {token: self._remembered.get(token) for token in asked}
        missing = [token for token, one in found.items() if one is None]
        if missing:
            fresh = self._looked_up(missing)
            for place, token in enumerate(missing):
                part = slice(fresh.starts[place], fresh.starts[place + 1])
                found[token] = fresh.ids[part].copy(), fresh.similarities[part].copy()
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered = {}
            self._remembered.update({token: one for token, one in found.items() if one is not None})
        parts = [one for token in asked if (one := found[token]) is not None]
        starts = np.array(list(accumulate((len(ids) for ids, _ in parts), initial=0)), np.int64)
        none = np.zeros(0, np.int64), np.zeros(0, np.float32)
        ids, similarities = zip(none, *parts, strict=True)
        return Similar(starts, np.concatenate(ids), np.concatenate(similarities))

    def _looked_up(self, asked: Sequence[str]) -> Similar:
        rows: list[Ints] = []
        columns: list[Ints] = []
        values: list[Floats] = []
        for first in range(0, len(asked), 20_000):
            some = asked[first : first + 20_000]
            row, column = self._pairs(some)
            for start in range(0, len(row), _MOST_PAIRS):
                part = slice(start, start + _MOST_PAIRS)
                similarity = self._compared(some, row[part], column[part])
                kept = similarity >= LEAST_SIMILARITY
                rows.append(row[part][kept] + first)
                columns.append(column[part][kept])
                values.append(similarity[kept])
        row = np.concatenate(rows) if rows else np.zeros(0, np.int64)
        starts = np.searchsorted(row, np.arange(len(asked) + 1))
        none: Any = np.zeros(0, np.int64)
        return Similar(
            starts.astype(np.int64),
            np.concatenate(columns) if columns else none,
            np.concatenate(values) if values else none.astype(np.float32),
        )

    def known(self, token: str) -> bool:
        """Whether the list has just this token."""
        return token in self._same

    def _pairs(self, asked: Sequence[str]) -> tuple[Ints, Ints]:
        hashes, places = _keyed(asked)
        left = np.searchsorted(self._hashes, hashes, "left")
        counts = np.searchsorted(self._hashes, hashes, "right") - left
        rows = np.repeat(places, counts)
        offsets = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        columns = self._places[np.repeat(left, counts) + offsets]
        both = np.unique(rows * len(self.tokens) + columns) if len(rows) else rows
        return both // max(len(self.tokens), 1), both % max(len(self.tokens), 1)

    def _compared(self, asked: Sequence[str], row: Ints, column: Ints) -> Floats:
        if not len(row):
            return np.zeros(0, np.float32)
        sounds = _sounds(asked)
        written = _like(asked, self.tokens, row, column)
        whole, bare = self._by_sound(sounds, row, column)
        attested = np.array([one in self._attested for one in sounds[0]])[row]
        found = np.maximum((whole + bare) / 2, written)
        # a token that is itself a listed one is hardly another one that was misspelt
        found = np.where(attested & (bare < 1.0), found * _ATTESTED, found)
        abjad = np.array([_abjad(one) for one in sounds[0]])[row] | self._abjads[column]
        found = np.where(abjad, np.maximum(found, bare * _ABJAD), found)
        marked = np.array([one.startswith((MARK, SPELT)) for one in asked])[row]
        exact = np.array([one in self._same for one in asked])[row]
        found = np.where(marked, np.where(exact, 0.0, written), found)
        longest = np.maximum(np.array([len(one) for one in asked])[row], self._lengths[column])
        found = np.where(longest <= _TOO_SHORT_TO_BE_MISSPELT, 0.0, np.minimum(found, SAME_SOUND))
        found = np.where((whole >= 1.0) & ~marked, SAME_SOUND, found)
        same = np.array([self._same.get(one, -1) for one in asked])[row] == column
        return np.where(same, 1.0, found).astype(np.float32)

    def _by_sound(self, sounds: Sounds, row: Ints, column: Ints) -> tuple[Floats, Floats]:
        """How alike the folded forms are, and their consonants; by the other reading where it makes them liker."""
        whole = _like(sounds[0], self._sounds[0], row, column)
        bare = _like(sounds[1], self._sounds[1], row, column)
        some = np.flatnonzero(np.array(sounds[4])[row] | self._differ[column])
        whole[some] = np.maximum(whole[some], _like(sounds[2], self._sounds[2], row[some], column[some]))
        bare[some] = np.maximum(bare[some], _like(sounds[3], self._sounds[3], row[some], column[some]))
        return whole, bare


def _sounds(found: Sequence[str]) -> Sounds:
    """Folded forms, their consonants, the same of the other reading, and whether it is another."""
    first, second = [folded(one) for one in found], [other(one) for one in found]
    differ = [one != two for one, two in zip(first, second, strict=True)]
    return first, [skeleton(one) for one in first], second, [skeleton(one) for one in second], differ


def _like(some: Sequence[str], others: Sequence[str], row: Ints, column: Ints) -> Floats:
    one, other = [some[place] for place in row.tolist()], [others[place] for place in column.tolist()]
    found: Floats = process.cpdist(one, other, scorer=OSA.normalized_similarity, dtype=np.float32, workers=1)
    return found


def _abjad(token: str) -> bool:
    """Whether the vowels of the token do not seem to be written."""
    return len(token) > 1 and sum(one in "aiu" for one in token) * 4 <= len(token)


def _keyed(found: Sequence[str]) -> tuple[npt.NDArray[np.int64], Ints]:
    hashes: list[int] = []
    places: list[int] = []
    for place, token in enumerate(found):
        keys = _keys(token)
        hashes += map(hash, keys)
        places += [place] * len(keys)
    return np.array(hashes, np.int64), np.array(places, np.int64)


def _keys(token: str) -> set[str]:
    if token.startswith((MARK, SPELT)):
        return {token, *(token[:place] + token[place + 1 :] for place in range(1, len(token)) if len(token) > 4)}
    found = {token}
    for whole in {folded(token), other(token)}:
        found |= _keys_of(whole, skeleton(whole))
    if len(token) >= _SHORTEST_WITH_A_LETTER_LESS - 1:
        found |= {token[:place] + token[place + 1 :] for place in range(len(token))}
    return found


def _keys_of(whole: str, bare: str) -> set[str]:
    found = {"+" + whole}
    if len(whole) >= _SHORTEST_WITH_A_LETTER_LESS:
        found |= {"+" + whole[:place] + whole[place + 1 :] for place in range(len(whole))}
    if len(bare) >= 2:
        found.add("-" + bare)
    if len(bare) >= _SHORTEST_WITH_A_LETTER_LESS - 1:
        found |= {"-" + bare[:place] + bare[place + 1 :] for place in range(len(bare))}
    return found
