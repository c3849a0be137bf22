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
MAXIMUM_TOKENS = (HEAD_BYTES + TAIL_BYTES) // 2 + 2  # a token is at least one letter and one separator


class Tokens(NamedTuple):
    """The tokens of one document: their unkeyed hashes, and where each starts and ends in the bytes (tokens,)."""

    hashes: Words
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


def make_tokens() -> Tokens:
    """Empty arrays for the longest document that is read."""
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
_U1, _U2, _U7, _U16, _U56 = (np.uint64(n) for n in (1, 2, 7, 16, 56))
_EACH, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)  # eight times a byte of 1, of 128
_CASE, _LOWS, _UNDERSCORES = (np.uint64(n * 0x0101010101010101) for n in (0x20, 0x7F, ord("_")))
_FROM_A, _PAST_Z, _FROM_0, _PAST_9 = (
    np.uint64((0x80 - ord(sign)) * 0x0101010101010101) for sign in ("a", "{", "0", ":")
)
_PAIRS, _QUADS = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)


@compiled
def mix(word: np.uint64) -> np.uint64:
    """An unkeyed bijection of 64-bit words that spreads every bit over all."""
    word = (word ^ (word >> _U27)) * _M1
    word = (word ^ (word >> _U33)) * _M2
    return word ^ (word >> _U27)


@compiled
def pair(first: np.uint64, second: np.uint64) -> np.uint64:
    """One 64-bit word for two words in this order."""
    return mix(first + ((second << _U21) | (second >> _U43)))


@compiled
def tokenise(data: Octets, start: int, stop: int, tokens: Tokens, count: int) -> int:
    """Appends the tokens of `data[start:stop]` after the first `count`; returns the new count."""
    position = start
    hashes, starts, ends = tokens.hashes, tokens.starts, tokens.ends  # once, since each access counts references
    room = len(hashes)
    while position < stop and count < room:
        byte = data[position]
        if FOLD[byte] != 0 or is_latin_extension(data, position, stop):
            end, code = read_word(data, position, stop)
            hashes[count] = code
            starts[count] = position
            ends[count] = end
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
    while position + 8 <= stop:
        octets = _octets(data, position)
        if octets & _TOPS != 0:
            break  # not all ASCII: byte by byte
        letters = _letters(octets)
        length = _leading(letters | _digits(octets))
        folded = _reversed(octets | (letters >> _U2))  # 0x80 >> 2 is what lower case adds
        if length < 8:
            position += length
            word = (folded >> _U8) >> (_U56 - np.uint64(8 * length))
            return position, mix(state ^ word ^ (np.uint64(position - start) << _U32))
        state = mix(state ^ folded)
        position += 8
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
def _octets(data: Octets, position: int) -> np.uint64:
    # the first byte lowest; compiles to one load
    word = _ZERO
    for place in range(8):
        word |= np.uint64(data[position + place]) << np.uint64(8 * place)
    return word


@compiled
def _letters(octets: np.uint64) -> np.uint64:
    # 0x80 in each of eight ASCII bytes that is a letter: sums of bytes below 0x80 never reach the next byte
    folded = octets | _CASE
    return (folded + _FROM_A) & ~(folded + _PAST_Z) & _TOPS


@compiled
def _digits(octets: np.uint64) -> np.uint64:
    # the same for digits and `_`
    digits = (octets + _FROM_0) & ~(octets + _PAST_9)
    return (digits | ~((octets ^ _UNDERSCORES) + _LOWS)) & _TOPS


@compiled
def _leading(marks: np.uint64) -> int:
    # how many bytes, from the lowest, are marked with 0x80 before the first that is not
    others = ~marks & _TOPS
    below = (others & (~others + _U1)) - _U1
    return int(np.int64((((below & _TOPS) >> _U7) * _EACH) >> _U56))  # signed first: places are


@compiled
def _reversed(octets: np.uint64) -> np.uint64:
    octets = ((octets >> _U8) & _PAIRS) | ((octets & _PAIRS) << _U8)
    octets = ((octets >> _U16) & _QUADS) | ((octets & _QUADS) << _U16)
    return (octets >> _U32) | (octets << _U32)


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
