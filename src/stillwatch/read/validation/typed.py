"""Columns of any type become the columns of a table; what cannot be used is absent, and said by row and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.read.validation.faults import REPLACED, Fault
from stillwatch.read.validation.rejects import BAD_UTF8, IMPOSSIBLE_TIME, MISSING_KEY, NUL, OUT_OF_RANGE, UNKNOWN_WORD
from stillwatch.read.validation.texts import ABSENT_WORDS, REPLACEMENT, whole_texts, without_nul
from stillwatch.read.validation.times import moments, within
from stillwatch.read.validation.values import UnusableError, is_word, must_be_whole, value_of
from stillwatch.records import Column, Kind, Table
from stillwatch.records.inputs import JUDGEMENTS, PERMIT_PURPOSES, PERMITS, VERDICTS
from stillwatch.settings import ReadSettings

CLOSED_WORDS = {(PERMITS.name, "purpose"): PERMIT_PURPOSES, (JUDGEMENTS.name, "verdict"): VERDICTS}
"""The columns that accept only known words: a misspelt verdict or permit would have no effect, without notice."""

NEVER_BEFORE, NEVER_AFTER = ("valid_until",), ("valid_from",)
"""Ends of a permit that must not lie before the earliest time a log may hold, and beginnings not after the latest: as
"never" they would open a permit for ever whose year is misspelt."""

Values: TypeAlias = "Sequence[object] | Any"  # Python values, or an Arrow array, of which mypy knows nothing
_PLAIN_INTEGER, _PLAIN_NUMBER = r"^-?[0-9]{1,18}$", r"^-?[0-9]+(\.[0-9]+)?$"


@dataclass(frozen=True, slots=True)
class Conventions:
    """How one file writes what formats leave open: the unit of numbers that stand for times, by column."""

    settings: ReadSettings
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Typed:
    """Rows in the table's exact types.

    `unusable` gives, by index, the reason and the column of each row without a usable key, ascending; the values at
    fault in the other rows are in `faults`.
    """

    rows: pa.Table
    unusable: dict[int, tuple[str, str]]
    faults: tuple[Fault, ...]


def typed(table: Table, values: Mapping[str, Values], rows: int, how: Conventions) -> Typed:
    """Converts columns, given by name as Arrow arrays or as Python values of any type, to the table's columns.

    Columns that are not given are null; columns that the table does not have are not looked at.
    """
    columns: list[pa.Array] = []
    faults: list[Fault] = []
    keys: list[Fault] = []
    for column in table.columns:
        given = values.get(column.name)
        if given is None:
            array = pa.nulls(rows, column.kind.arrow)
        else:
            array, found = _converted(table, column, given, how)
            for one in found:
                (keys if column.required and one.reason != REPLACED else faults).append(one)
        columns.append(array)
        if column.required and array.null_count:
            said = {one.index for one in keys if one.column == column.name}
            absent = set(np.flatnonzero(np.asarray(pc.is_null(array))).tolist()) - said
            keys.extend(Fault(index, column.name, MISSING_KEY, None) for index in absent)
    # the same precedence as in `partitions._faults`
    unusable: dict[int, tuple[str, str]] = {}
    for one in sorted(keys, key=lambda one: (one.index, _LATER.get(one.reason, 0))):
        unusable.setdefault(one.index, (one.reason, one.column))
    kept = tuple(one for one in faults if one.index not in unusable)
    return Typed(pa.table(columns, schema=_nullable(table)), unusable, kept)


_LATER = {MISSING_KEY: 1, IMPOSSIBLE_TIME: 2, UNKNOWN_WORD: 3}


def _nullable(table: Table) -> pa.Schema:
    return pa.schema([pa.field(column.name, column.kind.arrow) for column in table.columns])


def _converted(table: Table, column: Column, given: Values, how: Conventions) -> tuple[pa.Array, list[Fault]]:
    stored, faults = _stored(column, given)
    if column.kind in (Kind.STRING, Kind.STRINGS, Kind.TIMESTAMP) and not pa.types.is_timestamp(stored.type):
        stored, more = _whole(column, stored)
        faults += more
    if column.kind is Kind.TIMESTAMP:
        stored, more = _timed(column, stored, how)
        faults += more
    elif pa.types.is_floating(stored.type):
        stored, more = _finite(column, pc.add(stored, 0.0))  # of -0, one parser makes 0 and another -0.0
        faults += more
    words = CLOSED_WORDS.get((table.name, column.name))
    if words is not None:
        known = pc.is_in(stored, pa.array(words))
        faults += _faults(column, UNKNOWN_WORD, pc.and_(pc.is_valid(stored), pc.invert(known)), stored)
    return stored, faults


def _stored(column: Column, given: Values) -> tuple[pa.Array, list[Fault]]:
    """The values in the type in which their kind is checked: the kind's own, and text for times that are text."""
    if isinstance(given, pa.Array):
        return _of_arrow(column, given)
    read = _at_once(column, given)
    return (read, []) if read is not None else _one_by_one(column, given)


def _of_arrow(column: Column, given: pa.Array) -> tuple[pa.Array, list[Fault]]:
    kind = given.type
    if pa.types.is_dictionary(kind):
        return _of_arrow(column, given.dictionary_decode())
    if pa.types.is_null(kind):
        return pa.nulls(len(given), column.kind.arrow), []
    if column.kind is Kind.TIMESTAMP and (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
        return _in_microseconds(given), []
    if pa.types.is_large_string(kind) or kind == pa.string_view():
        given = given.cast(pa.string())
    faults: list[Fault] = []
    if given.type in (pa.string(), pa.list_(pa.string())):
        given, found = whole_texts(given)
        reason = BAD_UTF8 if must_be_whole(column) else REPLACED
        faults = [Fault(index, column.name, reason, None) for index in found.tolist()]
    if given.type == _natural(column):
        return given, faults
    read, more = _one_by_one(column, python_values(given))
    return read, faults + more


def _natural(column: Column) -> pa.DataType:
    return pa.string() if column.kind is Kind.TIMESTAMP else column.kind.arrow


def _in_microseconds(times: pa.Array) -> pa.Array:
    if pa.types.is_date(times.type):
        return times.cast(pa.timestamp("us"), safe=False)
    if times.type.unit == "ns":  # digits beyond microseconds are dropped, as in text
        counts = times.cast(pa.timestamp("ns")).cast(pa.int64())
        return pc.floor(pc.divide(counts, 1_000)).cast(pa.int64()).cast(pa.timestamp("us"))
    return times.cast(pa.timestamp("us", times.type.tz), safe=False).cast(pa.timestamp("us"))


def python_values(given: pa.Array) -> list[object]:
    """The values as Python objects, texts as bytes, since they may be no UTF-8.

    A time beyond the years that Python knows becomes a text that is no time.
    """
    held = given.cast(_with_bytes(given.type))
    try:
        values: list[object] = held.to_pylist()
    except (OverflowError, ValueError):
        values = [_python_value(one) for one in held]
    return values


def _python_value(one: pa.Scalar) -> object:
    try:
        return one.as_py()
    except (OverflowError, ValueError):
        return b"a time beyond the years 1 to 9999"


def _with_bytes(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pa.large_binary()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return pa.large_list(_with_bytes(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_with_bytes(field.type)) for field in kind])
    return kind


def _at_once(column: Column, given: Sequence[object]) -> pa.Array | None:
    """The values as one array where all are plainly of the kind; None where each must be looked at."""
    kinds = set(map(type, given)) - {type(None)}
    if not kinds:
        return pa.nulls(len(given), _natural(column))
    try:
        if kinds == {str}:
            return _texts_at_once(column, given)
        if kinds <= _PLAIN.get(column.kind, set()):
            return pa.array(given, column.kind.arrow)
    except (UnicodeEncodeError, OverflowError, pa.ArrowException):
        pass  # one is no text, or leads out of the range
    return None


_PLAIN: dict[Kind, set[type]] = {
    Kind.STRINGS: {list},
    Kind.INT64: {int},
    Kind.INT32: {int},
    Kind.INT16: {int},
    Kind.FLOAT64: {int, float},
    Kind.BOOLEAN: {bool},
}


def _texts_at_once(column: Column, given: Sequence[object]) -> pa.Array | None:
    if column.kind is Kind.STRINGS:
        return None
    texts = pa.array(given, pa.string())
    if column.kind in (Kind.STRING, Kind.TIMESTAMP):
        return texts
    texts = _absent(texts, ("", *ABSENT_WORDS))
    pattern = _PLAIN_NUMBER if column.kind is Kind.FLOAT64 else _PLAIN_INTEGER
    plain = pc.all(pc.match_substring_regex(texts, pattern), skip_nulls=True).as_py() is not False
    return texts.cast(column.kind.arrow) if plain else None


def _one_by_one(column: Column, given: Sequence[object]) -> tuple[pa.Array, list[Fault]]:
    faults: list[Fault] = []
    read: list[object] = []
    for index, value in enumerate(given):
        try:
            used, replaced = value_of(column, value)
        except UnusableError as error:
            used, replaced = None, False
            faults.append(Fault(index, column.name, str(error), value))
        if replaced:
            faults.append(Fault(index, column.name, REPLACED, None))
        read.append(used)
    return pa.array(map(_encodable, read), _natural(column)), faults


def _encodable(value: object) -> object:
    # a time keeps characters that no text holds, since they make it no time; Arrow takes only text
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def _whole(column: Column, stored: pa.Array) -> tuple[pa.Array, list[Fault]]:
    """The texts without NUL, and with absent values in place of words that say so."""
    whole, found = without_nul(stored, REPLACEMENT if column.required else "")
    reason = NUL if must_be_whole(column) else REPLACED
    faults = [Fault(index, column.name, reason, None) for index in found.tolist()]
    if column.kind is Kind.STRINGS:
        return whole, faults
    if must_be_whole(column) and len(found):
        holds = np.zeros(len(whole), np.bool_)
        holds[found] = True
        whole = pc.if_else(pa.array(holds), pa.scalar(None, whole.type), whole)
    return _absent(whole, ("",) if is_word(column) else ("", *ABSENT_WORDS)), faults


def _absent(texts: pa.Array, words: Sequence[str]) -> pa.Array:
    lengths = pc.binary_length(texts)
    least = pc.min(lengths).as_py()
    if least is None or least > max(map(len, words)):
        return texts  # comparing lengths takes a tenth of the time of comparing texts
    return pc.if_else(pc.is_in(texts, pa.array(words)), pa.scalar(None, texts.type), texts)


def _finite(column: Column, stored: pa.Array) -> tuple[pa.Array, list[Fault]]:
    if pc.all(pc.is_finite(stored), skip_nulls=True).as_py() is not False:
        return stored, []
    faults = _faults(column, OUT_OF_RANGE, pc.is_inf(stored), stored)
    return pc.if_else(pc.is_finite(stored), stored, pa.scalar(None, stored.type)), faults


def _timed(column: Column, stored: pa.Array, how: Conventions) -> tuple[pa.Array, list[Fault]]:
    times = stored if pa.types.is_timestamp(stored.type) else moments(stored, how.units.get(column.name))
    unread = pc.and_(pc.is_valid(stored), pc.is_null(times))
    earliest, latest = how.settings.earliest, how.settings.latest
    outside = pc.and_(pc.is_valid(times), pa.array(~within(times, earliest, latest)))
    if column.required:
        return times, _faults(column, IMPOSSIBLE_TIME, pc.or_(unread, outside), stored)
    early = pc.fill_null(pc.less(times, pa.scalar(earliest.replace(tzinfo=None), times.type)), False)
    if column.name in NEVER_BEFORE:
        unread = pc.or_(unread, early)
    if column.name in NEVER_AFTER:
        unread = pc.or_(unread, pc.and_(outside, pc.invert(early)))
    # Databases write "never" as `9999-12-31`: an optional time outside the bounds counts as absent.
    kept = pc.if_else(outside, pa.scalar(None, times.type), times)
    return kept, _faults(column, IMPOSSIBLE_TIME, unread, stored)


def _faults(column: Column, reason: str, where: pa.Array, stored: pa.Array) -> list[Fault]:
    return list(_each(column, reason, np.flatnonzero(np.asarray(pc.fill_null(where, False))), stored))


def _each(
    column: Column, reason: str, found: np.ndarray[tuple[int], np.dtype[np.int64]], stored: pa.Array
) -> Iterator[Fault]:
    for index in found.tolist():
        yield Fault(index, column.name, reason, stored[index].as_py())
