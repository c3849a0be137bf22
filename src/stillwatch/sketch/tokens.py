"""UTF-8 bytes become a row of token hashes in one pass, without decoding and without Python strings.

A token is a run of ASCII letters (folded to lower case), digits, `_` and letters of two-byte scripts. Three- and
four-byte letters (Chinese, Japanese, Korean, Thai, Indic, emoji) are not set apart by spaces, so each becomes a token
together with the letter before it. Everything else separates. Bytes that are not UTF-8 are read by the same rules.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillwatch.sketch.compiled import compiled
from stillwatch.sketch.siphash import Octets, Words

HEAD_BYTES = 196_608
TAIL_BYTES = 65_536
MAXIMUM_TOKENS = (HEAD_BYTES + TAIL_BYTES) // 2 + 2  # one letter and one separator each, at the densest


class Tokens(NamedTuple):
    """Room for the tokens of one document: unkeyed hashes, and where each starts and ends in the bytes."""

    hashes: Words
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


def make_tokens() -> Tokens:
    """Room for the longest document that is read."""
    size = MAXIMUM_TOKENS
    return Tokens(np.zeros(size, np.uint64), np.zeros(size, np.int64), np.zeros(size, np.int64))


def _fold() -> Octets:
    fold = np.zeros(256, np.uint8)
    for byte in range(256):
        letter = chr(byte)
        if byte < 0x80 and (letter.isalnum() or letter == "_"):
            fold[byte] = ord(letter.lower())
        elif 0xC3 <= byte < 0xE0:  # C2 opens Latin-1 punctuation, so it separates
            fold[byte] = byte
    return fold


FOLD = _fold()
"""Byte → the byte that is hashed, or 0 where a byte separates. Continuation bytes follow their lead."""

_M1, _M2 = np.uint64(0x3C79AC492BA7B653), np.uint64(0x1C69B3F74AC4AE35)  # constants of moremur, by Pelle Evensen
_SEED = np.uint64(0x9E3779B97F4A7C15)
_U8, _U27, _U32, _U33, _U43, _U21 = (np.uint64(n) for n in (8, 27, 32, 33, 43, 21))
_ZERO = np.uint64(0)


@compiled
def mix(word: np.uint64) -> np.uint64:
    """An unkeyed bijection of 64-bit words that spreads every bit over all."""
    word = (word ^ (word >> _U27)) * _M1
    word = (word ^ (word >> _U33)) * _M2
    return word ^ (word >> _U27)


@compiled
def pair(first: np.uint64, second: np.uint64) -> np.uint64:
    """One word for two in this order."""
    return mix(first + ((second << _U21) | (second >> _U43)))


@compiled
def tokenise(data: Octets, start: int, stop: int, tokens: Tokens, count: int) -> int:
    """Appends the tokens of `data[start:stop]` after the first `count`; returns the new count."""
    position = start
    room = len(tokens.hashes)
    while position < stop and count < room:
        byte = data[position]
        if FOLD[byte] != 0 or is_latin_extension(data, position, stop):
            end, code = read_word(data, position, stop)
            tokens.hashes[count] = code
            tokens.starts[count] = position
            tokens.ends[count] = end
            count += 1
            position = end
        elif byte >= 0xE0:
            position, count = _read_wide_run(data, position, stop, tokens, count)
        else:
            position += 1
    return count


@compiled
def read_word(data: Octets, start: int, stop: int) -> tuple[int, np.uint64]:
    """Where the word that starts at `start` ends, and its hash."""
    state, word = _SEED, _ZERO
    position = start
    while position < stop:
        byte = data[position]
        folded = FOLD[byte]
        if folded == 0:
            if byte < 0x80 or not (byte < 0xC0 or is_latin_extension(data, position, stop)):
                break
            folded = byte
        word = (word << _U8) | np.uint64(folded)
        position += 1
        if (position - start) & 7 == 0:
            state = mix(state ^ word)
            word = _ZERO
    return position, mix(state ^ word ^ (np.uint64(position - start) << _U32))


@compiled
def is_latin_extension(data: Octets, position: int, stop: int) -> bool:
    """Whether a three-byte Latin or Greek letter (Vietnamese, polytonic) is here: those belong to words."""
    return bool(data[position] == 0xE1) and position + 1 < stop and bool(data[position + 1] >= 0xB8)


@compiled
def _read_wide_run(data: Octets, start: int, stop: int, tokens: Tokens, count: int) -> tuple[int, int]:
    previous, begin, position = _ZERO, start, start
    room = len(tokens.hashes)
    while position < stop and count < room and data[position] >= 0xE0:
        if is_latin_extension(data, position, stop):
            break
        here = position
        letter = np.uint64(data[position])
        longest = min(position + (3 if data[position] < 0xF0 else 4), stop)
        position += 1
        while position < longest and data[position] & 0xC0 == 0x80:
            letter = (letter << _U8) | np.uint64(data[position])
            position += 1
        if _is_wide_punctuation(letter):
            break
        tokens.hashes[count] = mix(_SEED ^ ((previous << _U32) | letter))
        tokens.starts[count] = begin
        tokens.ends[count] = position
        count += 1
        previous, begin = letter, here
    return position, count


@compiled
def _is_wide_punctuation(letter: np.uint64) -> bool:
    block = letter >> _U8
    if block == 0xE280 or block == 0xE380:  # general punctuation; CJK symbols and punctuation
        return True
    return bool(0xEFBC80 <= letter <= 0xEFBC8F or 0xEFBC9A <= letter <= 0xEFBCA0)  # full-width punctuation
