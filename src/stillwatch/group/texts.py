"""Encodes the texts of a group as codes of words, so that later counts and sums need no hash table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from stillwatch.records.open_table import room, slot

Int32 = NDArray[np.int32]
Float = NDArray[np.float64]
Features = NDArray[np.uint32]

MOST = 20_000  # exchanges that are used, evenly spaced; more change the result by hundredths of a bit


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts grouped by account: `code` (texts, n) is the index into `names` of each word, 0 for no word.

    `holders` and `uses` (names,) are the numbers of accounts and of texts that use each word.
    """

    account_index: Int32
    names: Features
    code: Int32
    holders: Int32
    uses: Int32

    def part(self, chosen: NDArray[np.bool_]) -> Texts:
        """Returns the chosen texts, with the same codes."""
        account_index, code = self.account_index[chosen], self.code[chosen]
        return Texts(account_index, self.names, code, *_counted(account_index, code, len(self.names)))

    def codes(self, words: Features) -> Int32:
        """Returns the code of each of these distinct words, 0 where no text uses it."""
        return _codes(self.names, words)

    def scores(self, nats: Float) -> Float:
        """Returns the mean of `nats` (names,) over each text's words: (texts,); 0 without words."""
        return np.asarray(_scores(self.code, nats))

    def __len__(self) -> int:
        return len(self.code)


def halves(account_index: Int32, features: Features) -> tuple[Texts, Texts, Texts]:
    """Returns at most MOST of the exchanges with text, and two halves of them: those of every other account.

    `account_index` (exchanges,) must be grouped by account; `features` (exchanges, n) has 0 for no feature.
    """
    has_text = np.flatnonzero(_has_text(features))
    has_text = has_text[:: max(1, -(-len(has_text) // MOST))]
    account_index = account_index[has_text]
    names, code = coded(features[has_text])
    everything = Texts(account_index, names, code, *_counted(account_index, code, len(names)))
    _, account = np.unique(account_index, return_inverse=True)
    return everything, everything.part(account % 2 == 0), everything.part(account % 2 == 1)


@njit(cache=True, nogil=True)
def _has_text(features: Features) -> NDArray[np.bool_]:
    result = np.zeros(len(features), np.bool_)
    for i in range(len(features)):
        for feature in features[i]:
            if feature != 0:
                result[i] = True
                break
    return result


@njit(cache=True, nogil=True)
def coded(features: Features) -> tuple[Features, Int32]:
    """Returns the words in order of first use, 0 first for none, and each word's index into them (as `features`)."""
    size = room(features.size)
    keys, place = np.zeros(size, np.uint32), np.empty(size, np.int32)
    names, code = np.zeros(features.size + 1, np.uint32), np.zeros(features.shape, np.int32)
    found = 1
    for i in range(features.shape[0]):
        for j in range(features.shape[1]):
            if features[i, j] != 0:
                at = slot(keys, features[i, j])
                if keys[at] == 0:
                    keys[at], place[at], names[found] = features[i, j], found, features[i, j]
                    found += 1
                code[i, j] = place[at]
    return names[:found].copy(), code


@njit(cache=True, nogil=True)
def _counted(account_index: Int32, code: Int32, names: int) -> tuple[Int32, Int32]:
    last = np.full(names, -1, np.int32)
    holders, uses = np.zeros(names, np.int32), np.zeros(names, np.int32)
    for i in range(code.shape[0]):
        for c in code[i]:
            uses[c] += 1
            if last[c] != account_index[i]:
                last[c] = account_index[i]
                holders[c] += 1
    holders[0], uses[0] = 0, 0
    return holders, uses


@njit(cache=True, nogil=True)
def _codes(names: Features, words: Features) -> Int32:
    size = room(len(words))
    keys, place = np.zeros(size, np.uint32), np.empty(size, np.int32)
    for w in range(len(words)):
        at = slot(keys, words[w])
        keys[at], place[at] = words[w], w
    result = np.zeros(len(words), np.int32)
    for c in range(1, len(names)):
        at = slot(keys, names[c])
        if keys[at] != 0:
            result[place[at]] = c
    return result


@njit(cache=True, nogil=True)
def _scores(code: Int32, nats: Float) -> Float:
    result = np.zeros(len(code))
    for i in range(len(code)):
        words = 0
        for c in code[i]:
            result[i] += nats[c]
            words += c != 0
        result[i] /= max(words, 1)
    return result
