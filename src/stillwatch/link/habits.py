"""When a network is active and what it asks for: shares by which a later network can be compared with it.

A share says little of one account, so that nobody is held to belong to a network by it; profiles keep it for people
who compare campaigns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.link.ties import UNKNOWN, Lives
from stillwatch.records.claims import (
    ACTIVE_IN_HOUR,
    ANSWERED_AT_DENSITY,
    ASKS_OF_KIND,
    DENSITIES,
    SENT_IN_SHAPE,
    SET_UP_IN_HOUR,
    SHAPES,
    WRITTEN_AT_DENSITY,
    StatedClaim,
)
from stillwatch.records.naming import FORMS, SUBJECTS

Int64 = NDArray[np.int64]

HOUR, DAY, WEEK = 3_600_000_000, 24, 168  # µs; hours
MONDAY = 4 * DAY  # hours from 1 January 1970, a Thursday, to a Monday
LEAST_REQUESTS, LEAST_ACTS = 100, 20  # of a network, for shares of them to be more than noise
OLD = DAY * HOUR  # µs from the first exchange of the log, before which an account may have been in use already

Counts = Mapping[str | None, Int64]
"""How often each place (places,) occurs, by network; None is everybody outside."""


def habit_rows(
    engine: Engine, named: Sequence[tuple[str, NDArray[np.int32]]], lives: Lives, off: frozenset[str]
) -> Iterator[pa.Table]:
    """Rows of profiles for the habits of networks, whose members are indices of accounts; no claims that are `off`.

    Reads the tables `exchange_sketches` and `network_members`. Raises the engine's errors.
    """
    if not named:
        return
    sizes = {name: len(members) for name, members in named}
    if ACTIVE_IN_HOUR.name not in off:
        rows = engine.fetch(hours_sql())
        place = hour_of_week(rows["hour_began"].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy())
        yield _rows(ACTIVE_IN_HOUR, _counted(rows, place, WEEK), sizes, LEAST_REQUESTS)
    if ASKS_OF_KIND.name not in off:
        rows = engine.fetch(kinds_sql())
        place = rows["subject"].to_numpy().astype(np.int64) * len(FORMS) + rows["form"].to_numpy()
        yield _rows(ASKS_OF_KIND, _counted(rows, place, len(SUBJECTS) * len(FORMS)), sizes, LEAST_REQUESTS)
    yield from _marks(engine.fetch(marks_sql()), sizes, off)
    if SET_UP_IN_HOUR.name not in off:
        yield _rows(SET_UP_IN_HOUR, _set_up(named, lives), sizes, LEAST_ACTS)


def hour_of_week(at: Int64) -> Int64:
    """The hours (n,) of the week in UTC, 0 for the one from Monday's midnight, of times (n,) in µs since 1970."""
    return (np.asarray(at, np.int64) // HOUR - MONDAY) % WEEK


def hours_sql() -> Query:
    """Requests of each network, and of everybody outside (null), by the hour."""
    return Query(
        "hours of networks",
        """
SELECT network_id, hour_began, count(*) AS requests
FROM (
  SELECT members.network_id, date_trunc('hour', exchanges.started_at) AS hour_began
  FROM exchange_sketches AS exchanges
  LEFT JOIN network_members AS members ON members.account_id = exchanges.account_id
) AS hours
GROUP BY network_id, hour_began""",
    )


def kinds_sql() -> Query:
    """Requests of each network, and of everybody outside (null), by subject and form."""
    return Query(
        "kinds of requests of networks",
        """
SELECT members.network_id, exchanges.subject, exchanges.form, count(*) AS requests
FROM exchange_sketches AS exchanges
LEFT JOIN network_members AS members ON members.account_id = exchanges.account_id
WHERE exchanges.subject IS NOT NULL AND exchanges.form IS NOT NULL
GROUP BY members.network_id, exchanges.subject, exchanges.form""",
    )


def marks_sql() -> Query:
    """Requests of each network, and of everybody outside (null), by the characters for a token of request and answer
    (null where the log does not say) and by what came with them."""
    written, answered = (_density_sql(f"{one}_chars", f"{one}_tokens") for one in ("input", "output"))
    shape = " + ".join(f"CASE WHEN exchanges.{name} IS NULL THEN 0 ELSE {bit} END" for name, bit in SHAPES.items())
    return Query(
        "marks of networks",
        f"""
SELECT network_id, written, answered, shape, count(*) AS requests
FROM (
  SELECT members.network_id, {written} AS written, {answered} AS answered, {shape} AS shape
  FROM exchange_sketches AS exchanges
  LEFT JOIN network_members AS members ON members.account_id = exchanges.account_id
) AS marks
GROUP BY network_id, written, answered, shape""",
    )


def _density_sql(characters: str, tokens: str) -> str:
    bands = " ".join(
        f"WHEN exchanges.{characters} < {most} * exchanges.{tokens} THEN {place}"
        for place, most in enumerate(DENSITIES)
    )
    known = f"exchanges.{characters} > 0 AND exchanges.{tokens} > 0"
    return f"CASE WHEN {known} THEN CASE {bands} ELSE {len(DENSITIES)} END END"


def _marks(rows: pa.Table, sizes: Mapping[str, int], off: frozenset[str]) -> Iterator[pa.Table]:
    columns = (
        (WRITTEN_AT_DENSITY, "written", len(DENSITIES) + 1),
        (ANSWERED_AT_DENSITY, "answered", len(DENSITIES) + 1),
        (SENT_IN_SHAPE, "shape", sum(SHAPES.values()) + 1),
    )
    for claim, column, places in columns:
        if claim.name not in off:
            known = rows.filter(pc.is_valid(rows[column]))
            place = known[column].to_numpy().astype(np.int64)
            yield _rows(claim, _counted(known, place, places), sizes, LEAST_REQUESTS)


def _counted(rows: pa.Table, place: Int64, places: int) -> Counts:
    found: dict[str | None, Int64] = {}
    for name, at, requests in zip(rows["network_id"].to_pylist(), place, rows["requests"].to_pylist(), strict=True):
        found.setdefault(name, np.zeros(places, np.int64))[at] += requests
    return found


def _set_up(named: Sequence[tuple[str, NDArray[np.int32]]], lives: Lives) -> Counts:
    """Sign-ups and first uses by the hour of the day: acts behind which a person, or a person's schedule, stands."""
    outside = np.ones(len(lives.created_at), bool)
    for _, members in named:
        outside[members] = False
    groups: list[tuple[str | None, NDArray[np.integer]]] = [*named, (None, np.flatnonzero(outside))]
    return {name: _acts(lives.created_at[one], lives.first_seen[one], lives.begins) for name, one in groups}


def _acts(created: Int64, first: Int64, begins: int) -> Int64:
    at = np.concatenate([created[created != UNKNOWN], first[(first >= begins + OLD) & (first != UNKNOWN)]])
    return np.bincount(hour_of_week(at) % DAY, minlength=DAY)


def _rows(claim: StatedClaim, counts: Counts, sizes: Mapping[str, int], least: int) -> pa.Table:
    places = len(next(iter(counts.values()), ()))
    others = counts.get(None, np.zeros(places, np.int64))
    rate = (others + 0.5) / (others.sum() + 1.0)
    parts = []
    for name in sorted(sizes):
        own = counts.get(name, np.zeros(places, np.int64))
        if (total := int(own.sum())) < least or others.sum() < least:
            continue  # shares of few say nothing, nor do shares beside nobody's
        held = np.flatnonzero(own)
        parts.append((name, held, own[held] / total, rate[held], sizes[name]))
    count = [len(held) for _, held, *_ in parts]
    return pa.table(
        {
            "network_id": pa.array(np.repeat([name for name, *_ in parts], count).tolist(), pa.string()),
            "claim": pa.array([claim.name] * sum(count), pa.string()),
            "keyed": np.concatenate([np.empty(0, np.int64), *(held for _, held, *_ in parts)]),
            "accounts": np.repeat(np.array([part[4] for part in parts], np.int64), count),
            "usage": np.concatenate([np.empty(0), *(part[2] for part in parts)]),
            "rate": np.concatenate([np.empty(0), *(part[3] for part in parts)]),
            "held_since": pa.array(np.zeros(sum(count), np.int64), pa.timestamp("us")),  # habits are not taken up
        }
    )
