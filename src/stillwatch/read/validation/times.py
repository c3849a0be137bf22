"""Parses times in ISO 8601: date and time are separated by a blank or `T`; without `Z` or an offset, a time is UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_YEAR = r"([1-9]\d{3}|0[1-9]\d{2}|00[1-9]\d|000[1-9])"
_HOUR = r"([01]\d|2[0-3])"
ISO = (
    rf"{_YEAR}-\d{{2}}-\d{{2}}"
    rf"([T ]{_HOUR}:[0-5]\d(:[0-5]\d([.,]\d{{1,9}})?)?(Z|z| ?[+-]{_HOUR}(:?[0-5]\d)?)?)?"
)
"""The accepted spellings as one regular expression, which has the same meaning in Python and in SQL."""

_ISO = re.compile(ISO, re.ASCII)
_FRACTION = re.compile(r"[.,](\d+)")
# Of these spellings, Arrow gives the same time as `moment`.
_SIMPLE = rf"^{_YEAR}-\d{{2}}-\d{{2}}[T ]{_HOUR}:[0-5]\d:[0-5]\d(\.\d{{1,6}})?"


def moment(text: str) -> datetime | None:
    """Returns the time (UTC, without zone) that `text` spells, or None. Digits beyond microseconds are dropped."""
    if _ISO.fullmatch(text) is None:
        return None
    exact = _FRACTION.sub(lambda found: "." + found[1][:6].ljust(6, "0"), text, count=1)
    try:
        read = datetime.fromisoformat(exact.upper().replace(" +", "+").replace(" -", "-"))
    except ValueError:
        return None
    try:
        return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
    except OverflowError:
        return None  # year 1 or 9999 with an offset that leads out of the calendar


def moments(texts: pa.Array) -> pa.Array:
    """Returns `moment` of each text as timestamps in microseconds (UTC); null where the text is null or no time."""
    for zone in ("UTC", None):
        suffix = rf"(Z|[+-]{_HOUR}:[0-5]\d)$" if zone else "$"
        if pc.all(pc.match_substring_regex(texts, _SIMPLE + suffix), skip_nulls=True).as_py() is not False:
            try:
                return texts.cast(pa.timestamp("us", zone)).cast(pa.timestamp("us"))
            except pa.ArrowInvalid:
                break  # one date, such as 30 February, does not exist: parse each text alone
    return pa.array([None if text is None else moment(text) for text in texts.to_pylist()], pa.timestamp("us"))


def within(times: pa.Array, earliest: datetime, latest: datetime) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Returns which of the times (n,) lie in [earliest, latest); null lies outside."""
    low, high = (pa.scalar(bound.replace(tzinfo=None), pa.timestamp("us")) for bound in (earliest, latest))
    inside = pc.and_(pc.greater_equal(times, low), pc.less(times, high))
    return np.asarray(pc.fill_null(inside, False))
