"""Computes the frame of a text: its first and last words with numbers masked, equal in all texts of a template."""

from __future__ import annotations

import numpy as np

from stillwatch.records.compiled import compiled
from stillwatch.sketch.siphash import (
    Octets,
    Words,
    sip_absorb,
    sip_finish,
    sip_start,
)
from stillwatch.sketch.tokens import FOLD, Tokens, mix

FRAME_TOKENS = 8  # tokens at the start and at the end of a text
_U8 = np.uint64(8)


@compiled
def frame_value(data: Octets, tokens: Tokens, first: int, last: int, key: Words) -> np.uint64:
    """Returns SipHash-1-3 of the tokens first…last-1, in which each run of digits is replaced by one 9."""
    state = sip_start(key)
    for index in range(first, last):
        state = sip_absorb(state, _shape(data, tokens.starts[index], tokens.ends[index]))
    return sip_finish(sip_absorb(state, np.uint64(last - first)))


@compiled
def _shape(data: Octets, start: int, stop: int) -> np.uint64:
    state, word, length = np.uint64(0), np.uint64(0), 0
    in_number = False
    for position in range(start, stop):
        byte = FOLD[data[position]]
        digit = 48 <= byte <= 57
        if digit and in_number:
            continue
        in_number = digit
        if digit:
            byte = np.uint8(57)
        elif byte == 0:
            byte = data[position]
        word = (word << _U8) | np.uint64(byte)
        length += 1
        if length & 7 == 0:
            state = mix(state ^ word)
            word = np.uint64(0)
    return mix(mix(state ^ word) + np.uint64(length))
