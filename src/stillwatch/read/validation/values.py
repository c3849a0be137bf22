"""One value as a file holds it, of any type, becomes a value of a column's kind, or is refused with a reason."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from stillwatch.read.gateways.bodies import answer_text, system_text, user_text
from stillwatch.read.validation.rejects import BAD_UTF8, LONE_SURROGATE, NUL, OUT_OF_RANGE, WRONG_TYPE
from stillwatch.read.validation.texts import ABSENT_WORDS, REPLACEMENT, broken, whole_id, whole_text
from stillwatch.records import Column, Kind
from stillwatch.records.exact_json import EXACT, is_rounded
from stillwatch.records.inputs import TEXTS

_BITS = {Kind.INT64: 63, Kind.INT32: 31, Kind.INT16: 15}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.ASCII | re.IGNORECASE)
_LONGEST_NUMBER = 400  # characters: a float in full has up to 309 digits before its point
_ONE_NAME = re.compile(r"[\w.:/@+-]{1,200}")
_DEEPEST_LIST = 8  # lists of one inside one another
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")


_MESSAGES: dict[str, Callable[[object], str | None]] = {
    "system_instructions": system_text,
    "input_text": user_text,
    "output_text": answer_text,
}
"""What makes a text of the lists of messages that programs send in its place."""


class UnusableError(ValueError):
    """A value that its column cannot hold; the message is the reason."""


def must_be_whole(column: Column) -> bool:
    """Whether a text that holds what no text holds is no key: clients can choose ids of exchanges, which are mended."""
    return column.required and column.name != "exchange_id"


def is_word(column: Column) -> bool:
    """Whether the words for an absent value are words in this column: in keys, and in what people or models wrote."""
    return column.required or column.name in TEXTS


def value_of(column: Column, value: object) -> tuple[object, bool]:
    """The value of the column's kind that this value stands for (None: absent), and whether characters were replaced.

    Times are text: ISO 8601, or the digits of a number. Raises UnusableError.
    """
    if column.kind is not Kind.STRINGS:
        value = _alone(value)
    if isinstance(value, bytes) and column.kind is not Kind.BYTES:
        value = value.decode("utf-8", "surrogateescape")
    if isinstance(value, str) and (not value or (not is_word(column) and value in ABSENT_WORDS)):
        return None, False
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None, False
    return _OF_KIND[column.kind](column, value)


def _alone(value: object) -> object:
    """The element of a list of one, however often that is wrapped."""
    for _ in range(_DEEPEST_LIST):
        if not isinstance(value, list) or len(value) != 1 or isinstance(value[0], dict):
            break
        value = value[0]
    return value


def _text(column: Column, value: object) -> tuple[object, bool]:
    if isinstance(value, str):
        if must_be_whole(column) and broken(value):
            raise UnusableError(_why_broken(value))
        mend = whole_id if column.required else whole_text
        return mend(value) or None, broken(value)
    if isinstance(value, bool) and not column.required:
        return str(value).lower(), False
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        if _names(column) and is_rounded(value):
            raise UnusableError(WRONG_TYPE)  # the ids of several may have become this number
        return _digits(value), False
    if column.name in _MESSAGES and isinstance(value, list | dict):
        return _said(column, value)
    raise UnusableError(WRONG_TYPE)


def _names(column: Column) -> bool:
    """Whether rows with the same text in this column are taken to belong together."""
    return column.kind is Kind.STRING and column.name not in TEXTS


def _said(column: Column, messages: object) -> tuple[object, bool]:
    text = _MESSAGES[column.name](messages)
    if not text:
        raise UnusableError(WRONG_TYPE)
    return whole_text(text), broken(text)


def _why_broken(text: str) -> str:
    if "\0" in text:
        return NUL
    return BAD_UTF8 if _ESCAPED_BYTE.search(text) else LONE_SURROGATE


def _digits(number: float | Decimal) -> str:
    """A number as text: whole numbers without a point, others without an exponent where that is not long."""
    exact = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    if not exact.is_finite():
        raise UnusableError(OUT_OF_RANGE)
    if abs(exact.adjusted()) > _LONGEST_NUMBER:
        raise UnusableError(OUT_OF_RANGE)
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _time(column: Column, value: object) -> tuple[object, bool]:
    if isinstance(value, datetime | date):
        return value.isoformat(), False
    if isinstance(value, bool):
        raise UnusableError(WRONG_TYPE)
    text, _ = _text(column, value)
    # characters that no text holds make it no time, which is said where times are read
    return text, False


def _texts(column: Column, value: object) -> tuple[object, bool]:
    if isinstance(value, str):
        value = _listed(value)
    items = value if isinstance(value, list | tuple) else [value]
    read = [_item(item) for item in items]
    mended = [item and whole_text(item) for item in read]
    return mended, mended != read


def _listed(text: str) -> object:
    """The list that a text spells: a JSON array, or one name."""
    if text.lstrip().startswith("["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise UnusableError(WRONG_TYPE) from error
    if _ONE_NAME.fullmatch(whole_text(text).replace(REPLACEMENT, "")) is None:
        raise UnusableError(WRONG_TYPE)
    return [text]


def _item(item: object) -> str | None:
    if isinstance(item, dict):
        inner = item.get("function")
        item = item.get("name", inner.get("name") if isinstance(inner, dict) else None)
        if not isinstance(item, str | bytes):
            raise UnusableError(WRONG_TYPE)
    if isinstance(item, bytes):
        return item.decode("utf-8", "surrogateescape")
    if item is None or isinstance(item, str):
        return item
    if isinstance(item, int | float) and not isinstance(item, bool):
        return _digits(item)
    raise UnusableError(WRONG_TYPE)


def _whole(column: Column, value: object) -> tuple[object, bool]:
    number = _numeric(value)
    if isinstance(number, float | Decimal):
        if not math.isfinite(number):
            raise UnusableError(OUT_OF_RANGE)
        if number != (whole := int(number)):
            raise UnusableError(WRONG_TYPE)
        number = whole
    limit = 1 << _BITS[column.kind]
    if not -limit <= number < limit:
        raise UnusableError(OUT_OF_RANGE)
    return number, False


def _number(_: Column, value: object) -> tuple[object, bool]:
    try:
        number = float(_numeric(value))
    except OverflowError as error:
        raise UnusableError(OUT_OF_RANGE) from error
    if not math.isfinite(number):
        raise UnusableError(OUT_OF_RANGE)
    return number, False


def _numeric(value: object) -> int | float | Decimal:
    if isinstance(value, str):
        value = _spelled(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise UnusableError(WRONG_TYPE)
    return value


def _spelled(text: str) -> int | float | Decimal:
    if _INFINITE.fullmatch(text):
        raise UnusableError(OUT_OF_RANGE)
    if len(text) > _LONGEST_NUMBER:
        raise UnusableError(OUT_OF_RANGE if text.isdigit() else WRONG_TYPE)
    if _NUMBER.fullmatch(text) is None:
        raise UnusableError(WRONG_TYPE)
    if text.lstrip("+-").isdigit():
        return int(text)
    # a whole number beyond the exact range of a float is told from its neighbours only as a decimal
    exact = Decimal(text)
    return exact if abs(exact.adjusted()) <= _LONGEST_NUMBER and abs(exact) >= EXACT else float(text)


def _boolean(_: Column, value: object) -> tuple[object, bool]:
    spelled = str(value).strip().lower()
    if spelled in ("true", "t", "yes", "1", "1.0"):
        return True, False
    if spelled in ("false", "f", "no", "0", "0.0"):
        return False, False
    raise UnusableError(WRONG_TYPE)


def _bytes(_: Column, value: object) -> tuple[object, bool]:
    if not isinstance(value, bytes):
        raise UnusableError(WRONG_TYPE)
    return value, False


def _unsupported(_: Column, _value: object) -> tuple[object, bool]:
    raise UnusableError(WRONG_TYPE)  # no input table has maps


_OF_KIND: dict[Kind, Callable[[Column, object], tuple[object, bool]]] = {
    Kind.STRING: _text,
    Kind.STRINGS: _texts,
    Kind.TIMESTAMP: _time,
    Kind.INT64: _whole,
    Kind.INT32: _whole,
    Kind.INT16: _whole,
    Kind.FLOAT64: _number,
    Kind.BOOLEAN: _boolean,
    Kind.BYTES: _bytes,
    Kind.SHARES: _unsupported,
}
