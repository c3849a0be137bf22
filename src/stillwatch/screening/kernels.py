"""Compiled loops: the listed names that share enough of a name's weight, and how far each of them agrees with it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Float32 = NDArray[np.float32]

MOST_FOUND = 20
"""Listed names that are given for one name: the best of them."""
_INITIAL = 0.6
"""What an initial says of the token that it stands for."""
_MARGIN = 0.1
"""So far below the least agreement a first estimate may be for two names to be compared token by token."""
_MARGIN_OF_INITIALS = 0.3


class Asked(NamedTuple):
    """Names that are asked for, as places of tokens; for each token which listed ones it can spell."""

    starts: Int64  # of each name in `tokens`
    tokens: Int64
    rows: Int64  # of each token in `ids`
    ids: Int64
    similarities: Float32
    weights: Float32  # of each token, where no listed one is its partner
    letters: Int64  # the first letter of each token; below 0 where the token is that letter alone


class Listed(NamedTuple):
    """Listed names, as tokens, and for each token the names that have it."""

    starts: Int64
    tokens: Int64
    weights: Float32  # of each token
    letters: Int64  # as above
    totals: Float32  # weight of each name
    name_starts: Int64  # of each token in `names`
    names: Int64


@njit(cache=True, nogil=True)
def find(asked: Asked, listed: Listed, least: float) -> tuple[Int64, Int64, Float32]:
    """Pairs of a name asked for and a listed one whose agreement is at least `least`, with it."""
    count = len(asked.starts) - 1
    shared = np.zeros(len(listed.totals), np.float32)
    touched = np.empty(len(listed.totals), np.int64)
    best_names = np.empty(MOST_FOUND, np.int64)
    best_scores = np.empty(MOST_FOUND, np.float32)
    out_asked, out_names, out_scores = [np.int64(0)][:0], [np.int64(0)][:0], [np.float32(0)][:0]
    for one in range(count):
        tokens = asked.tokens[asked.starts[one] : asked.starts[one + 1]]
        reached, own = _accumulated(asked, listed, tokens, shared, touched)
        kept = 0
        margin = _MARGIN_OF_INITIALS if _has_initial(asked, tokens) else _MARGIN
        for place in range(reached):
            name = touched[place]
            share = shared[name]
            shared[name] = 0.0
            one_side, other_side = min(1.0, share / own), min(1.0, share / listed.totals[name])
            if _settled(one_side, other_side) < least - margin:
                continue
            score = _agreement(asked, listed, tokens, name)
            if score >= least:
                kept = _placed(best_names, best_scores, kept, name, score)
        for place in range(kept):
            out_asked.append(np.int64(one))
            out_names.append(best_names[place])
            out_scores.append(best_scores[place])
    return np.array(out_asked, np.int64), np.array(out_names, np.int64), np.array(out_scores, np.float32)


@njit(cache=True, nogil=True)
def _accumulated(asked: Asked, listed: Listed, tokens: Int64, shared: Float32, touched: Int64) -> tuple[int, float]:
    """Adds to each listed name the weight that it shares; returns how many names were touched, and the own weight."""
    reached, own = 0, 0.0
    for token in tokens:
        most = 0.0
        for k in range(asked.rows[token], asked.rows[token + 1]):
            value = listed.weights[asked.ids[k]] * asked.similarities[k]
            most = max(most, value)
            for p in range(listed.name_starts[asked.ids[k]], listed.name_starts[asked.ids[k] + 1]):
                name = listed.names[p]
                if shared[name] == 0.0:
                    touched[reached] = name
                    reached += 1
                shared[name] += value
        own += most if most > 0.0 else asked.weights[token]
    return reached, own


@njit(cache=True, nogil=True)
def _placed(names: Int64, scores: Float32, kept: int, name: int, score: float) -> int:
    """Puts a name among the best ones, in their order; returns how many there are."""
    if kept == len(scores):
        if score <= scores[kept - 1]:
            return kept
        kept -= 1
    place = kept
    while place > 0 and scores[place - 1] < score:
        scores[place] = scores[place - 1]
        names[place] = names[place - 1]
        place -= 1
    scores[place] = score
    names[place] = name
    return kept + 1


@njit(cache=True, nogil=True)
def pairs(asked: Asked, listed: Listed, tokens: Int64, name: int) -> tuple[Int64, Float32]:
    """For each token of a name asked for, the place of its partner in a listed name, or -1, and how alike they are.

    Pairs are made greedily, the most alike ones first.
    """
    theirs = listed.tokens[listed.starts[name] : listed.starts[name + 1]]
    similarity = np.zeros((len(tokens), len(theirs)), np.float32)
    for i in range(len(tokens)):
        for j in range(len(theirs)):
            similarity[i, j] = _similarity(asked, listed, tokens[i], theirs[j])
    partners, found = np.full(len(tokens), -1, np.int64), np.zeros(len(tokens), np.float32)
    for _ in range(min(len(tokens), len(theirs))):
        place = np.argmax(similarity)
        row, column = place // len(theirs), place % len(theirs)
        if similarity[row, column] <= 0.0:
            break
        partners[row], found[row] = column, similarity[row, column]
        similarity[row, :] = 0.0
        similarity[:, column] = 0.0
    return partners, found


@njit(cache=True, nogil=True)
def _similarity(asked: Asked, listed: Listed, token: int, other: int) -> float:
    """How far a listed token can be what a token spells, or is the initial of."""
    for k in range(asked.rows[token], asked.rows[token + 1]):
        if asked.ids[k] == other:
            return float(asked.similarities[k])
    letter, theirs = asked.letters[token], listed.letters[other]
    return _INITIAL if letter == -theirs or (letter == theirs and letter < 0) else 0.0


@njit(cache=True, nogil=True)
def _agreement(asked: Asked, listed: Listed, tokens: Int64, name: int) -> float:
    """How far two names agree, from 0 to 1: a token without a partner counts against the name that has it."""
    partners, similarities = pairs(asked, listed, tokens, name)
    both, lost, own_lost, paired = 0.0, 0.0, 0.0, 0.0
    start = listed.starts[name]
    for i in range(len(tokens)):
        if partners[i] < 0:
            own_lost += asked.weights[tokens[i]]
        else:
            weight = listed.weights[listed.tokens[start + partners[i]]]
            both += weight * similarities[i]
            lost += weight * (1.0 - similarities[i])
            paired += weight
    if both <= 0.0:
        return 0.0
    own = both / (both + lost + own_lost)
    theirs = both / (both + lost + listed.totals[name] - paired)
    return _settled(own, theirs)


@njit(cache=True, nogil=True)
def _settled(own: float, theirs: float) -> float:
    """The agreement of two names of which these shares of the weight agree."""
    return 0.7 * min(own, theirs) + 0.3 * max(own, theirs)


@njit(cache=True, nogil=True)
def _has_initial(asked: Asked, tokens: Int64) -> bool:
    return bool(np.any(asked.letters[tokens] < 0))
