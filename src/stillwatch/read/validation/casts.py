"""Builds the SQL that reads a Parquet column in place, and finds the values that cannot be used as they stand.

Columns of other types than these are read in batches and converted like text (`formats/stored`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from stillwatch.engine import identifier, literal
from stillwatch.read.validation.faults import REPLACED
from stillwatch.read.validation.rejects import NUL, OUT_OF_RANGE, WRONG_TYPE
from stillwatch.read.validation.texts import ABSENT_WORDS, REPLACEMENT
from stillwatch.read.validation.values import is_word, must_be_whole
from stillwatch.records import Column, Kind

_NUL_SIGN = "chr(0)"
_TYPES = pa.types


@dataclass(frozen=True, slots=True)
class Cast:
    """An SQL expression that reads one column.

    `value` is null where the stored value is absent or unusable. `faults` are pairs of a condition and a reason; the
    first condition that holds gives the reason.
    """

    value: str
    faults: tuple[tuple[str, str], ...] = ()


def castable(column: Column, stored: pa.DataType | None) -> bool:
    """Whether SQL reads a contract column that is stored as this Arrow type; None means that the file lacks it."""
    if stored is None or _TYPES.is_null(stored):
        return not column.required
    return _IN_PLACE[column.kind](_plain(stored))


def cast(column: Column, stored: pa.DataType | None) -> Cast:
    """Returns the cast of a contract column that is stored as this Arrow type; None means that the file lacks it."""
    name = identifier(column.name)
    if stored is None or _TYPES.is_null(stored):
        return Cast(f"CAST(NULL AS {column.kind.value})")
    stored = _plain(stored)
    if not _IN_PLACE[column.kind](stored):
        return Cast(f"CAST(NULL AS {column.kind.value})", ((f"{name} IS NOT NULL", WRONG_TYPE),))
    return _BY_KIND[column.kind](column, name, stored)


def _plain(stored: pa.DataType) -> pa.DataType:
    return stored.value_type if _TYPES.is_dictionary(stored) else stored


def _text(column: Column, name: str, _stored: pa.DataType) -> Cast:
    holds = f"contains({name}, {_NUL_SIGN})"
    if must_be_whole(column):
        return Cast(f"nullif({name}, '')", ((holds, NUL),))
    # A client writes optional texts: no character of its own may remove the row. Keys are the provider's.
    instead = literal(REPLACEMENT if column.required else "")
    whole = f"CASE WHEN {holds} THEN replace({name}, {_NUL_SIGN}, {instead}) ELSE {name} END"
    value = f"nullif({whole}, '')"
    if not is_word(column):
        value = f"CASE WHEN {name} IN ({', '.join(map(literal, ABSENT_WORDS))}) THEN NULL ELSE {value} END"
    return Cast(value, ((holds, REPLACED),))


def _texts(column: Column, name: str, stored: pa.DataType) -> Cast:
    # A column that is stored in the contract's type needs no cast.
    value = name if stored == column.kind.arrow else f"CAST({name} AS VARCHAR[])"
    holds = f"contains(array_to_string({value}, ''), {_NUL_SIGN})"
    mended = f"list_transform({value}, lambda item: replace(item, {_NUL_SIGN}, ''))"
    return Cast(f"CASE WHEN {holds} THEN {mended} ELSE {value} END", ((holds, REPLACED),))


def _time(column: Column, name: str, stored: pa.DataType) -> Cast:
    if _TYPES.is_timestamp(stored) and stored.unit == "ns":
        # The engine's own cast would round. Digits beyond microseconds are dropped, as in the other formats.
        return Cast(f"make_timestamp(epoch_ns({name}) // 1000)")
    return Cast(name if stored == column.kind.arrow else f"try_cast({name} AS TIMESTAMP)")


def _whole(column: Column, name: str, stored: pa.DataType) -> Cast:
    if stored == column.kind.arrow:
        return Cast(name)
    value = f"try_cast({name} AS {column.kind.value})"
    if _TYPES.is_integer(stored):
        return Cast(value, ((f"{name} IS NOT NULL AND {value} IS NULL", OUT_OF_RANGE),))
    # Data frames store integers with absent values as floats: 12.0 is 12, NaN is absent, 12.5 is no integer.
    whole = f"isfinite({name}) AND {name} = trunc({name})"
    return Cast(
        f"CASE WHEN {whole} THEN {value} END",
        (
            (f"isfinite({name}) AND NOT ({whole})", WRONG_TYPE),
            (f"isinf({name}) OR ({whole} AND {value} IS NULL)", OUT_OF_RANGE),
        ),
    )


def _number(column: Column, name: str, stored: pa.DataType) -> Cast:
    if _TYPES.is_integer(stored):
        return Cast(f"CAST({name} AS DOUBLE)")
    number = name if stored == column.kind.arrow else f"CAST({name} AS DOUBLE)"
    whole = f"CASE WHEN isfinite({number}) THEN {number} + CAST(0 AS DOUBLE) END"  # -0.0 becomes 0.0, as in text
    return Cast(whole, ((f"isinf({number})", OUT_OF_RANGE),))


def _as_it_is(_column: Column, name: str, _stored: pa.DataType) -> Cast:
    return Cast(name)


def _is_text(stored: pa.DataType) -> bool:
    return bool(_TYPES.is_string(stored) or _TYPES.is_large_string(stored) or stored == pa.string_view())


def _is_texts(stored: pa.DataType) -> bool:
    return bool(_TYPES.is_list(stored) or _TYPES.is_large_list(stored)) and _is_text(stored.value_type)


def _is_number(stored: pa.DataType) -> bool:
    return bool(_TYPES.is_integer(stored) or _TYPES.is_floating(stored)) and not _TYPES.is_float16(stored)


def _is_time(stored: pa.DataType) -> bool:
    return bool(_TYPES.is_timestamp(stored) or _TYPES.is_date(stored))


def _never(_stored: pa.DataType) -> bool:
    return False


_IN_PLACE: dict[Kind, Callable[[pa.DataType], bool]] = {
    Kind.STRING: _is_text,
    Kind.STRINGS: _is_texts,
    Kind.TIMESTAMP: _is_time,
    Kind.INT64: _is_number,
    Kind.INT32: _is_number,
    Kind.INT16: _is_number,
    Kind.FLOAT64: _is_number,
    Kind.BOOLEAN: _TYPES.is_boolean,
    Kind.BYTES: _TYPES.is_binary,
    Kind.SHARES: _never,  # no input table has maps
}
_BY_KIND: dict[Kind, Callable[[Column, str, pa.DataType], Cast]] = {
    Kind.STRING: _text,
    Kind.STRINGS: _texts,
    Kind.TIMESTAMP: _time,
    Kind.INT64: _whole,
    Kind.INT32: _whole,
    Kind.INT16: _whole,
    Kind.FLOAT64: _number,
    Kind.BOOLEAN: _as_it_is,
    Kind.BYTES: _as_it_is,
}
