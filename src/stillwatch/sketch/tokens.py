"""Splits UTF-8 bytes into token hashes in one pass, without decoding and without Python strings.

A token is a run of ASCII letters (folded to lower case), digits, `_` and letters of two-byte scripts. Words of three-
and four-byte letters (Chinese, Japanese, Korean, Thai, Indic, emoji) are not separated by spaces, so each such letter
becomes a token together with the letter before it. All other bytes separate tokens. Bytes that are not UTF-8 follow the
same rules.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from stillwatch.records.compiled import compiled
from stillwatch.sketch.siphash import Octets, Words

HEAD_BYTES = 196_608
TAIL_BYTES = 65_536
MAXIMUM_TOKENS = (HEAD_BYTES + TAIL_BYTES) // 2 + 2  # a token has at least one letter and one separator


class Tokens(NamedTuple):
    """The tokens of one text: their unkeyed hashes, and their start and end in the bytes, (tokens,) each."""

    hashes: Words
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]


def make_tokens() -> Tokens:
    """Returns arrays with space for the tokens of the longest text that is read."""
    size = MAXIMUM_TOKENS
    return Tokens(np.zeros(size, np.uint64), np.zeros(size, np.int64), np.zeros(size, np.int64))


def _fold() -> Octets:
    fold = np.zeros(256, np.uint8)
    for byte in range(256):
        letter = chr(byte)
        if byte < 0x80 and (letter.isalnum() or letter == "_"):
            fold[byte] = ord(letter.lower())
        elif 0xC3 <= byte < 0xE0:  # C2 begins Latin-1 punctuation, which separates
            fold[byte] = byte
    return fold


FOLD = _fold()
"""The byte that is hashed for each byte, 0 for a separator; a continuation byte belongs to its lead byte's token."""

_M1, _M2 = (
    np.uint64(0x3C79AC492BA7B653),
    np.uint64(0x1C69B3F74AC4AE35),
)  # constants of the mixer moremur (Pelle Evensen)
_SEED = np.uint64(0x9E3779B97F4A7C15)
_U8, _U27, _U32, _U33, _U43, _U21 = (np.uint64(n) for n in (8, 27, 32, 33, 43, 21))
_ZERO = np.uint64(0)
_U1, _U2, _U7, _U16, _U56 = (np.uint64(n) for n in (1, 2, 7, 16, 56))
_EACH, _TOPS = np.uint64(0x0101010101010101), np.uint64(0x8080808080808080)  # a byte of 1, and of 128, eight times
_CASE, LOWS, _UNDERSCORES = (np.uint64(n * 0x0101010101010101) for n in (0x20, 0x7F, ord("_")))
_FROM_A, _PAST_Z, _FROM_0, _PAST_9 = (
    np.uint64((0x80 - ord(sign)) * 0x0101010101010101) for sign in ("a", "{", "0", ":")
)
_PAIRS, _QUADS = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)


@compiled
def mix(word: np.uint64) -> np.uint64:
    """Returns an unkeyed bijective mix of a 64-bit word, in which every bit depends on all bits."""
    word = (word ^ (word >> _U27)) * _M1
    word = (word ^ (word >> _U33)) * _M2
    return word ^ (word >> _U27)


@compiled
def pair(first: np.uint64, second: np.uint64) -> np.uint64:
    """Returns a 64-bit hash of two words; their order matters."""
    return mix(first + ((second << _U21) | (second >> _U43)))


@compiled
def tokenise(data: Octets, start: int, stop: int, tokens: Tokens, count: int) -> int:
    """Writes the tokens of `data[start:stop]` after the first `count` tokens; returns the new number of tokens."""
    position = start
    hashes, starts, ends = (
        tokens.hashes,
        tokens.starts,
        tokens.ends,
    )  # accessed once, since each access counts references
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
    """Returns the end and the hash of the word that starts at `start`."""
    state, word = _SEED, _ZERO
    position = start
    while position + 8 <= stop:
        octets = _octets(data, position)
        if octets & _TOPS != 0:
            break  # some byte is not ASCII: go on byte by byte
        letters = _letters(octets)
        length = _leading(letters | _digits(octets))
        folded = _reversed(octets | (letters >> _U2))  # lower case adds 0x80 >> 2
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
    # The first byte is the lowest; this compiles to one load.
    word = _ZERO
    for place in range(8):
        word |= np.uint64(data[position + place]) << np.uint64(8 * place)
    return word


@compiled
def up_to_eight(data: Octets, start: int, stop: int) -> tuple[np.uint64, np.uint64]:
    """Returns the bytes from `start` to `stop`, or the first eight, the first one lowest, and 0x80 for each of them."""
    places = _TOPS >> np.uint64(64 - 8 * min(stop - start, 8))
    if start + 8 <= len(data):
        return _octets(data, start) & (places | (places - (places >> _U7))), places
    octets = _ZERO
    for position in range(start, stop):
        octets |= np.uint64(data[position]) << np.uint64(8 * (position - start))
    return octets, places


@compiled
def between(octets: np.uint64, low: int, high: int) -> np.uint64:
    """Returns 0x80 for each of eight ASCII bytes that lies between two, including them; others carry into no other."""
    return (octets + _EACH * np.uint64(0x80 - low)) & ~(octets + _EACH * np.uint64(0x7F - high)) & _TOPS


@compiled
def _letters(octets: np.uint64) -> np.uint64:
    # This sets 0x80 in each of eight ASCII bytes that is a letter; sums of bytes below 0x80 carry into no other byte.
    folded = octets | _CASE
    return (folded + _FROM_A) & ~(folded + _PAST_Z) & _TOPS


@compiled
def _digits(octets: np.uint64) -> np.uint64:
    # This does the same for digits and `_`.
    digits = (octets + _FROM_0) & ~(octets + _PAST_9)
    return (digits | ~((octets ^ _UNDERSCORES) + LOWS)) & _TOPS


@compiled
def _leading(marks: np.uint64) -> int:
    # This returns how many bytes, from the lowest, have 0x80 before the first byte without it.
    others = ~marks & _TOPS
    below = (others & (~others + _U1)) - _U1
    return int(np.int64((((below & _TOPS) >> _U7) * _EACH) >> _U56))  # signed, as positions are


@compiled
def _reversed(octets: np.uint64) -> np.uint64:
    octets = ((octets >> _U8) & _PAIRS) | ((octets & _PAIRS) << _U8)
    octets = ((octets >> _U16) & _QUADS) | ((octets & _QUADS) << _U16)
    return (octets >> _U32) | (octets << _U32)


@compiled
def is_latin_extension(data: Octets, position: int, stop: int) -> bool:
    """Returns whether a three-byte Latin or Greek letter (Vietnamese, polytonic) is here, which belongs to a word."""
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
