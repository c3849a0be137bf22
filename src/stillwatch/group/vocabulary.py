"""The distance of a group's words from people's: a score is learned on half of the accounts and read on the other half.

Subjects and forms are coarse: an effort that asks a little of everything has people's mix of them. Its prompts still
come from one data set. A score is learned that tells half of the group's accounts from half of the people; on the other
halves, the divergence of its distributions is a lower bound of that of the texts (data processing inequality, Cover &
Thomas 2006), in bits an exchange. What a single account says teaches nothing about the others, so that customers who
each have a trade of their own stay near 0; nor do words that are rare in the group, which roaming customers bring to
many accounts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.group.exchanges import Exchanges
from stillwatch.group.texts import Int32, Texts

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

TEMPLATE_WORD = 0.05  # share of the group's exchanges from which a word belongs to a template: wrappers have no purpose
WORD_ACCOUNTS = 4  # accounts of a half that must use a word
RARE = 0.01  # share of a half's texts, below which a word may be that of one customer who roams over a relay's accounts
WORD_CAP = 4.0  # nats one word may add
CELLS = 24  # equally filled cells of the score
LEAST_ACCOUNTS = 2 * WORD_ACCOUNTS


def vocabulary_bits(group: Exchanges, people: Exchanges) -> float:
    """Divergence of the group's words from people's, in bits an exchange with text.

    People have about 0, prompts of one data set about 10. NaN where fewer than LEAST_ACCOUNTS of either ask with text.
    """
    inside, *own = group.halves
    outside, *theirs = people.halves
    if min(len(np.unique(one.account_index)) for one in (inside, outside)) < LEAST_ACCOUNTS:
        return float("nan")
    words = _Words(outside.codes(inside.names), inside.uses >= TEMPLATE_WORD * len(inside))
    learned = ((own[turn], theirs[turn], own[1 - turn], theirs[1 - turn]) for turn in (0, 1))
    return float(np.mean([_read(*halves, words) for halves in learned]))


@dataclass(frozen=True, slots=True)
class _Words:
    """Of each of the group's words (names,): people's code, 0 where they do not use it; is it of a template?"""

    people: Int32
    template: NDArray[np.bool_]


def _read(taught: Texts, people: Texts, group: Texts, others: Texts, words: _Words) -> float:
    """The divergence of `group` from `others` under the score that tells `taught` from `people`."""
    inside, outside = _chosen(taught, people, words)
    if len(inside) == 0:
        return 0.0
    own, ordinary = ((one.uses[codes] + 0.5) / (len(one) + 1.0) for one, codes in ((taught, inside), (people, outside)))
    nats = np.clip(np.log(own / ordinary), -WORD_CAP, WORD_CAP)
    return _divergence(_score(group, inside, nats), _score(others, outside, nats))


def _chosen(taught: Texts, people: Texts, words: _Words) -> tuple[Int64, Int64]:
    """Codes of the words that tell something, among the group's and among people's; 0 where one of them has it not."""
    rare = (taught.uses > 0) & (taught.uses < RARE * len(taught))
    spread = (taught.holders >= WORD_ACCOUNTS) | (people.holders[words.people] >= WORD_ACCOUNTS)
    known = np.flatnonzero(spread & ~words.template & ~rare)
    only_people = people.holders >= WORD_ACCOUNTS
    only_people[words.people] = False
    others = np.flatnonzero(only_people)
    inside = np.concatenate([known, np.zeros(len(others), np.int64)])
    return inside, np.concatenate([words.people[known].astype(np.int64), others])


def _score(texts: Texts, codes: Int64, nats: Float) -> Float:
    """Mean nats of a text's words, those that say nothing counted as well. `codes` are those of the words of `nats`."""
    said = np.zeros(len(texts.names))
    said[codes] = nats
    said[0] = 0.0  # words that no text uses
    return texts.scores(said)


def _divergence(inside: Float, outside: Float) -> float:
    edges = np.quantile(np.concatenate([inside, outside]), np.linspace(0.0, 1.0, CELLS + 1)[1:-1])
    own, theirs = (np.bincount(np.searchsorted(edges, one), minlength=CELLS) + 0.5 for one in (inside, outside))
    own, theirs = own / own.sum(), theirs / theirs.sum()
    return float((own * np.log2(own / theirs)).sum())
