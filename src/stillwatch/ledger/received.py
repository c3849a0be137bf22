"""What partners tell: each object is checked by itself and beside what is known, and a request is taken whole or not.

Nothing here believes what an object says. It only holds that the objects are well formed, are none of ours, and fit
into the sender's quota. An object is known by its partner and its id: whoever sends an id first keeps nobody out.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.exchanged import UNCHECKED, Heard, Receipt, Sighting, Stored, Wanted
from stillwatch.ledger.parts import Part, named
from stillwatch.ledger.records import digest, in_utc, storable
from stillwatch.ledger.shares import Shares
from stillwatch.ledger.tables import RECEIPTS, RECEIVED_OBJECTS, SIGHTINGS, add
from stillwatch.ledger.versions import known, page, times
from stillwatch.records.identifiers import MATCHED, read_stamp, stamp

LARGEST = 65_536
"""Bytes of one object."""
DEEPEST = 24
"""Levels of nesting of one object."""
AHEAD = timedelta(days=1)
"""How far a partner's clock may be ahead."""
AT_ONCE = 10_000
"""Objects of one request that are looked at whatever the quota is: known ones are no new ones."""
RECEIPTS_BYTES, RECEIPT_BYTES = 5_000_000, 1_000
"""Bytes of a partner's receipts within a day, and more for each object of its quota: refusals and replays are receipts,
too."""

_ID = re.compile(r"([a-z0-9][a-z0-9-]{0,249})--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # the version of what has none, such as an observable


class QuotaError(UsageError):
    """A partner has sent as much as is taken from it within a day."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """An object of a request, with what is wrong with it."""

    object_id: str
    version: datetime
    type: str
    body: str
    fault: str | None


class Received(Part):
    """What partners told, and where it was seen."""

    def add(
        self,
        partner: str,
        objects: Sequence[Any],
        at: datetime,
        quota: int,
        until: datetime | None = None,
        *,
        matched: bool = False,
    ) -> Receipt:
        """Takes a partner's objects, all or none; the same ones again change nothing.

        Only what a match of ours found (`matched`) may say that it was matched: nobody says so of what it tells.

        `until` is how far the partner's server was read, where they come from there. The receipt names each object and
        what is wrong with it. Raises QuotaError where more than `quota` objects were new within a day, more are sent at
        once, or what is known and what is refused has made the receipts of a day too large.
        """
        partner, at = named("the partner", partner), in_utc(at)
        most = max(quota, AT_ONCE)
        if len(objects) > most:
            raise _beyond(partner, f"sends more than {most:,} objects at once", "send some of them")
        with self._ledger.writing() as connection:
            self._receipts_within(connection, partner, at, quota)
            checked = [one if matched else _not_matched(one) for one in self._checked(connection, partner, objects, at)]
            fresh = {(one.object_id, one.version): one for one in checked if one.fault is None}
            before = self._before(connection, partner, [one.object_id for one in fresh.values()])
            fresh = {key: one for key, one in fresh.items() if key not in before}
            whole = all(one.fault is None for one in checked)
            if whole:
                self._within_quota(connection, partner, len(fresh), at, quota)
                moments = times(connection, RECEIVED_OBJECTS.c.received_at, len(fresh), at)
                rows = [_row(partner, *one) for one in zip(moments, fresh.values(), strict=True)]
                add(connection, RECEIVED_OBJECTS, rows)
            outcome = _outcome(checked, whole, at)
            if whole and until is not None:
                outcome["read_until"] = until.isoformat()
            receipt = Receipt(str(uuid4()), partner, at, json.dumps(outcome))
            add(connection, RECEIPTS, [asdict(receipt)])
        return receipt

    def receipt(self, receipt_id: str, partner: str) -> Receipt | None:
        """What became of a request of this partner; None where it made no such request."""
        if not storable(receipt_id):
            return None
        query = sa.select(RECEIPTS).where(RECEIPTS.c.receipt_id == receipt_id, RECEIPTS.c.partner == partner)
        with self._ledger.reading() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else Receipt(**row)

    def read_until(self, partner: str) -> datetime | None:
        """How far the partner's server was read; None where it never was."""
        query = sa.select(RECEIPTS.c.outcome).where(RECEIPTS.c.partner == partner)
        with self._ledger.reading() as connection:
            said = [json.loads(row[0]).get("read_until") for row in connection.execute(query)]
        return max((datetime.fromisoformat(one) for one in said if one is not None), default=None)

    def page(self, partner: str, wanted: Wanted) -> list[Stored]:
        """What a partner told, at most one version more than the limit, in the order in which it came."""
        with self._ledger.reading() as connection:
            return page(connection, RECEIVED_OBJECTS, lambda table: (table.c.partner == partner,), wanted)

    def partners(self) -> tuple[str, ...]:
        """Everybody who told something, by name."""
        with self._ledger.reading() as connection:
            rows = connection.execute(sa.select(RECEIVED_OBJECTS.c.partner).distinct())
            return tuple(sorted(row[0] for row in rows))

    def indicators(self, partner: str) -> list[Stored]:
        """The newest version of each indicator of a partner."""
        return self.page(partner, Wanted(types=("indicator",), limit=10_000_000))

    def heard(self, now: datetime, partner: str | None = None) -> dict[str, Heard]:
        """How much each partner told, or this one alone; whoever told nothing is not there."""
        column = RECEIVED_OBJECTS.c
        query = sa.select(
            column.partner,
            sa.func.count(column.object_id.distinct()),
            sa.func.count(column.object_id.distinct()).filter(column.type == "indicator"),
            sa.func.count().filter(column.received_at > in_utc(now) - timedelta(days=1)),
            sa.func.max(column.received_at),
        ).group_by(column.partner)
        return {row[0]: Heard(*row[1:]) for row in self._of(partner, query, column.partner)}

    def newest(self, partner: str, most: int) -> tuple[Stored, ...]:
        """The newest versions of indicators that a partner told, the newest first."""
        column = RECEIVED_OBJECTS.c
        fields = (column.received_at, column.object_id, column.version, column.type, column.body)
        query = sa.select(*fields).where(column.partner == partner, column.type == "indicator")
        with self._ledger.reading() as connection:
            rows = connection.execute(query.order_by(column.received_at.desc()).limit(most))
            return tuple(Stored(*row) for row in rows) if storable(partner) else ()

    def see(self, sightings: Sequence[Sighting]) -> None:
        """Notes where partners' values were seen; the first sighting of a value in a subject is the one that counts."""
        rows = [{"sighting_id": digest(one.partner, one.object_id, one.subject), **asdict(one)} for one in sightings]
        with self._ledger.writing() as connection:
            add(connection, SIGHTINGS, rows)

    def sightings(self, partner: str | None = None) -> tuple[Sighting, ...]:
        """Where partners' values were seen, oldest first."""
        query = sa.select(SIGHTINGS).order_by(SIGHTINGS.c.seen_at, SIGHTINGS.c.sighting_id)
        if partner is not None:
            query = query.where(SIGHTINGS.c.partner == partner)
        with self._ledger.reading() as connection:
            rows = connection.execute(query).mappings()
            return tuple(Sighting(**{key: row[key] for key in row if key != "sighting_id"}) for row in rows)

    def seen_in(self, partner: str | None = None) -> dict[str, Counter[str]]:
        """In which subjects each partner's values were seen, or this one's alone, and how often in each."""
        column = SIGHTINGS.c
        query = sa.select(column.partner, column.subject, sa.func.count()).group_by(column.partner, column.subject)
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for name, subject, count in self._of(partner, query, column.partner):
            found[name][subject] = count
        return found

    def _of(self, partner: str | None, query: sa.Select[Any], column: sa.Column[str]) -> Sequence[Any]:
        if partner is not None and not storable(partner):
            return ()
        with self._ledger.reading() as connection:
            return connection.execute(query if partner is None else query.where(column == partner)).all()

    def _checked(
        self, connection: sa.Connection, partner: str, objects: Sequence[Any], at: datetime
    ) -> Iterator[_Checked]:
        read = [_read(one, at) for one in objects]
        ids = [one.object_id for one in read if one.fault is None]
        makers = {one: _maker(raw) for one, raw in zip(read, objects, strict=True) if one.fault is None}
        ours = Shares(self._ledger).ours([*ids, *filter(None, makers.values())])
        mine = known(connection, RECEIVED_OBJECTS, RECEIVED_OBJECTS.c.partner == partner, ids)
        together: dict[str, list[tuple[datetime, str]]] = {}
        for one in read:
            fault = one.fault
            if fault is None and (one.object_id in ours or makers[one] in ours):
                fault = "is one of ours: only we change it"
            elif fault is None:
                fault = _beside(one, [*mine.get(one.object_id, ()), *together.get(one.object_id, ())])
            together.setdefault(one.object_id, []).append((one.version, one.body))
            yield _Checked(one.object_id, one.version, one.type, one.body, fault)

    def _before(self, connection: sa.Connection, partner: str, ids: Sequence[str]) -> set[tuple[str, datetime]]:
        mine = known(connection, RECEIVED_OBJECTS, RECEIVED_OBJECTS.c.partner == partner, ids)
        return {(name, version) for name, versions in mine.items() for version, _ in versions}

    def _within_quota(self, connection: sa.Connection, partner: str, fresh: int, at: datetime, quota: int) -> None:
        since = at - timedelta(days=1)
        column = RECEIVED_OBJECTS.c
        count = sa.select(sa.func.count()).where(column.partner == partner, column.received_at > since)
        if fresh and connection.execute(count).scalar_one() + fresh > quota:
            raise _beyond(partner, f"would be more than {quota:,} new objects within a day", "send the rest tomorrow")

    def _receipts_within(self, connection: sa.Connection, partner: str, at: datetime, quota: int) -> None:
        size = sa.select(sa.func.sum(sa.func.length(RECEIPTS.c.outcome)))
        size = size.where(RECEIPTS.c.partner == partner, RECEIPTS.c.at > at - timedelta(days=1))
        if (connection.execute(size).scalar() or 0) > RECEIPTS_BYTES + quota * RECEIPT_BYTES:
            raise _beyond(partner, "has sent too much within a day that is known or was refused", "send it tomorrow")


def _beyond(partner: str, what: str, remedy: str) -> QuotaError:
    return QuotaError([Mistake(f"`{partner}`", what, f"{remedy}, or agree on a larger quota")])


def objects_in(envelope: object) -> list[Any] | None:
    """The objects of an envelope of TAXII, or of a bundle of STIX as some clients send it; None where it is neither."""
    objects = envelope.get("objects") if isinstance(envelope, dict) else None
    return objects if isinstance(objects, list) and objects else None


def _read(one: Any, at: datetime) -> _Checked:
    object_id = one.get("id") if isinstance(one, dict) else None
    shape = _ID.fullmatch(object_id) if isinstance(object_id, str) else None
    if shape is None or one.get("type") != shape[1]:
        return _Checked("unknown--0", _NEVER, "", "", "has no id of its type")
    if _depth(one) > DEEPEST:
        return _Checked(shape[0], _NEVER, "", "", f"is nested deeper than {DEEPEST} levels")
    body = json.dumps(one, separators=(",", ":"), ensure_ascii=False)
    version, fault = _NEVER, None
    if "modified" in one or "created" in one:
        stated = read_stamp(one.get("modified", one.get("created")))
        version = stated or _NEVER
        fault = "has a time that is none" if stated is None else None
    if not storable(body):
        fault = "holds characters that are none"
    elif len(body.encode()) > LARGEST:
        fault = f"is larger than {LARGEST:,} bytes"
    elif one.get("spec_version", "2.1") != "2.1":
        fault = "is not STIX 2.1"
    elif version > at + AHEAD:
        fault = "was changed in a time to come"
    return _Checked(shape[0], version, shape[1], body, fault)


def _not_matched(one: _Checked) -> _Checked:
    """The object of a partner, which is refused where it says that we matched it."""
    if one.fault is None and MATCHED in json.loads(one.body):
        return replace(one, fault="says that it was matched, which only our own matching can say")
    return one


def _beside(one: _Checked, versions: Sequence[tuple[datetime, str]]) -> str | None:
    """What is wrong with an object beside the versions of it that the partner sent before."""
    for version, body in versions:
        if version == one.version and body != one.body:
            return "says something else under the same version"
    newest = max(versions, default=None)
    if newest is not None and newest[0] < one.version and json.loads(newest[1]).get("revoked") is True:
        return "was revoked, and what was revoked does not return"
    return None


def _maker(one: Any) -> str | None:
    found = one.get("created_by_ref")
    return found if isinstance(found, str) and storable(found) and len(found) < 512 else None


def _depth(one: Any) -> int:
    """Levels of nesting, counted no further than one beyond DEEPEST."""
    level, inside = 0, [one]
    while inside and level <= DEEPEST:
        level += 1
        inside = [
            each
            for outer in inside
            for each in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(each, dict | list)
        ]
    return level


def _row(partner: str, moment: datetime, one: _Checked) -> dict[str, Any]:
    return {
        "received_at": moment,
        "partner": partner,
        "object_id": one.object_id,
        "version": one.version,
        "type": one.type,
        "body": one.body,
    }


def _outcome(checked: Sequence[_Checked], whole: bool, at: datetime) -> dict[str, Any]:
    """TAXII's status resource without its id."""
    said = [
        {"id": one.object_id, "version": stamp(one.version)} | ({} if whole else {"message": one.fault or UNCHECKED})
        for one in checked
    ]
    taken, refused = (said, []) if whole else ([], said)
    return {
        "status": "complete",
        "request_timestamp": stamp(at),
        "total_count": len(said),
        "success_count": len(taken),
        "successes": taken,
        "failure_count": len(refused),
        "failures": refused,
        "pending_count": 0,
        "pendings": [],
    }
