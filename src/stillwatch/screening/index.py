"""Listed names in an index, and names held against it: which listed ones each agrees with, how far, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from stillwatch.screening import kernels, words
from stillwatch.screening.kernels import Asked, Listed
from stillwatch.screening.spelling import tokens
from stillwatch.screening.vocabulary import Ints, Vocabulary

_AT_ONCE = 50_000
"""Names that are held against the index at once."""
_REMEMBERED = 500_000
"""Tokens whose spellings are remembered."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A token, the listed one that it is taken for (None where there is none), and how alike they are."""

    token: str
    listed: str | None
    similarity: float


Explanation = tuple[tuple[Pair, ...], tuple[str, ...]]
"""The pairs that a name makes with a listed one, and the listed tokens without a partner."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """A name asked for agrees with a listed one; both are places in what was given."""

    asked: int
    listed: int
    score: float


class Index:
    """Listed names by their tokens; asking it is safe in several threads at once."""

    def __init__(self, names: Sequence[str]) -> None:
        forms = [(place, form) for place, name in enumerate(names) for form in words.listed_forms(tokens(name))]
        self._of = np.array([place for place, _ in forms], np.int64)
        found = sorted({token for _, form in forms for token in form})
        self._places = {token: place for place, token in enumerate(found)}
        self.vocabulary = Vocabulary(found)
        self._forms = [form for _, form in forms]
        self._listed = self._built()
        self._firsts = np.searchsorted(self._of, np.arange(len(names) + 1)).tolist()
        self._unknown = float(self._listed.weights.max(initial=1.0))

    def find(self, names: Sequence[str], least: float) -> list[Agreement]:
        """The listed names with which each of these agrees by at least `least`, best first; of one listed name once."""
        found: list[Agreement] = []
        for first in range(0, len(names), _AT_ONCE):
            found += self._found(names[first : first + _AT_ONCE], first, least)
        return found

    def explained(self, name: str, listed: Sequence[int]) -> list[Explanation]:
        """The pairs that a name makes with each of some listed ones, and what of these has no partner."""
        forms = [(form, self._asked([form])) for form in self._asked_forms(name)]
        return [self._explained(forms, one) for one in listed]

    def _explained(self, forms: Sequence[tuple[tuple[str, ...], Asked]], listed: int) -> Explanation:
        best = -1.0
        found: Explanation = (), ()
        for form, asked in forms:
            for place in range(self._firsts[listed], self._firsts[listed + 1]):
                places, similarities = (one.tolist() for one in kernels.pairs(asked, self._listed, asked.tokens, place))
                theirs = self._forms[place]
                worth = sum(similarities) / max(len(form), len(theirs))
                if worth > best:
                    partners = [theirs[at] if at >= 0 else None for at in places]
                    pairs = tuple(map(Pair, form, partners, similarities))
                    best, found = worth, (pairs, tuple(one for at, one in enumerate(theirs) if at not in places))
        return found

    def _found(self, names: Sequence[str], first: int, least: float) -> list[Agreement]:
        forms = [(place, form) for place, name in enumerate(names) for form in self._asked_forms(name)]
        if not forms:
            return []
        rows, columns, scores = kernels.find(self._asked([form for _, form in forms]), self._listed, least)
        best: dict[tuple[int, int], float] = {}
        for row, column, score in zip(rows.tolist(), self._of[columns].tolist(), scores.tolist(), strict=True):
            key = forms[row][0], column
            best[key] = max(score, best.get(key, 0.0))
        ordered = sorted(best.items(), key=lambda one: (one[0][0], -one[1], one[0][1]))
        return [Agreement(first + asked, listed, score) for (asked, listed), score in ordered]

    def _asked_forms(self, name: str) -> list[tuple[str, ...]]:
        return words.asked_forms(tokens(name), self.vocabulary.known)

    def _asked(self, forms: Sequence[tuple[str, ...]]) -> Asked:
        own: dict[str, int] = {}
        flat = [own.setdefault(token, len(own)) for form in forms for token in form]
        known = list(own)
        similar = self.vocabulary.similar(known)
        return Asked(
            starts_of([len(form) for form in forms]),
            np.array(flat, np.int64),
            similar.starts,
            similar.ids,
            similar.similarities,
            np.array([words.weight(one, self._unknown) for one in known], np.float32),
            _letters(known),
        )

    def _built(self) -> Listed:
        flat = np.array([self._places[token] for form in self._forms for token in form], np.int64)
        starts = starts_of([len(form) for form in self._forms])
        count = len(self._places)
        of_name = np.repeat(np.arange(len(self._forms)), np.diff(starts))
        order = np.argsort(flat, kind="stable")
        counts = np.bincount(flat, minlength=count)
        rarity = np.log2(1.0 + len(self._forms) / np.maximum(counts, 1))
        weights = np.array(
            [words.weight(token, rare) for token, rare in zip(self._places, rarity.tolist(), strict=True)], np.float32
        )
        totals = np.bincount(of_name, weights=weights[flat], minlength=len(self._forms)).astype(np.float32)
        letters = _letters(list(self._places))
        return Listed(starts, flat, weights, letters, totals, starts_of(counts.tolist()), of_name[order])


def starts_of(lengths: Sequence[int]) -> Ints:
    """Where each of some pieces begins that lie one behind another, and where the last ends."""
    return np.array(list(accumulate(lengths, initial=0)), np.int64)


def _letters(found: Sequence[str]) -> Ints:
    return np.array([-ord(one) if len(one) == 1 else ord(one[0]) for one in found], np.int64)
