"""Keeps the number of a state's parts small, and drops what is older than is looked back to.

Watching adds a part every few seconds. The exchanges of a day become one part once no late exchange can come for it, so
that old days can be dropped whole and a late exchange is compared with few parts only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from stillwatch.engine import Engine, Query, identifier, literal
from stillwatch.records.definitions import summed_again_sql
from stillwatch.records.sketches import ACCOUNT_SUMS, EXCHANGE_SKETCHES
from stillwatch.runs import state as states
from stillwatch.runs.state import Part, State

FEW = 8  # parts of one day that are left as they are
MOST_ROWS = 20_000_000  # exchanges of one part: sorting more would spill for long
WAITED = timedelta(days=1)  # before a state's newest exchange, after which parts do not wait for late ones any more


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did."""

    merged: int = 0  # parts that became part of another
    dropped_parts: int = 0
    dropped_rows: int = 0


def compact(engine: Engine, state: State, lateness: timedelta, keep: timedelta | None) -> Compacted:
    """Merges the parts of each day where they are many, and drops parts whose newest exchange is older than `keep`.

    Parts within the `lateness` stay small: each addition is compared with them. So do those of the last day where a
    source was not read to its end, of which more may come. The state must be open. Each merge is published by itself,
    so that a killed run has lost nothing. Raises OutputError when the state cannot be written.
    """
    state, dropped = _without_old(state, keep)
    merged = 0
    for parts in _mergeable(state, lateness):
        state = _merge(engine, state, parts)
        merged += len(parts)
    return Compacted(merged, len(dropped), sum(part.rows for part in dropped))


def _without_old(state: State, keep: timedelta | None) -> tuple[State, tuple[Part, ...]]:
    if keep is None or state.until is None:
        return state, ()
    old = tuple(part for part in state.parts if part.last < state.until - keep)
    if old:
        state = replace(state, parts=tuple(part for part in state.parts if part not in old))
        states.publish(state)
    return state, old


def _mergeable(state: State, lateness: timedelta) -> Iterator[tuple[Part, ...]]:
    """The parts of each day that are too many, as many of them as make one part."""
    days: dict[date, list[Part]] = {}
    for part in _old_enough(state, lateness):
        days.setdefault(part.last.date(), []).append(part)
    for parts in days.values():
        small = sorted((part for part in parts if part.rows < MOST_ROWS), key=lambda part: part.rows)
        chosen, rows = [], 0
        for part in small:
            if rows + part.rows > MOST_ROWS:
                break
            chosen.append(part)
            rows += part.rows
        if len(chosen) > FEW:
            yield tuple(chosen)


def _old_enough(state: State, lateness: timedelta) -> list[Part]:
    """The parts that need not stay small for exchanges that may still come."""
    if state.until is None:
        return []
    # a broker that always has more, or a source that fell silent for good, must not let parts pile up
    before = state.until - max(lateness, WAITED)
    if state.watched.settled is not None:
        before = max(before, state.watched.settled - lateness)
    return [part for part in state.parts if part.last < before]


def _merge(engine: Engine, state: State, parts: Sequence[Part]) -> State:
    exchanges, accounts = states.next_names(state)
    engine.view(_MERGED.name, _union_sql(state, _MERGED.names, [part.file for part in parts]))
    rows = engine.export(_MERGED, state.path(exchanges), {"key_id": state.key_id})
    sums = _union_sql(state, ACCOUNT_SUMS.names, [part.accounts for part in parts])
    engine.view(_SUMS.name, Query("merged sums", summed_again_sql(sums.sql)))
    engine.export(_SUMS, state.path(accounts))
    span = (min(part.first for part in parts), max(part.last for part in parts))
    fresh = states.part_of(state.path(exchanges), accounts, rows, span)
    state = replace(state, parts=(*(part for part in state.parts if part not in parts), fresh))
    states.publish(state)
    return state


_MERGED = replace(EXCHANGE_SKETCHES, name="merged_sketches")
_SUMS = replace(ACCOUNT_SUMS, name="merged_sums")


def _union_sql(state: State, names: Sequence[str], files: Sequence[str]) -> Query:
    listed = ", ".join(literal(str(state.path(file).absolute())) for file in files)
    columns = ", ".join(identifier(name) for name in names)
    return Query("parts to merge", f"SELECT {columns} FROM read_parquet([{listed}], hive_partitioning = false)")
