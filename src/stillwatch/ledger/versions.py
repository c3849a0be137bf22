"""Versions of objects in a table of the ledger: pages of them in the order in which they were added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from stillwatch.ledger.exchanged import Stored, Wanted
from stillwatch.ledger.parts import portions
from stillwatch.ledger.records import in_utc

_STEP = timedelta(microseconds=1)
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


def times(connection: sa.Connection, column: sa.Column[datetime], count: int, now: datetime) -> list[datetime]:
    """So many times, each later than every one in the column: none is given twice, whatever the clock says."""
    newest = connection.execute(sa.select(sa.func.max(column))).scalar()
    start = max(in_utc(now), _BEGIN if newest is None else newest + _STEP)
    return [start + place * _STEP for place in range(count)]


Among = Callable[[sa.FromClause], Sequence[sa.ColumnElement[bool]]]
"""Conditions on a table, or on an alias of it, that say which of its rows exist at all."""


def page(connection: sa.Connection, table: sa.Table, among: Among, wanted: Wanted) -> list[Stored]:
    """At most `wanted.limit + 1` versions, oldest addition first; one more than the limit says that there are more."""
    added = table.primary_key.columns[0]
    columns = (table.c[name] for name in ("object_id", "version", "type", "body"))
    query = sa.select(added, *columns).where(*among(table))
    if wanted.after is not None:
        query = query.where(added > wanted.after)
    if wanted.ids is not None:
        query = query.where(table.c.object_id.in_(wanted.ids))
    if wanted.types is not None:
        query = query.where(table.c.type.in_(wanted.types))
    if "all" not in wanted.versions:
        query = query.where(sa.or_(*(_version(table, among, one) for one in wanted.versions)))
    rows = connection.execute(query.order_by(added).limit(wanted.limit + 1))
    return [Stored(*row) for row in rows]


def _version(table: sa.Table, among: Among, wanted: str | datetime) -> sa.ColumnElement[bool]:
    if isinstance(wanted, datetime):
        return table.c.version == wanted
    other = table.alias("other")
    beyond = other.c.version > table.c.version if wanted == "last" else other.c.version < table.c.version
    return ~sa.exists().where(other.c.object_id == table.c.object_id, beyond, *among(other))


def known(
    connection: sa.Connection, table: sa.Table, owner: sa.ColumnElement[bool], ids: Sequence[str]
) -> dict[str, list[tuple[datetime, str]]]:
    """By object id its versions with their bodies, oldest first, of those of the ids that the owner's rows have."""
    found: dict[str, list[tuple[datetime, str]]] = {}
    for some in portions(ids):
        columns = table.c.object_id, table.c.version, table.c.body
        query = sa.select(*columns).where(owner, table.c.object_id.in_(some)).order_by(table.c.version)
        for object_id, version, body in connection.execute(query):
            found.setdefault(object_id, []).append((version, body))
    return found
