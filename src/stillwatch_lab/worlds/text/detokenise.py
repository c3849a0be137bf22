"""Makes text from tokens: a compiled kernel writes rows of spans, each in the vocabulary of that span's key."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from stillwatch_lab.worlds.draws import Keys, Wholes
from stillwatch_lab.worlds.text.lexicon import Lexicon

NOTHING, BLANK, LINE, PARAGRAPH = 0, 1, 2, 3
"""Separators that are written before a span which is not the first of its row."""

_NAME_SHARE = 40  # of 256 substituted words, so many become a name of the writer's own, as of a project, person or file
_CONSONANTS = np.frombuffer(b"bdfgklmnprstvz", dtype=np.uint8)
_VOWELS = np.frombuffer(b"aeiou", dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans of tokens in the order in which they are written; every array has one entry a span.

    `share` (0 to 65,535) is the share of word types for which the key substitutes others. Words of a frequency rank
    below `floor` are never substituted. `digits` says whether numbers are redrawn under the key, and `glue` is the
    separator before the span.
    """

    start: Wholes
    end: Wholes
    key: Keys
    share: NDArray[np.uint16]
    floor: NDArray[np.int32]
    digits: NDArray[np.bool_]
    glue: NDArray[np.uint8]


def detokenise(lexicon: Lexicon, tokens: NDArray[np.int32], spans: Spans, rows: Wholes, longest: int) -> pa.Array:
    """Strings, one a row; row i is written from the spans rows[i] to rows[i + 1] - 1, and empty rows become null.

    `longest` is the most bytes of a row, which ends with the last complete token within them.
    """
    guess = int((spans.end - spans.start).sum()) * 6 + 64 * len(rows) + 4096
    while True:
        out = np.empty(guess, dtype=np.uint8)
        offsets = np.zeros(len(rows), dtype=np.int32)
        done = _write(
            lexicon.text, lexicon.starts, lexicon.cls, lexicon.rank, lexicon.band_start, lexicon.band_size,
            lexicon.members, tokens, spans.start, spans.end, spans.key, spans.share, spans.floor, spans.digits,
            spans.glue, rows, longest, out, offsets,
        )  # fmt: skip
        if done >= 0:
            break
        guess *= 2
    missing = offsets[1:] == offsets[:-1]
    bits = pa.py_buffer(np.packbits(~missing, bitorder="little").tobytes())
    data = pa.py_buffer(out[:done].copy())
    return pa.StringArray.from_buffers(len(rows) - 1, pa.py_buffer(offsets), data, bits, int(missing.sum()))


@njit(cache=True, nogil=True)
def _mixed(x):  # type: ignore[no-untyped-def]
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(cache=True, nogil=True)
def _own_name(h, out, at):  # type: ignore[no-untyped-def]
    """Writes a pronounceable name that depends on the hash alone."""
    h = _mixed(h)
    for _ in range(2 + int(h & np.uint64(1))):
        h = h >> np.uint64(1)
        out[at] = _CONSONANTS[int(h % np.uint64(len(_CONSONANTS)))]
        h = h // np.uint64(14)
        out[at + 1] = _VOWELS[int(h % np.uint64(5))]
        h = h // np.uint64(5)
        out[at + 2] = _CONSONANTS[int(h % np.uint64(len(_CONSONANTS)))]
        h = h // np.uint64(14)
        at += 3
    return at


@njit(cache=True, nogil=True)
def _glued(glue, out, at):  # type: ignore[no-untyped-def]
    if glue == 1:
        out[at] = 32
        return at + 1
    for _ in range(glue - 1):
        out[at] = 10
        at += 1
    return at


@njit(cache=True, nogil=True)
def _digits(text, a, b, h, out, at):  # type: ignore[no-untyped-def]
    """Writes another number, drawn from the hash, of as many digits and without a leading zero."""
    for i in range(a, b):
        h = _mixed(h)
        zero_ok = i > a or text[a] == 48
        out[at] = 48 + int(h % np.uint64(10)) if zero_ok else 49 + int(h % np.uint64(9))
        at += 1
    return at


@njit(cache=True, nogil=True)
def _capital(case, out, first, at):  # type: ignore[no-untyped-def]
    last = first + 1 if case == 1 else at
    for i in range(first, last):
        if 97 <= out[i] <= 122:
            out[i] -= 32


@njit(cache=True, nogil=True)
def _write(  # type: ignore[no-untyped-def]  # noqa: PLR0913, C901
    text, starts, cls, rank, band_start, band_size, members, tokens,
    span_start, span_end, span_key, span_share, span_floor, span_digits, span_glue, rows, longest, out, offsets,
):  # fmt: skip
    at = 0
    for row in range(len(rows) - 1):
        begun = at
        for s in range(rows[row], rows[row + 1]):
            if span_end[s] > span_start[s] and at > begun and at - begun < longest:
                at = _glued(span_glue[s], out, at)
            for t in range(span_start[s], span_end[s]):
                code = tokens[t]
                word = code >> 3
                a, b = starts[word], starts[word + 1]
                if at - begun + (b - a) > longest:
                    break
                if at + (b - a) + 128 > len(out):  # the longest substituted word is far below 128 bytes
                    return -1
                if code & 4 and at > begun:
                    out[at] = 32
                    at += 1
                kind, first = cls[word], at
                h = _mixed(span_key[s] ^ (np.uint64(word) * np.uint64(0xD6E8FEB86659FD93)))
                exchanged = rank[word] >= span_floor[s] and (h & np.uint64(0xFFFF)) < np.uint64(span_share[s])
                if kind == 2 and span_digits[s]:
                    at = _digits(text, a, b, h, out, at)
                    continue
                if exchanged and kind == 1 and b - a > 3 and ((h >> np.uint64(16)) & np.uint64(255)) < _NAME_SHARE:
                    at = _own_name(h, out, at)
                else:
                    if exchanged and (kind == 1 or kind == 3):
                        other = members[band_start[word] + int((h >> np.uint64(24)) % np.uint64(band_size[word]))]
                        if starts[other + 1] - starts[other] <= 100:
                            a, b = starts[other], starts[other + 1]
                    out[at : at + b - a] = text[a:b]
                    at += b - a
                if code & 3:
                    _capital(code & 3, out, first, at)
        offsets[row + 1] = at
    return at
