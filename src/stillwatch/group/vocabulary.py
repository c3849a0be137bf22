"""How far the words in which a group asks lie from people's: learned on half of the accounts, read on the other half.

Twelve capabilities are coarse: an effort that asks a little of everything has people's mix of them. Its prompts still
come from one data set. A score is learned that tells half of the group's accounts from half of the people; on the other
halves, the divergence of its distributions is a lower bound of that of the texts (data processing inequality, Cover &
Thomas 2006), in bits an exchange. What a single account says teaches nothing about the others, so that customers who
each have a trade of their own stay near 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stillwatch.group.members import Exchanges
from stillwatch.group.wording import Features, occurrences, summed, usage

Float = NDArray[np.float64]

TEMPLATE = 0.05  # share of the group's exchanges from which a word belongs to a template: wrappers have no purpose
HOLDERS = 4  # accounts of a half that must use a word
WORD_CAP = 4.0  # nats one word may say
CELLS = 24  # equally filled cells of the score
MOST = 20_000  # exchanges that are looked at, evenly spaced: more move the result by hundredths of a bit
LEAST_ACCOUNTS = 2 * HOLDERS


def vocabulary_bits(group: Exchanges, people: Exchanges) -> float:
    """Divergence in bits an exchange with text; 0 for people, about 10 for prompts of one data set; NaN for too few
    accounts with text."""
    inside, outside = (_thinned(one.take(np.flatnonzero(one.features.any(axis=1)))) for one in (group, people))
    if min(len(np.unique(one.position)) for one in (inside, outside)) < LEAST_ACCOUNTS:
        return float("nan")
    words, _, uses = usage(inside.position, inside.features)
    templates = np.sort(words[uses >= TEMPLATE * len(inside)])
    own, theirs = _halves(inside), _halves(outside)
    learned = ((own[turn], theirs[turn], own[1 - turn], theirs[1 - turn]) for turn in (0, 1))
    return float(np.mean([_read(*halves, templates) for halves in learned]))


def _thinned(exchanges: Exchanges) -> Exchanges:
    return exchanges.take(np.arange(0, len(exchanges), max(1, -(-len(exchanges) // MOST))))


def _halves(exchanges: Exchanges) -> tuple[Exchanges, Exchanges]:
    """Every other account."""
    _, account = np.unique(exchanges.position, return_inverse=True)
    return exchanges.take(account % 2 == 0), exchanges.take(account % 2 == 1)


def _read(taught: Exchanges, people: Exchanges, group: Exchanges, others: Exchanges, templates: Features) -> float:
    """The divergence of `group` from `others` under the score that tells `taught` from `people`."""
    words = np.setdiff1d(np.union1d(_spread(taught), _spread(people)), templates)
    if len(words) == 0:
        return 0.0
    own, ordinary = (_rates(one, words) for one in (taught, people))
    nats = np.clip(np.log(own / ordinary), -WORD_CAP, WORD_CAP)
    return _divergence(_score(group, words, nats), _score(others, words, nats))


def _spread(exchanges: Exchanges) -> Features:
    words, holders, _ = usage(exchanges.position, exchanges.features)
    return words[holders >= HOLDERS]


def _rates(exchanges: Exchanges, words: Features) -> Float:
    rows, codes = occurrences(exchanges.features, words)
    used = summed(codes, rows, np.ones(len(exchanges)), len(words))
    return np.asarray((used + 0.5) / (len(exchanges) + 1.0))


def _score(exchanges: Exchanges, words: Features, nats: Float) -> Float:
    """Mean nats of a text's words, those that say nothing counted as well."""
    rows, codes = occurrences(exchanges.features, words)
    held = np.maximum((exchanges.features != 0).sum(axis=1), 1)
    return np.asarray(summed(rows, codes, nats, len(exchanges)) / held)


def _divergence(inside: Float, outside: Float) -> float:
    edges = np.quantile(np.concatenate([inside, outside]), np.linspace(0.0, 1.0, CELLS + 1)[1:-1])
    own, theirs = (np.bincount(np.searchsorted(edges, one), minlength=CELLS) + 0.5 for one in (inside, outside))
    own, theirs = own / own.sum(), theirs / theirs.sum()
    return float((own * np.log2(own / theirs)).sum())
