"""Finds the reason why a JSON line is rejected, by parsing the line again with Python's own slower parser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from stillwatch.read.validation.rejects import (
    BAD_UTF8,
    DUPLICATE_KEY,
    LONE_SURROGATE,
    MALFORMED_JSON,
    NOT_AN_OBJECT,
    NUL,
    OUT_OF_RANGE,
    TRUNCATED_JSON,
    WRONG_TYPE,
)
from stillwatch.records import Column, Kind, Table

_BITS = {Kind.INT64: 63, Kind.INT32: 31, Kind.INT16: 15}
REPLACED = "\ufffd"  # stands where bytes were no text
_BROKEN = re.compile("[\0\ud800-\udfff]")
_LONGEST_INTEGER = 19  # digits of 2^63


@dataclass(frozen=True, slots=True)
class _Members:
    """A JSON object with its members in the order of the text; names can repeat."""

    pairs: list[tuple[str, object]]


@dataclass(frozen=True, slots=True)
class _HugeInteger:
    """An integer of more digits than 64 bits hold; it is not converted, since that takes quadratic time."""


def diagnose(table: Table, data: bytes) -> str | None:
    """Returns the reason why this line is no row of `table`, or None when this parser finds no fault."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return BAD_UTF8
    if "\0" in text:
        return NUL
    try:
        value = json.loads(text, object_pairs_hook=_Members, parse_int=_integer)
    except json.JSONDecodeError as error:
        return TRUNCATED_JSON if _ends_early(text, error) else MALFORMED_JSON
    except RecursionError:
        return None  # the nesting exceeds Python's limit, but not Arrow's
    if not isinstance(value, _Members):
        return NOT_AN_OBJECT
    return _members(table, value)


def mended(table: Table, data: bytes) -> bytes | None:
    """The line with what is no text in its optional columns replaced, or left out where it is NUL; None where a column
    that every row must have is broken, or where the line is no JSON object even so."""
    text = data.decode("utf-8", errors="replace").replace("\0", "")
    try:
        value = json.loads(text, object_pairs_hook=_Members, strict=False)
    except (ValueError, RecursionError):
        return None
    wanted = {column.name: column for column in table.columns}
    if not isinstance(value, _Members):
        return None
    kept: dict[str, object] = {}
    for name, member in value.pairs:
        if name not in wanted:
            continue
        whole = _whole_text(member)
        if name in kept or (wanted[name].required and (whole != member or REPLACED in str(member))):
            return None
        kept[name] = whole
    try:
        return json.dumps(kept, ensure_ascii=False).encode("utf-8")
    except TypeError:  # an object where a text or a number belongs
        return None


def _whole_text(member: object) -> object:
    """A text, or the texts of a list, as `whole_text` has them; anything else as it is."""
    if isinstance(member, list):
        return [_whole_text(item) for item in member]
    return whole_text(member) if isinstance(member, str) else member


def whole_text(text: str) -> str:
    """The text without NUL, and with REPLACED for each lone surrogate: half of a pair, or a byte that was no text."""
    return text if text.isascii() and "\0" not in text else _BROKEN.sub(_replaced, text)


def _replaced(found: re.Match[str]) -> str:
    return "" if found[0] == "\0" else REPLACED


def _members(table: Table, value: _Members) -> str | None:
    seen: set[str] = set()
    reasons: list[str] = []
    wanted = {column.name: column for column in table.columns}
    for name, member in value.pairs:
        if name not in wanted:
            continue
        if name in seen:
            return DUPLICATE_KEY
        seen.add(name)
        reason = None if member is None else _CHECKS[wanted[name].kind](wanted[name], member)
        if reason is not None:
            reasons.append(reason)
    return reasons[0] if reasons else None


def _integer(digits: str) -> int | _HugeInteger:
    return int(digits) if len(digits.lstrip("-")) <= _LONGEST_INTEGER else _HugeInteger()


def _ends_early(text: str, error: json.JSONDecodeError) -> bool:
    # A line was cut off when its error is at its end, or when a string is not closed.
    left = text.rstrip()
    at_end = error.pos >= len(left) or (error.pos == len(left) - 1 and not left.endswith("}"))
    return at_end or error.msg.startswith("Unterminated string")


def _text(column: Column, value: object) -> str | None:
    if not isinstance(value, str):
        return WRONG_TYPE
    if "\0" in value and column.required:
        return NUL
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return LONE_SURROGATE
    return None


def _texts(column: Column, value: object) -> str | None:
    if not isinstance(value, list):
        return WRONG_TYPE
    return next((reason for item in value if item is not None and (reason := _text(column, item))), None)


def _whole(column: Column, value: object) -> str | None:
    if isinstance(value, _HugeInteger):
        return OUT_OF_RANGE
    if isinstance(value, bool) or not isinstance(value, int):
        return WRONG_TYPE
    limit = 1 << _BITS[column.kind]
    return None if -limit <= value < limit else OUT_OF_RANGE


def _number(_: Column, value: object) -> str | None:
    if isinstance(value, _HugeInteger):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return WRONG_TYPE
    return OUT_OF_RANGE if value in (float("inf"), float("-inf")) else None


def _boolean(_: Column, value: object) -> str | None:
    return None if isinstance(value, bool) else WRONG_TYPE


def _unsupported(_: Column, _value: object) -> str | None:
    return WRONG_TYPE  # JSON cannot express bytes, and no input table has maps


_CHECKS: dict[Kind, Callable[[Column, object], str | None]] = {
    Kind.STRING: _text,
    Kind.STRINGS: _texts,
    Kind.TIMESTAMP: _text,
    Kind.INT64: _whole,
    Kind.INT32: _whole,
    Kind.INT16: _whole,
    Kind.FLOAT64: _number,
    Kind.BOOLEAN: _boolean,
    Kind.BYTES: _unsupported,
    Kind.SHARES: _unsupported,
}
