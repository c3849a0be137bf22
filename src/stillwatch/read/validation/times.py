"""Parses times: ISO 8601, where a time without `Z` or an offset is UTC, and counts of a unit since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_YEAR = r"([1-9]\d{3}|0[1-9]\d{2}|00[1-9]\d|000[1-9])"
_HOUR = r"([01]\d|2[0-3])"
_ISO = re.compile(
    rf"{_YEAR}-\d{{2}}-\d{{2}}"
    rf"([T ]{_HOUR}:[0-5]\d(:[0-5]\d([.,]\d{{1,9}})?)?(Z|z| ?UTC| ?[+-]{_HOUR}(:?[0-5]\d)?)?)?",
    re.ASCII,
)
_FRACTION = re.compile(r"[.,](\d+)")
# Of these spellings, Arrow gives the same time as `moment`.
_SIMPLE = rf"^{_YEAR}-\d{{2}}-\d{{2}}[T ]{_HOUR}:[0-5]\d:[0-5]\d(\.\d{{1,6}})?"

_COUNT = r"\d{1,19}"
_COUNTED = re.compile(rf"({_COUNT})(?:\.(\d*))?", re.ASCII)
_DIGITS = {"s": 6, "ms": 3, "us": 0, "ns": -3}  # decimal digits between the unit and a microsecond
UNITS = tuple(_DIGITS)
_1970 = datetime(1970, 1, 1)


def moment(text: str, unit: str | None = None) -> datetime | None:
    """Returns the time (UTC, without zone) that `text` spells, or None. Digits beyond microseconds are dropped.

    `unit` is what a plain number counts since 1970; without one, a plain number is no time.
    """
    text = text.strip()
    if _ISO.fullmatch(text) is None:
        return None if unit is None else _counted(text, unit)
    exact = _FRACTION.sub(lambda found: "." + found[1][:6].ljust(6, "0"), text, count=1)
    exact = exact.upper().replace("UTC", "Z").replace(" Z", "Z").replace(" +", "+").replace(" -", "-")
    try:
        read = datetime.fromisoformat(exact)
    except ValueError:
        return None
    try:
        return read.astimezone(UTC).replace(tzinfo=None) if read.tzinfo else read
    except OverflowError:
        return None  # year 1 or 9999 with an offset that leads out of the calendar


def moments(texts: pa.Array, unit: str | None = None) -> pa.Array:
    """Returns `moment` of each text as timestamps in microseconds (UTC); null where the text is null or no time."""
    for zone in ("UTC", None):
        suffix = rf"(Z|[+-]{_HOUR}:[0-5]\d)$" if zone else "$"
        if _all_match(texts, _SIMPLE + suffix):
            try:
                return texts.cast(pa.timestamp("us", zone)).cast(pa.timestamp("us"))
            except pa.ArrowInvalid:
                break  # one date, such as 30 February, does not exist: parse each text alone
    if unit in ("s", "ms", "us") and _all_match(texts, r"^\d{1,16}$"):
        factor = pa.scalar(10 ** _DIGITS[unit], pa.int64())
        try:
            return pc.multiply_checked(texts.cast(pa.int64()), factor).cast(pa.timestamp("us"))
        except pa.ArrowInvalid:
            pass  # one leads out of 64 bits
    return pa.array([None if text is None else moment(text, unit) for text in texts.to_pylist()], pa.timestamp("us"))


def unit_of(text: str, earliest: datetime, latest: datetime) -> str | None:
    """The unit in which a plain number gives a time within the bounds; None where it is no number, or none does.

    The ranges of two units overlap nowhere as long as the bounds are less than a thousandfold apart.
    """
    for unit in UNITS:
        read = _counted(text.strip(), unit)
        if read is not None and earliest.replace(tzinfo=None) <= read < latest.replace(tzinfo=None):
            return unit
    return None


def within(times: pa.Array, earliest: datetime, latest: datetime) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Returns which of the times (n,) lie in [earliest, latest); null lies outside."""
    low, high = (pa.scalar(bound.replace(tzinfo=None), pa.timestamp("us")) for bound in (earliest, latest))
    inside = pc.and_(pc.greater_equal(times, low), pc.less(times, high))
    return np.asarray(pc.fill_null(inside, False))


def _all_match(texts: pa.Array, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(texts, pattern), skip_nulls=True).as_py() is not False


def _counted(text: str, unit: str) -> datetime | None:
    found = _COUNTED.fullmatch(text)
    if found is None:
        return None
    digits = _DIGITS[unit]
    fraction = (found[2] or "")[: max(digits, 0)].ljust(max(digits, 0), "0")
    count = int(found[1] + fraction) if digits >= 0 else int(found[1]) // 10**-digits
    try:
        return _1970 + timedelta(microseconds=count)
    except OverflowError:
        return None
