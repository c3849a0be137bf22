"""Builds the SQL that converts a Parquet column of any type to a contract column, and finds rows where that fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from stillwatch.engine import identifier, literal
from stillwatch.read.validation.rejects import (
    BAD_UTF8,
    IMPOSSIBLE_TIME,
    NUL,
    OUT_OF_RANGE,
    WRONG_TYPE,
)
from stillwatch.read.validation.times import ISO
from stillwatch.records import Column, Kind

_NUL_SIGN = "chr(0)"
_MICROSECONDS = r"'(\.\d{6})\d+', '\1'"
_TYPES = pa.types


@dataclass(frozen=True, slots=True)
class Cast:
    """An SQL expression that reads one column.

    `value` is null where the stored value is absent or unusable. `faults` are pairs of a condition and a reason; the
    first condition that holds gives the reason.
    """

    value: str
    faults: tuple[tuple[str, str], ...] = ()


def cast(column: Column, stored: pa.DataType | None) -> Cast:
    """Returns the cast of a contract column that is stored as this Arrow type; None means that the file lacks it."""
    if stored is None or _TYPES.is_null(stored):
        return Cast(f"CAST(NULL AS {column.kind.value})")
    if _TYPES.is_dictionary(stored):
        stored = stored.value_type
    return _BY_KIND[column.kind](column, identifier(column.name), stored)


def _text(column: Column, name: str, stored: pa.DataType) -> Cast:
    # A client writes optional texts: no character of its own may remove the row. Keys are the provider's.
    if _is_text(stored):
        holds = f"contains({name}, {_NUL_SIGN})"
        if column.required:
            return Cast(f"nullif({name}, '')", ((holds, NUL),))
        # a condition that never holds, for which the check reads the text: what is no UTF-8 is then read as bytes
        return Cast(
            f"nullif({_without_nul(name)}, '')",
            ((f"{holds} AND contains(replace({name}, {_NUL_SIGN}, ''), {_NUL_SIGN})", BAD_UTF8),),
        )
    if _is_bytes(stored):
        decoded = f"try(decode({name}))"
        if not column.required:
            return Cast(f"nullif({_without_nul(decoded)}, '')")
        return Cast(
            f"nullif({decoded}, '')",
            (
                (f"{name} IS NOT NULL AND {decoded} IS NULL", BAD_UTF8),
                (f"contains({decoded}, {_NUL_SIGN})", NUL),
            ),
        )
    if _TYPES.is_nested(stored):
        return _unsupported(column, name, stored)
    return _try_cast(name, f"try_cast({name} AS VARCHAR)")


def _texts(column: Column, name: str, stored: pa.DataType) -> Cast:
    if not (_TYPES.is_list(stored) or _TYPES.is_large_list(stored) or _TYPES.is_fixed_size_list(stored)):
        return _unsupported(column, name, stored)
    # A column that is stored in the contract's type needs no cast.
    value = name if stored == column.kind.arrow else f"try_cast({name} AS VARCHAR[])"
    if _is_bytes(stored.value_type):
        value = f"list_transform({name}, lambda item: try(decode(item)))"
    mended = (
        f"CASE WHEN contains(array_to_string({value}, ''), {_NUL_SIGN}) "
        f"THEN list_transform({value}, lambda item: replace(item, {_NUL_SIGN}, '')) ELSE {value} END"
    )
    return Cast(mended, ((f"{name} IS NOT NULL AND {value} IS NULL", WRONG_TYPE),))


def _without_nul(text: str) -> str:
    return f"CASE WHEN contains({text}, {_NUL_SIGN}) THEN replace({text}, {_NUL_SIGN}, '') ELSE {text} END"


def _time(column: Column, name: str, stored: pa.DataType) -> Cast:
    if _TYPES.is_timestamp(stored) and stored.unit == "ns":
        # The engine's own cast would round. Digits beyond microseconds are dropped, as in the other formats.
        value = f"make_timestamp(epoch_ns({name}) // 1000)"
    elif stored == column.kind.arrow:
        value = name
    elif _TYPES.is_timestamp(stored) or _TYPES.is_date(stored):
        value = f"try_cast({name} AS TIMESTAMP)"
    elif _is_text(stored):
        plain = f"regexp_replace(replace(upper({name}), ',', '.'), ' ([+-])', '\\1')"
        cut = f"regexp_replace({plain}, {_MICROSECONDS})"
        value = (
            f"CASE WHEN regexp_full_match({name}, {literal(ISO)}) "
            f"THEN CAST(try_cast({cut} AS TIMESTAMPTZ) AS TIMESTAMP) END"
        )
        return _try_cast(f"nullif({name}, '')", value, IMPOSSIBLE_TIME)
    else:
        return _unsupported(column, name, stored)
    return Cast(value)


def _whole(column: Column, name: str, stored: pa.DataType) -> Cast:
    target = column.kind.value
    if _TYPES.is_integer(stored):
        return (
            Cast(name)
            if stored == column.kind.arrow
            else _try_cast(name, f"try_cast({name} AS {target})", OUT_OF_RANGE)
        )
    if _TYPES.is_floating(stored):
        # Data frames store integers with absent values as floats: 12.0 is 12, NaN is absent, 12.5 is no integer.
        whole = f"isfinite({name}) AND {name} = trunc({name})"
        return Cast(
            f"CASE WHEN {whole} THEN try_cast({name} AS {target}) END",
            (
                (f"{name} IS NOT NULL AND NOT isnan({name}) AND NOT ({whole})", WRONG_TYPE),
                (f"{whole} AND try_cast({name} AS {target}) IS NULL", OUT_OF_RANGE),
            ),
        )
    if _TYPES.is_decimal(stored):
        return _try_cast(name, f"CASE WHEN {name} = trunc({name}) THEN try_cast({name} AS {target}) END")
    if _is_text(stored):
        digits = f"regexp_full_match({name}, '-?\\d{{1,19}}')"
        return _try_cast(f"nullif({name}, '')", f"CASE WHEN {digits} THEN try_cast({name} AS {target}) END")
    return _unsupported(column, name, stored)


def _number(column: Column, name: str, stored: pa.DataType) -> Cast:
    if _TYPES.is_boolean(stored) or not (
        _TYPES.is_integer(stored) or _TYPES.is_floating(stored) or _TYPES.is_decimal(stored) or _is_text(stored)
    ):
        return _unsupported(column, name, stored)
    number = name if stored == column.kind.arrow else f"try_cast({name} AS DOUBLE)"
    present = f"nullif({name}, '')" if _is_text(stored) else name
    return Cast(
        f"CASE WHEN isfinite({number}) THEN {number} END",
        ((f"{present} IS NOT NULL AND {number} IS NULL", WRONG_TYPE), (f"isinf({number})", OUT_OF_RANGE)),
    )


def _boolean(column: Column, name: str, stored: pa.DataType) -> Cast:
    return Cast(name) if _TYPES.is_boolean(stored) else _unsupported(column, name, stored)


def _bytes(column: Column, name: str, stored: pa.DataType) -> Cast:
    return Cast(name) if _is_bytes(stored) else _unsupported(column, name, stored)


def _unsupported(column: Column, name: str, _stored: pa.DataType) -> Cast:
    return Cast(f"CAST(NULL AS {column.kind.value})", ((f"{name} IS NOT NULL", WRONG_TYPE),))


def _try_cast(present: str, value: str, reason: str = WRONG_TYPE) -> Cast:
    return Cast(value, ((f"{present} IS NOT NULL AND {value} IS NULL", reason),))


def _is_text(stored: pa.DataType) -> bool:
    return bool(_TYPES.is_string(stored) or _TYPES.is_large_string(stored) or stored == pa.string_view())


def _is_bytes(stored: pa.DataType) -> bool:
    return bool(
        _TYPES.is_binary(stored)
        or _TYPES.is_large_binary(stored)
        or _TYPES.is_fixed_size_binary(stored)
        or stored == pa.binary_view()
    )


_BY_KIND: dict[Kind, Callable[[Column, str, pa.DataType], Cast]] = {
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
