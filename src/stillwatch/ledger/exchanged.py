"""What stands in the ledger of sharing: frozen records of what was told, what was heard, and how both are asked for."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from stillwatch.records.identifiers import stix_id

UNCHECKED = "was not taken, because others of this request were refused"
ShareStatus = Literal["waiting", "released", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True)
class ShareEvent:
    """A person has approved, refused or withdrawn a share, or it was delivered to its recipient's server.

    `revoked` says why a share takes back some objects of another one.
    """

    event: Literal["approved", "refused", "withdrawn", "delivered", "revoked"]
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Objects that one recipient is told, under which marking, on which legal basis, by whom."""

    share_id: str
    made_at: datetime
    recipient: str
    subject: str
    run: str
    profile: str
    marking: str
    legal_basis: str
    made_by: str
    digest: str  # sha256 of the bundle, in hexadecimal digits
    needs_approval: bool
    withdraws: str | None = None  # the share that this one takes back
    events: tuple[ShareEvent, ...] = ()

    @property
    def status(self) -> ShareStatus:
        """Where it stands; only what is released can be read by its recipient."""
        said = {one.event for one in self.events}
        for event in ("withdrawn", "refused"):
            if event in said:
                return event
        return "waiting" if self.needs_approval and "approved" not in said else "released"


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of an object; `at` is unlike that of every other, and later ones were added later."""

    at: datetime
    object_id: str
    version: datetime
    type: str
    body: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which objects are asked for: None takes every one. `versions` are `first`, `last`, `all` or times."""

    ids: tuple[str, ...] | None = None
    types: tuple[str, ...] | None = None
    versions: tuple[str | datetime, ...] = ("last",)
    after: datetime | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of objects that a partner sent; `outcome` is TAXII's status resource as JSON."""

    receipt_id: str
    partner: str
    at: datetime
    outcome: str

    @property
    def failures(self) -> tuple[tuple[str, str], ...]:
        """The objects that were refused, each with why; those refused for others' sake alone are left out."""
        said = json.loads(self.outcome)["failures"]
        return tuple((one["id"], one["message"]) for one in said if one["message"] != UNCHECKED)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A value that a partner told was seen in a network or campaign of a run."""

    partner: str
    object_id: str
    subject: str
    run: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """How much a partner told: distinct objects, indicators among them, what was new within a day, and when last."""

    objects: int
    indicators: int
    within_day: int
    last_at: datetime | None


def outgoing(partner: str) -> str:
    """The id of the collection from which a partner reads."""
    return stix_id("collection", "outgoing", partner).removeprefix("collection--")


def inbox(partner: str) -> str:
    """The id of the collection to which a partner writes."""
    return stix_id("collection", "inbox", partner).removeprefix("collection--")
