"""The words of a world, which text is cut into, and for each word the others that can be substituted for it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch_lab.worlds.draws import Wholes

OTHER, LATIN, DIGITS, FOREIGN = 0, 1, 2, 3
"""Classes of words: punctuation and space; ASCII letters; digits; words of any other script."""

# A token is an optional blank with a word; text in scripts without blanks is cut into pairs of characters.
_DENSE = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_TOKEN = re.compile(
    rf" ?(?:[A-Za-z]+|[{_DENSE}]{{1,2}}|[0-9]+|(?:(?![{_DENSE}A-Za-z])[^\W\d_])+|[^\w\s]+|_+)|\s+|\d+|."
)

_CASE_BITS, _SPACE_BIT, _WORD_SHIFT = 3, 4, 3


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Frozen words; all arrays are indexed by word unless said otherwise.

    `text` bytes with `starts` (words + 1); `cls` class; `rank` by frequency (0 most frequent);
    `band_start`, `band_size`: where in `members` the words of the same script and frequency stand.
    """

    text: NDArray[np.uint8]
    starts: Wholes
    cls: NDArray[np.uint8]
    rank: NDArray[np.int32]
    band_start: NDArray[np.int32]
    band_size: NDArray[np.int32]
    members: NDArray[np.int32]


class LexiconBuilder:
    """Collects words while text is read."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._ids: dict[str, int] = {}
        self._words: list[str] = []

    def tokens(self, text: str) -> list[int]:
        """Token codes of a text: word << 3 | blank before << 2 | case (0 as is, 1 Capital, 2 UPPER)."""
        codes = self._codes
        try:
            return [codes[piece] for piece in _TOKEN.findall(text)]
        except KeyError:
            return [codes[piece] if piece in codes else self._learn(piece) for piece in _TOKEN.findall(text)]

    def _learn(self, piece: str) -> int:
        spaced = len(piece) > 1 and piece[0] == " " and not piece[1].isspace()
        word = piece[1:] if spaced else piece
        case = 0
        if word.isascii() and word.isalpha() and word != word.lower():
            case = 1 if word == word.capitalize() else 2 if word.isupper() else 0
        stored = word.lower() if case else word
        if stored not in self._ids:
            self._ids[stored] = len(self._words)
            self._words.append(stored)
        code = self._ids[stored] << _WORD_SHIFT | (_SPACE_BIT if spaced else 0) | case
        self._codes[piece] = code
        return code

    def frozen(self, tokens: NDArray[np.int32]) -> Lexicon:
        """The lexicon, with frequencies counted over `tokens`."""
        count = np.bincount(tokens >> _WORD_SHIFT, minlength=len(self._words))
        encoded = [word.encode("utf-8", "replace") for word in self._words]
        starts = np.concatenate([[0], np.cumsum([len(word) for word in encoded])]).astype(np.int64)
        cls = np.array([_class_of(word) for word in self._words], dtype=np.uint8)
        order = np.lexsort((np.arange(len(cls)), -count))
        rank = np.empty(len(cls), dtype=np.int32)
        rank[order] = np.arange(len(cls), dtype=np.int32)
        # Words substitute each other within a band: half an octave of frequency within one script.
        band = cls.astype(np.int64) * 256 + np.round(2 * np.log2(np.maximum(count, 1))).astype(np.int64)
        members = np.lexsort((np.arange(len(cls)), band)).astype(np.int32)
        sorted_band = band[members]
        start = np.searchsorted(sorted_band, band, side="left").astype(np.int32)
        size = (np.searchsorted(sorted_band, band, side="right") - start).astype(np.int32)
        return Lexicon(np.frombuffer(b"".join(encoded), dtype=np.uint8), starts, cls, rank, start, size, members)


def _class_of(word: str) -> int:
    if word.isascii():
        return LATIN if word.isalpha() else DIGITS if word.isdigit() else OTHER
    return FOREIGN if word.isalpha() else OTHER
