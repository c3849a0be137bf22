"""JSON text becomes Python values in which integers keep all their digits: an id may be a number."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable

import orjson

_LONGEST_INTEGER = 309  # digits: a longer integer is infinite as a float, and converting it takes linear time
_DIGIT = bytes.maketrans(b"-123456789", b"0" * 10)
_LONG_RUN = b"0" * 20  # the shortest integers beyond 64 bits have 20 digits, or a sign and 19
_LONG = re.compile(rb"[:,\[]\s*+(-[0-9]{19}|[0-9]{20})")

EXACT = 2**53
"""Up to here a float holds every integer."""

Pairs = list[tuple[str, object]]


def strict(data: bytes) -> object:
    """Returns the value that JSON in UTF-8 spells; raises ValueError for what is none, and RecursionError."""
    # the fast parser makes floats of integers beyond 64 bits
    return lenient(data.decode("utf-8")) if holds_long_integer(data) else orjson.loads(data)


def lenient(text: str, pairs: Callable[[Pairs], object] | None = None) -> object:
    """Returns the value that JSON spells, also with control characters, lone surrogates and NaN.

    `pairs` makes a value of the members of each object. Raises ValueError for what is no JSON, and RecursionError.
    """
    return json.loads(text, strict=False, parse_int=_integer, object_pairs_hook=pairs)


def holds_long_integer(data: bytes) -> bool:
    """Returns whether a number in a list or an object may be an integer beyond 64 bits; in texts some look like one."""
    # a run of one sign is found fifty times as fast as a pattern of digits
    return data.translate(_DIGIT).find(_LONG_RUN) >= 0 and _LONG.search(data) is not None


def is_rounded(value: object) -> bool:
    """Returns whether a value is a float so large that several integers become it."""
    return isinstance(value, float) and EXACT <= abs(value) < math.inf


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits.lstrip("-")) <= _LONGEST_INTEGER else float(digits)
