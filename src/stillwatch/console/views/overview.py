"""The first page: what is new, what waits for a person, campaigns over time, and whether all is well."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from stillwatch.console import queries, review, subjects
from stillwatch.console.asked import Asked
from stillwatch.console.findings import Run, newest
from stillwatch.console.render import page
from stillwatch.records.outputs import LEVELS
from stillwatch.serve.http import Response

DAYS = 90
SHOWN = 8


class Column(NamedTuple):
    """One day of the chart: where its bar begins, and by level how high it stands from where."""

    x: float
    width: float
    parts: tuple[tuple[str, float, float], ...]  # level, y and height, of a chart that is 100 high
    title: str


def overview(asked: Asked) -> Response:
    """Shows the state of the whole."""
    run = asked.site.findings.run_if_any
    waiting = review.queue(run, asked.ledger, asked.site.settings.console, asked.now)
    snapshot = asked.site.snapshots
    return page(
        asked,
        "overview.html.j2",
        title="Overview",
        run=run,
        why=asked.site.findings.refused,
        waiting=waiting,
        open_items=alike(one for one in waiting.items if one.taken is None)[:SHOWN],
        levels=Counter(row["level"] for row in subjects.campaigns(run)) if run else {},
        campaigns=subjects.campaigns(run)[:SHOWN] if run else (),
        fresh=run.rows(queries.fresh_sql())[:SHOWN] if run else (),
        newest=newest(run) if run else None,
        columns=chart(run) if run else (),
        age=snapshot.age,
        usable=snapshot.usable,
        off=run.record.get("channels_off", {}) if run else {},
        lost=lost(run) if run else None,
        sessions=len(asked.ledger.sessions.list(asked.now)),
    )


def alike(items: Iterable[review.Item]) -> list[tuple[review.Item, int]]:
    """The first item of each that says the same, in order, and how many more say so."""
    first: dict[str, review.Item] = {}
    count = Counter[str]()
    for one in items:
        first.setdefault(one.about, one)
        count[one.about] += 1
    return [(one, count[about] - 1) for about, one in first.items()]


def lost(run: Run) -> tuple[int, int]:
    """Rows that could not be used, and all that were read."""
    inputs = run.record.get("inputs", ())
    return sum(one["rows_quarantined"] for one in inputs), sum(one["rows_read"] for one in inputs)


def chart(run: Run) -> tuple[Column, ...]:
    """Exchanges of campaigns on each of the last days, by the campaign's level."""
    by_day: dict[date, dict[str, int]] = defaultdict(dict)
    for row in run.rows(queries.per_day_sql()):
        by_day[row["day"]][row["level"]] = row["exchanges"]
    if not by_day:
        return ()
    last = max(by_day)
    days = [last - timedelta(days=back) for back in range(min(DAYS, (last - min(by_day)).days + 1) - 1, -1, -1)]
    top = max(sum(by_day[day].values()) for day in days) or 1
    pitch = 720 / len(days)
    columns = []
    for index, day in enumerate(days):
        parts, y = [], 100.0
        for level in reversed(LEVELS):
            height = 100 * by_day[day].get(level, 0) / top
            y -= height
            parts.append((level, round(y, 2), round(height, 2)))
        total = sum(by_day[day].values())
        columns.append(
            Column(round(index * pitch, 2), round(pitch * 0.8, 2), tuple(parts), f"{day}: {total:,} exchanges")
        )
    return tuple(columns)
