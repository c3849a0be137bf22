"""Checks whether a parsed row is usable: its keys are present, its times are possible, its words are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.read.validation.rejects import IMPOSSIBLE_TIME, MISSING_KEY, UNKNOWN_WORD
from stillwatch.read.validation.times import moments, within
from stillwatch.records import Column, Kind, Table
from stillwatch.records.inputs import (
    JUDGEMENTS,
    PERMIT_PURPOSES,
    PERMITS,
    VERDICTS,
)
from stillwatch.settings import ReadSettings

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]

CLOSED_WORDS = {(PERMITS.name, "purpose"): PERMIT_PURPOSES, (JUDGEMENTS.name, "verdict"): VERDICTS}
"""The columns that accept only known words: a misspelt verdict or permit would have no effect, without notice."""

NEVER_BEFORE, NEVER_AFTER = ("valid_until",), ("valid_from",)
"""Ends of a permit that must not lie before the earliest time a log may hold, and beginnings not after the latest: as
"never" they would open a permit for ever whose year is misspelt."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Rows in the table's exact types, and the reason for each unusable row by its index, ascending."""

    rows: pa.Table
    reasons: dict[int, str]


def check(table: Table, rows: pa.Table, settings: ReadSettings) -> Checked:
    """Converts empty texts to null and texts to times, and checks which rows are usable.

    `rows` has the table's columns, with times as text.
    """
    missing, impossible, unknown = (np.zeros(rows.num_rows, dtype=np.bool_) for _ in range(3))
    columns: list[pa.Array] = []
    for column in table.columns:
        chunks = rows[column.name]
        values = chunks.chunk(0) if chunks.num_chunks == 1 else chunks.combine_chunks()  # it copies even one chunk
        if column.kind in (Kind.STRING, Kind.TIMESTAMP):
            values = _absent_when_empty(values)
        if column.required:
            missing |= _mask(pc.is_null(values))
        if column.kind is Kind.TIMESTAMP:
            values, bad = _times(values, column, settings)
            impossible |= bad
        words = CLOSED_WORDS.get((table.name, column.name))
        if words is not None:
            unknown |= ~_mask(pc.is_in(values, pa.array(words)))
        columns.append(values)
    reasons = {
        index: MISSING_KEY if missing[index] else IMPOSSIBLE_TIME if impossible[index] else UNKNOWN_WORD
        for index in np.flatnonzero(missing | impossible | unknown).tolist()
    }  # the same precedence as in `partitions._faults`
    return Checked(pa.table(columns, names=list(table.names)), reasons)


def _times(texts: pa.Array, column: Column, settings: ReadSettings) -> tuple[pa.Array, Mask]:
    times = moments(texts)
    unread = _mask(pc.is_valid(texts)) & ~_mask(pc.is_valid(times))
    outside = _mask(pc.is_valid(times)) & ~within(times, settings.earliest, settings.latest)
    if column.required:
        return times, unread | outside
    early = _mask(pc.less(times, pa.scalar(settings.earliest.replace(tzinfo=None), times.type)))
    if column.name in NEVER_BEFORE:
        unread |= early
    if column.name in NEVER_AFTER:
        unread |= outside & ~early
    # Databases write "never" as `9999-12-31`: an optional time outside the bounds counts as absent.
    return pc.if_else(pa.array(outside), pa.scalar(None, times.type), times), unread


def _absent_when_empty(values: pa.Array) -> pa.Array:
    if pc.min(pc.binary_length(values)).as_py() != 0:
        return values  # comparing lengths takes a tenth of the time of comparing texts
    return pc.if_else(pc.equal(values, ""), pa.scalar(None, values.type), values)


def _mask(values: pa.Array) -> Mask:
    return np.asarray(pc.fill_null(values, False))
