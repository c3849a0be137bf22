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
Objects = npt.NDArray[np.object_]

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
_MOST_REMEMBERED = 25_000
"""Tokens that are remembered before the older ones are forgotten, of which there are as many."""
_MOST_PAIRS = 4_000_000
"""Pairs of tokens that are compared at once; about 200 MB."""


@dataclass(frozen=True, slots=True)
class Similar:
    """For each of some tokens the list's tokens that it can spell: `ids[starts[i]:starts[i + 1]]`, in their order."""

    starts: Ints
    ids: Ints
    similarities: Floats

    def of(self, place: int) -> tuple[Ints, Floats]:
        """What one of the tokens can spell."""
        part = slice(self.starts[place], self.starts[place + 1])
        return self.ids[part], self.similarities[part]


_NOTHING = np.zeros(0, np.int64), np.zeros(0, np.float32)


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
        self._older: dict[str, tuple[Ints, Floats]] = {}
        self._abjads = np.array([_abjad(one) for one in self._sounds[0]], np.bool_)
        # arrays of objects, of which one call takes many
        self._written, *self._spoken = [np.array(one, object) for one in (self.tokens, *self._sounds[:4])]
        hashes, places = _keyed(self.tokens)
        order = np.argsort(hashes, kind="stable")
        self._places = places[order]
        self._hashes, firsts = np.unique(hashes[order], return_index=True)
        self._firsts = np.append(firsts, len(hashes))
        of_listed = self._looked_up(self.tokens)
        self._listed = {token: of_listed.of(place) for place, token in enumerate(self.tokens)}

    def similar(self, asked: Sequence[str]) -> Similar:
        """The list's tokens that each of these can be a spelling of; those of few are remembered, as names share them.

        Safe in several threads: what one has forgotten meanwhile another looks up again.
        """
        if len(asked) > _FEW:
            return self._looked_up(asked)
        found = {token: self._recalled(token) for token in asked}
        missing = [token for token, one in found.items() if one is None]
        if missing:
            fresh = self._looked_up(missing)
            for place, token in enumerate(missing):
                found[token] = self._remember(token, fresh.of(place))
        parts = [one for token in asked if (one := found[token]) is not None]
        starts = np.array(list(accumulate((len(ids) for ids, _ in parts), initial=0)), np.int64)
        ids, similarities = zip(_NOTHING, *parts, strict=True)
        return Similar(starts, np.concatenate(ids), np.concatenate(similarities))

    def _recalled(self, token: str) -> tuple[Ints, Floats] | None:
        found = self._listed.get(token) or self._remembered.get(token)
        if found is None and (found := self._older.get(token)) is not None:
            self._remember(token, found)
        return found

    def _remember(self, token: str, found: tuple[Ints, Floats]) -> tuple[Ints, Floats]:
        """Of all that is remembered the older half goes at once, so that what many names share stays."""
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._older, self._remembered = self._remembered, {}
        found = self._remembered[token] = found[0].copy(), found[1].copy()  # not the whole look-up of which it is part
        return found

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
        if not len(self._hashes):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        hashes, places = _keyed(asked)
        key = np.minimum(self._hashes.searchsorted(hashes), len(self._hashes) - 1)
        there = self._hashes[key] == hashes
        key, places = key[there], places[there]
        left = self._firsts[key]
        counts = self._firsts[key + 1] - left
        ends = counts.cumsum()
        steps = np.arange(counts.sum()) + (left - ends + counts).repeat(counts)
        both = places.repeat(counts) * len(self.tokens) + self._places[steps]
        both.sort()
        both = both[np.append(True, both[1:] != both[:-1])[: len(both)]]
        return both // len(self.tokens), both % len(self.tokens)

    def _compared(self, asked: Sequence[str], row: Ints, column: Ints) -> Floats:
        if not len(row):
            return np.zeros(0, np.float32)
        sounds = _sounds(asked)
        written = _like(np.array(asked, object), self._written, row, column)
        whole, bare = self._by_sound(sounds, row, column)
        # of each token asked for: is it a listed one's sound, are its vowels missing, is it a key of syllables
        told = [
            (one in self._attested, _abjad(one), token.startswith((MARK, SPELT)), self._same.get(token, -1))
            for one, token in zip(sounds[0], asked, strict=True)
        ]
        attested, abjad, marked, own = np.array(told, np.int64).T[:, row]
        found = np.maximum((whole + bare) / 2, written)
        # a token that is itself a listed one is hardly another one that was misspelt
        found = np.where((attested > 0) & (bare < 1.0), found * _ATTESTED, found)
        found = np.where((abjad > 0) | self._abjads[column], np.maximum(found, bare * _ABJAD), found)
        found = np.where(marked > 0, np.where(own >= 0, 0.0, written), found)
        longest = np.maximum(np.array([len(one) for one in asked])[row], self._lengths[column])
        found = np.where(longest <= _TOO_SHORT_TO_BE_MISSPELT, 0.0, np.minimum(found, SAME_SOUND))
        found = np.where((whole >= 1.0) & (marked == 0), SAME_SOUND, found)
        return np.where(own == column, 1.0, found).astype(np.float32)

    def _by_sound(self, sounds: Sounds, row: Ints, column: Ints) -> tuple[Floats, Floats]:
        """How alike the folded forms are, and their consonants; by the other reading where it makes them liker."""
        ours = [np.array(one, object) for one in sounds[:4]]
        whole = _like(ours[0], self._spoken[0], row, column)
        bare = _like(ours[1], self._spoken[1], row, column)
        some = np.flatnonzero(np.array(sounds[4])[row] | self._differ[column])
        if len(some):
            row, column = row[some], column[some]
            whole[some] = np.maximum(whole[some], _like(ours[2], self._spoken[2], row, column))
            bare[some] = np.maximum(bare[some], _like(ours[3], self._spoken[3], row, column))
        return whole, bare


def _sounds(found: Sequence[str]) -> Sounds:
    """Folded forms, their consonants, the same of the other reading, and whether it is another."""
    first, second = [folded(one) for one in found], [other(one) for one in found]
    differ = [one != two for one, two in zip(first, second, strict=True)]
    return first, [skeleton(one) for one in first], second, [skeleton(one) for one in second], differ


def _like(some: Objects, others: Objects, row: Ints, column: Ints) -> Floats:
    one, other = some[row].tolist(), others[column].tolist()
    found: Floats = process.cpdist(one, other, scorer=OSA.normalized_similarity, dtype=np.float32, workers=1)
    return found


def _abjad(token: str) -> bool:
    """Whether the vowels of the token do not seem to be written."""
    return len(token) > 1 and (token.count("a") + token.count("i") + token.count("u")) * 4 <= len(token)


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
