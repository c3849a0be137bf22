"""Partners: what each may be told and has been, what it told, how often that was right, and what it may still send."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass

from stillwatch.console.asked import Asked, NotFoundError, given, note_view, see
from stillwatch.console.render import page
from stillwatch.errors import Mistake, UsageError
from stillwatch.ledger.exchanged import Heard, Share, Stored
from stillwatch.ledger.records import same_person
from stillwatch.serve.http import Response
from stillwatch.share import intake
from stillwatch.share.sharing import Partner, load_sharing

SHOWN = 100
OBJECTS = 200
"""Objects of a share that its page lists."""
NOTHING = Heard(0, 0, 0, None)


@dataclass(frozen=True, slots=True)
class Row:
    """A partner as the list has it; `agreed` is what the sharing file says, if it is there."""

    name: str
    agreed: Partner | None
    record: intake.Record
    heard: Heard
    shares: tuple[Share, ...]
    sightings: int
    quota: int  # new objects within a day


def listed(asked: Asked) -> Response:
    """Lists partners by name: those of the sharing file, and whoever was told or told something."""
    agreed, mistakes = _agreed(asked)
    rows = _rows(asked, agreed)
    note_view(asked, "partners", [one.name for one in rows])
    return page(
        asked,
        "partners.html.j2",
        title="Partners",
        partners=rows,
        mistakes=mistakes,
        path=asked.site.settings.console.sharing,
        waiting=[share for one in rows for share in one.shares if share.status == "waiting"],
    )


def one(asked: Asked) -> Response:
    """Shows one partner: the shares, what it told, and where that was seen."""
    agreed, _ = _agreed(asked)
    row = next(iter(_rows(asked, agreed, asked.ids[0])), None)
    if row is None:
        raise NotFoundError("There is no such partner.")
    note_view(asked, "partner", [row.name])
    seen = asked.ledger.received.sightings(row.name)
    told = [(one, intake.indicator_of(one)) for one in asked.ledger.received.newest(row.name, SHOWN)]
    return page(
        asked,
        "partner.html.j2",
        title=f"Partner {row.name}",
        partner=row,
        shares=row.shares[::-1][:SHOWN],
        told=[(_title(stored), found, stored) for stored, found in told],
        sightings=seen[::-1][:SHOWN],
        judged=asked.ledger.judgements.latest(),
    )


def share(asked: Asked) -> Response:
    """Shows what one share tells, object by object, and what became of it."""
    found = _share(asked)
    note_view(asked, "share", [found.share_id])
    objects = asked.ledger.shares.objects(found.share_id)
    rows = [(one["type"], str(one.get("name", one.get("relationship_type", ""))), one["id"]) for one in objects]
    return page(
        asked,
        "share.html.j2",
        title=f"Share with {found.recipient}",
        share=found,
        objects=rows[:OBJECTS],
        total=len(rows),
        own=same_person(found.made_by, asked.person),
    )


def answer(asked: Asked) -> Response:
    """Takes what a second person says of a share that waits, or takes one back that has left."""
    found, said, reason = _share(asked), given(asked.form, "answer"), given(asked.form, "reason")
    if not reason:
        raise UsageError([Mistake("the reason", "is missing", "say in a sentence why")])
    acts = {
        "approve": asked.ledger.shares.approve,
        "refuse": asked.ledger.shares.refuse,
        "withdraw": asked.ledger.shares.withdraw,
    }
    if said not in acts:
        raise UsageError([Mistake("the answer", "is missing", f"use {', '.join(acts)}")])
    acts[said](found.share_id, asked.person, asked.now, reason)
    return see(f"/shares/{found.share_id}?done=share")


def _share(asked: Asked) -> Share:
    try:
        return asked.ledger.shares.find(asked.ids[0])
    except UsageError as error:
        raise NotFoundError("There is no such share.") from error


def _agreed(asked: Asked) -> tuple[dict[str, Partner], tuple[Mistake, ...]]:
    path = asked.site.settings.console.sharing
    if path is None:
        return {}, ()
    try:
        return {one.name: one for one in load_sharing(path).partners}, ()
    except UsageError as error:
        return {}, error.mistakes


def _rows(asked: Asked, agreed: dict[str, Partner], only: str | None = None) -> list[Row]:
    """All partners by name, or one of them; each table is read once, however many there are."""
    received = asked.ledger.received
    heard, seen = received.heard(asked.now, only), received.seen_in(only)
    records = intake.records(asked.ledger, seen)
    shares: dict[str, list[Share]] = defaultdict(list)
    for share in asked.ledger.shares.list(only):
        shares[share.recipient].append(share)
    own = asked.site.settings.serve.taxii_objects_per_day
    return [
        Row(
            name,
            agreed.get(name),
            records.get(name, intake.UNKNOWN),
            heard.get(name, NOTHING),
            tuple(shares[name]),
            seen[name].total(),
            own if (one := agreed.get(name)) is None or one.pull_from is None else one.objects_a_day,
        )
        for name in sorted({*agreed, *heard, *shares})
        if only in (None, name)
    ]


def _title(one: Stored) -> str:
    return str(json.loads(one.body).get("name", one.object_id))
