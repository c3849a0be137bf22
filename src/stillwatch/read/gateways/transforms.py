"""Named transforms that a mapping may apply to a value on its way into a column."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from stillwatch.read.gateways.bodies import (
    answer_text,
    finish_reason,
    system_text,
    tool_names,
    user_text,
)
from stillwatch.read.gateways.content import text_of

Transform = Callable[[object], object]

UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1, "ns": -1_000}
"""Microseconds in a unit of time; negative: units in a microsecond."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOG_TIME = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{4})", re.ASCII)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_LONGEST_NUMBER = 30  # characters: more digits than any time has


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _first(value: object) -> object:
    return next(iter(value), None) if isinstance(value, list) else value


def _last(value: object) -> object:
    return value[-1] if isinstance(value, list) and value else None if isinstance(value, list) else value


def _integer(value: object) -> object:
    whole = isinstance(value, str) and value.isdecimal() and len(value) < _LONGEST_NUMBER
    return int(str(value)) if whole else value if isinstance(value, int) and not isinstance(value, bool) else None


def _joined(value: object) -> object:
    if not isinstance(value, list):
        return value
    return ", ".join(str(one) for one in value if isinstance(one, str | int | float))


def _keys(value: object) -> object:
    return list(value) if isinstance(value, dict) else value


def _access_log_time(value: object) -> object:
    """`10/Oct/2026:13:55:36 +0200` as ISO 8601 spells it; the names of months do not depend on the machine."""
    found = _LOG_TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None or found[2] not in _MONTHS:
        return value
    return f"{found[3]}-{_MONTHS.index(found[2]) + 1:02}-{found[1]}T{found[4]}{found[5]}"


def _without_session(value: object) -> object:
    """An assumed role's name without the session's, which whoever assumes the role chooses."""
    if not isinstance(value, str) or ":assumed-role/" not in value:
        return value
    return "/".join(value.split("/")[:2])


TRANSFORMS: dict[str, tuple[Transform, str]] = {
    "text": (lambda value: text_of(value) or None, "all text in a message, in content parts or in a list of them"),
    "user_text": (user_text, "of a list of messages the user's turns and tool results"),
    "system_text": (system_text, "of a list of messages the turns of the system and the developer"),
    "answer_text": (answer_text, "the text of a response, or of the messages in it"),
    "tool_names": (tool_names, "the names in tool definitions"),
    "finish_reason": (finish_reason, "why a response stopped"),
    "lower": (_lower, "the text in lower case"),
    "first": (_first, "the first element of a list"),
    "last": (_last, "the last element of a list"),
    "integer": (_integer, "the value where it is a whole number, else nothing, so that the next path counts"),
    "joined": (_joined, "the elements of a list as one text, with commas between"),
    "keys": (_keys, "the keys of an object"),
    "access_log_time": (_access_log_time, "a time such as `10/Oct/2026:13:55:36 +0200`"),
    "without_session": (_without_session, "an AWS role without the session name that its user chooses"),
}
"""Each transform by name, with what it gives."""

READS_JSON = frozenset({"text", "user_text", "system_text", "answer_text", "tool_names", "finish_reason", "keys"})
"""Transforms that take a text that holds JSON for what it holds."""


def moment_of(unit: str) -> Transform:
    """Returns the transform of a number in this unit since 1970 into a time in ISO 8601 (UTC, microseconds).

    Digits beyond microseconds are dropped. What is no number, or a time out of the calendar, is left as it is.
    """
    scale = UNITS[unit]

    def moment(value: object) -> object:
        number = _number(value)
        if number is None:
            return value
        try:
            microseconds = number // -scale if scale < 0 and isinstance(number, int) else _scaled(number, scale)
            return (_EPOCH + timedelta(microseconds=microseconds)).isoformat()
        except (OverflowError, ValueError):
            return value

    return moment


def _scaled(number: float, scale: int) -> int:
    if isinstance(number, int):
        return number * scale
    return round(number / -scale if scale < 0 else number * scale)


def _number(value: object) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str) or not value or len(value) > _LONGEST_NUMBER:
        return None
    if value.isascii() and value.isdecimal():
        return int(value)
    digits = value.replace(".", "", 1)
    return float(value) if digits.isascii() and digits.isdecimal() else None
