"""What others are told: who agreed, what they can read, and what was taken back."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any, cast

import sqlalchemy as sa

from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.exchanged import Share, ShareEvent, Stored, Wanted
from stillwatch.ledger.parts import Part, named
from stillwatch.ledger.records import cleaned, digest, in_utc, same_person, storable
from stillwatch.ledger.retraction import WHOLE, going_with, is_ours, retraction, revoked, version_of, without
from stillwatch.ledger.tables import SHARE_EVENTS, SHARED_OBJECTS, SHARES, add
from stillwatch.ledger.versions import known, page, times
from stillwatch.records.identifiers import COMMON, MAKERS

Object = Mapping[str, Any]
Objects = list[dict[str, Any]]
Rows = list[Stored]
_COLUMNS = [one for one in SHARES.columns if one.name != "bundle"]


class Shares(Part):
    """The shares of one ledger, and the objects that recipients can read."""

    def add(self, share: Share, objects: Sequence[Object]) -> Share:
        """Adds a share, and releases its objects unless a second person has to agree first.

        What the recipient has already, in the same words, is not told again; what changed keeps its first `created`.
        Raises UsageError where nothing is new, where an earlier share of this subject still waits for an answer, or
        where something was taken back: STIX lets nothing revoked return.
        """
        recipient = named("the recipient", share.recipient)
        for name in ("legal_basis", "marking"):
            named(f"`{name}`", getattr(share, name))
        with self._ledger.writing() as connection:
            fresh = self._fresh(connection, recipient, objects)
            if not fresh:
                raise UsageError([Mistake(f"`{recipient}`", "was told all of this already", "nothing is to be done")])
            self._only_one_waits(recipient, share.subject)
            bundle = json.dumps(fresh, separators=(",", ":"), ensure_ascii=False)
            digested = sha256(bundle.encode()).hexdigest()
            made = replace(
                share,
                share_id="s" + digest(recipient, share.subject, share.made_at.isoformat(), digested)[:24],
                made_by=named("`--by`", share.made_by),
                digest=digested,
                made_at=in_utc(share.made_at),
                events=(),
            )
            row = {one.name: getattr(made, one.name) for one in _COLUMNS}
            add(connection, SHARES, [{**row, "bundle": bundle}])
            if not made.needs_approval:
                self._release(connection, made, fresh, made.made_at)
        return made

    def find(self, share_id: str) -> Share:
        """A share with what became of it; raises UsageError where there is none."""
        found = self._shares(SHARES.c.share_id == share_id) if storable(share_id) else ()
        if not found:
            raise UsageError([Mistake(f"share `{share_id}`", "is not in the ledger", "see `stillwatch share list`")])
        return found[0]

    def list(self, recipient: str | None = None) -> tuple[Share, ...]:
        """Shares with what became of them, oldest first."""
        if recipient is None:
            return self._shares()
        return self._shares(SHARES.c.recipient == recipient) if storable(recipient) else ()

    def about(self, subject: str) -> tuple[Share, ...]:
        """Shares about a network or campaign with what became of them, oldest first."""
        return self._shares(SHARES.c.subject == subject) if storable(subject) else ()

    def objects(self, share_id: str) -> Objects:
        """The objects of a share as they left, or would."""
        with self._ledger.reading() as connection:
            bundle = connection.execute(sa.select(SHARES.c.bundle).where(SHARES.c.share_id == share_id)).scalar_one()
        return cast(Objects, json.loads(bundle))

    def current(self, share_id: str) -> Objects:
        """The newest versions of a share's objects, or of those that it takes back: what was taken back is revoked."""
        share = self.find(share_id)
        first = share.withdraws or share_id
        later = [one.share_id for one in self.list(share.recipient) if one.withdraws == first]
        return list({one["id"]: one for each in (first, *later) for one in self.objects(each)}.values())

    def approve(self, share_id: str, by: str, at: datetime, reason: str = "") -> Share:
        """Lets a share leave; raises UsageError where it does not wait, or the same person made it."""
        with self._ledger.writing() as connection:
            share = self._standing(share_id, "waiting")
            if same_person(share.made_by, named("`--by`", by)):
                raise UsageError([Mistake("`--by`", "made this share", "let a second person look at it")])
            self._note(connection, share_id, ShareEvent("approved", by, at, reason))
            self._release(connection, share, self.objects(share_id), at)
        return self.find(share_id)

    def refuse(self, share_id: str, by: str, at: datetime, reason: str) -> Share:
        """Ends a share before it leaves; raises UsageError where it does not wait."""
        with self._ledger.writing() as connection:
            self._standing(share_id, "waiting")
            self._note(connection, share_id, ShareEvent("refused", by, at, reason))
        return self.find(share_id)

    def delivered(self, share_id: str, by: str, at: datetime) -> None:
        """Notes that the recipient's server took a share."""
        with self._ledger.writing() as connection:
            self._note(connection, share_id, ShareEvent("delivered", by, at, ""))

    def taken_back(self, share_id: str, ids: Collection[str], at: datetime) -> Objects:
        """The versions that would take back some objects of a share, and what goes with them, and that nothing else.

        Raises UsageError where the share has not left, or an id is none of its objects that can go alone.
        """
        share = self._standing(share_id, "released")
        told = [one["id"] for one in self.objects(share_id)]
        with self._ledger.reading() as connection:
            mine = known(connection, SHARED_OBJECTS, SHARED_OBJECTS.c.recipient == share.recipient, told)
        objects = [json.loads(mine[name][-1][1]) for name in told]
        standing = [one for one in objects if is_ours(one) and not one.get("revoked")]
        alone = {one["id"] for one in standing if one["type"] not in WHOLE}
        if share.withdraws is not None or not set(ids) <= alone:
            remedy = "see `stillwatch share show`; withdraw the whole share to take back the campaign"
            raise UsageError([Mistake(f"share `{share_id}`", "has no such object to take back alone", remedy)])
        return retraction(standing, ids, at)

    def withdraw_some(self, share_id: str, ids: Collection[str], by: str, at: datetime, reason: str) -> Share:
        """Takes some objects of a share back, and what goes with them; the rest of it stays.

        Returns the share of the new versions. Raises UsageError as `taken_back`.
        """
        with self._ledger.writing() as connection:
            gone = self.taken_back(share_id, ids, at)
            made = self._taking_back(connection, self.find(share_id), gone, by, at)
            self._note(connection, made.share_id, ShareEvent("revoked", by, at, reason))
        return self.find(made.share_id)

    def withdraw(self, share_id: str, by: str, at: datetime, reason: str) -> Share:
        """Takes a share back: its recipient can read no more of it than that everything in it is revoked.

        Returns the share of the revocations. Raises UsageError where it has not left, or was taken back already.
        """
        with self._ledger.writing() as connection:
            share = self._standing(share_id, "released")
            if share.withdraws is not None:
                raise UsageError([Mistake(f"share `{share_id}`", "takes another one back", "it stays")])
            self._note(connection, share_id, ShareEvent("withdrawn", by, at, reason))
            gone = [revoked(one, at) for one in self.objects(share_id) if is_ours(one)]
            return self._taking_back(connection, share, gone, by, at)

    def page(self, recipient: str, wanted: Wanted) -> Rows:
        """What a recipient can read now, at most one version more than the limit, in the order of release."""
        withdrawn = sa.select(SHARE_EVENTS.c.share_id).where(SHARE_EVENTS.c.event == "withdrawn")
        later = SHARED_OBJECTS.alias()
        replaced = sa.select(SHARES.c.withdraws, later.c.object_id).where(
            SHARES.c.share_id == later.c.share_id, SHARES.c.recipient == recipient, SHARES.c.withdraws.is_not(None)
        )

        def among(table: sa.FromClause) -> tuple[sa.ColumnElement[bool], ...]:
            mine = table.c.recipient == recipient, table.c.share_id.not_in(withdrawn)
            return *mine, sa.tuple_(table.c.share_id, table.c.object_id).not_in(replaced)

        with self._ledger.reading() as connection:
            return page(connection, SHARED_OBJECTS, among, wanted)

    def ours(self, ids: Sequence[str]) -> set[str]:
        """Those of the ids that objects of our own have, or the identity under which we tell them."""
        own = [one for one in ids if one != MAKERS and one.partition("--")[0] not in COMMON]
        with self._ledger.reading() as connection:
            return set(known(connection, SHARED_OBJECTS, SHARED_OBJECTS.c.type.not_in(COMMON), own))

    def _only_one_waits(self, recipient: str, subject: str) -> None:
        about = self._shares(SHARES.c.recipient == recipient, SHARES.c.subject == subject)
        for one in about:
            if one.status == "waiting":
                what = f"waits for a second person already, about `{subject}` for `{recipient}`"
                remedy = "let that person run `stillwatch share approve` or `refuse` on it, then share again"
                raise UsageError([Mistake(f"share `{one.share_id}`", what, remedy)])

    def _fresh(self, connection: sa.Connection, recipient: str, objects: Sequence[Object]) -> Objects:
        mine = SHARED_OBJECTS.c.recipient == recipient
        before = known(connection, SHARED_OBJECTS, mine, [one["id"] for one in objects])
        told = {name: json.loads(versions[-1][1]) for name, versions in before.items()}
        gone = {name for name, last in told.items() if last.get("revoked")}
        fresh = []
        for one in without(objects, going_with(objects, gone)):  # what was taken back alone is left out
            last = told.get(one["id"])
            if last is None:
                fresh.append(dict(one))
            elif is_ours(one) and _words(last) != _words(one):
                fresh.append({**one, "created": last["created"]})
        if gone and (not fresh or any(told[name]["type"] in WHOLE for name in gone)):
            remedy = "what was revoked cannot return in STIX; it was wrong once"
            raise UsageError([Mistake(f"`{recipient}`", "was told this before, and it was withdrawn", remedy)])
        return fresh

    def _taking_back(self, connection: sa.Connection, share: Share, gone: Objects, by: str, at: datetime) -> Share:
        body = json.dumps(gone, separators=(",", ":"), ensure_ascii=False)
        made = replace(
            share,
            share_id="s" + digest(share.share_id, "withdrawn", *sorted(one["id"] for one in gone))[:24],
            made_at=in_utc(at),
            made_by=named("`--by`", by),
            digest=sha256(body.encode()).hexdigest(),
            needs_approval=False,
            withdraws=share.share_id,
            events=(),
        )
        row = {one.name: getattr(made, one.name) for one in _COLUMNS}
        add(connection, SHARES, [{**row, "bundle": body}])
        self._release(connection, made, gone, at)
        return made

    def _release(self, connection: sa.Connection, share: Share, objects: Sequence[Object], at: datetime) -> None:
        mine = SHARED_OBJECTS.c.recipient == share.recipient
        before = known(connection, SHARED_OBJECTS, mine, [one["id"] for one in objects])
        versions = [(one, version_of(one)) for one in objects]
        fresh = [(one, at) for one, at in versions if at not in {v for v, _ in before.get(one["id"], ())}]
        moments = times(connection, SHARED_OBJECTS.c.added_at, len(fresh), at)
        rows = [
            {
                "added_at": moment,
                "share_id": share.share_id,
                "recipient": share.recipient,
                "object_id": one["id"],
                "version": version,
                "type": one["type"],
                "body": json.dumps(one, separators=(",", ":"), ensure_ascii=False),
            }
            for moment, (one, version) in zip(moments, fresh, strict=True)
        ]
        add(connection, SHARED_OBJECTS, rows)

    def _standing(self, share_id: str, status: str) -> Share:
        share = self.find(share_id)
        if share.status != status:
            said = f"is {share.status}" if share.status != "waiting" else "waits for a second person"
            raise UsageError([Mistake(f"share `{share_id}`", said, f"this needs one that is {status}")])
        return share

    def _note(self, connection: sa.Connection, share_id: str, one: ShareEvent) -> None:
        row = {
            "share_id": share_id,
            "event": one.event,
            "by": named("`--by`", one.by),
            "at": in_utc(one.at),
            "reason": cleaned(one.reason),
        }
        add(connection, SHARE_EVENTS, [row])

    def _shares(self, *where: sa.ColumnElement[bool]) -> tuple[Share, ...]:
        query = sa.select(*_COLUMNS).where(*where).order_by(SHARES.c.made_at, SHARES.c.share_id)
        with self._ledger.reading() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
            said: dict[str, list[ShareEvent]] = {}
            for row in connection.execute(sa.select(SHARE_EVENTS).order_by(SHARE_EVENTS.c.at)).mappings():
                event = ShareEvent(row["event"], row["by"], row["at"], row["reason"])
                said.setdefault(row["share_id"], []).append(event)
        return tuple(Share(**row, events=tuple(said.get(row["share_id"], ()))) for row in rows)


def _words(one: Object) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in ("created", "modified", "published")}
