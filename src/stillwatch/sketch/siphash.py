"""Implements SipHash, the keyed pseudo-random function that computes every value of a sketch.

Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (Indocrypt 2012). SipHash-2-4, which the authors
recommend, hashes columns; SipHash-1-3, the faster variant that Rust's and Python's hash tables use, hashes tokens.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from stillwatch.records.buffers import Octets as Octets
from stillwatch.records.compiled import compiled

Words = npt.NDArray[np.uint64]
State = tuple[np.uint64, np.uint64, np.uint64, np.uint64]

_U13, _U16, _U17, _U21, _U32 = (np.uint64(n) for n in (13, 16, 17, 21, 32))
_U43, _U47, _U48, _U51, _U8, _U56 = (np.uint64(n) for n in (43, 47, 48, 51, 8, 56))
_FF = np.uint64(0xFF)
_V0, _V1 = np.uint64(0x736F6D6570736575), np.uint64(0x646F72616E646F6D)
_V2, _V3 = np.uint64(0x6C7967656E657261), np.uint64(0x7465646279746573)


@compiled
def sip_start(key: Words) -> State:
    """Returns the state before any input, from a 128-bit key of two words."""
    return key[0] ^ _V0, key[1] ^ _V1, key[0] ^ _V2, key[1] ^ _V3


@compiled
def sip_round(state: State) -> State:
    """Applies one SipRound to the state."""
    v0, v1, v2, v3 = state
    v0 += v1
    v2 += v3
    v1 = ((v1 << _U13) | (v1 >> _U51)) ^ v0
    v3 = ((v3 << _U16) | (v3 >> _U48)) ^ v2
    v0 = (v0 << _U32) | (v0 >> _U32)
    v2 += v1
    v0 += v3
    v1 = ((v1 << _U17) | (v1 >> _U47)) ^ v2
    v3 = ((v3 << _U21) | (v3 >> _U43)) ^ v0
    v2 = (v2 << _U32) | (v2 >> _U32)
    return v0, v1, v2, v3


@compiled
def sip_absorb(state: State, word: np.uint64) -> State:
    """Absorbs eight bytes with one round (the 1 of SipHash-1-3)."""
    v0, v1, v2, v3 = sip_round((state[0], state[1], state[2], state[3] ^ word))
    return v0 ^ word, v1, v2, v3


@compiled
def sip_absorb_twice(state: State, word: np.uint64) -> State:
    """Absorbs eight bytes with two rounds (the 2 of SipHash-2-4)."""
    v0, v1, v2, v3 = sip_round(sip_round((state[0], state[1], state[2], state[3] ^ word)))
    return v0 ^ word, v1, v2, v3


@compiled
def sip_finish(state: State) -> np.uint64:
    """Returns the 64-bit result after three final rounds (the 3 of SipHash-1-3)."""
    v0, v1, v2, v3 = sip_round(sip_round(sip_round((state[0], state[1], state[2] ^ _FF, state[3]))))
    return v0 ^ v1 ^ v2 ^ v3


@compiled
def sip_finish_four(state: State) -> np.uint64:
    """Returns the 64-bit result after four final rounds (the 4 of SipHash-2-4)."""
    v0, v1, v2, v3 = sip_round((state[0], state[1], state[2] ^ _FF, state[3]))
    v0, v1, v2, v3 = sip_round(sip_round(sip_round((v0, v1, v2, v3))))
    return v0 ^ v1 ^ v2 ^ v3


@compiled
def sip_word(key: Words, word: np.uint64) -> np.uint64:
    """Returns SipHash-1-3 of one eight-byte word."""
    state = sip_absorb(sip_start(key), word)
    return sip_finish(sip_absorb(state, _U8 << _U56))


@compiled
def sip_words(key: Words, words: Words) -> np.uint64:
    """Returns SipHash-2-4 of an array of eight-byte words (n,)."""
    state = sip_start(key)
    for word in words:
        state = sip_absorb_twice(state, word)
    length = np.uint64(8 * len(words)) & _FF
    return sip_finish_four(sip_absorb_twice(state, length << _U56))


@compiled
def sip_bytes(key: Words, data: Octets, start: int, stop: int) -> np.uint64:
    """Returns SipHash-2-4 of `data[start:stop]`."""
    state = sip_start(key)
    position = start
    while position + 8 <= stop:
        state = sip_absorb_twice(state, _tail(data, position, position + 8))
        position += 8
    length = np.uint64(stop - start) & _FF
    return sip_finish_four(sip_absorb_twice(state, _tail(data, position, stop) | (length << _U56)))


@compiled
def _tail(data: Octets, start: int, stop: int) -> np.uint64:
    word = np.uint64(0)
    for position in range(stop - 1, start - 1, -1):
        word = (word << _U8) | np.uint64(data[position])
    return word
