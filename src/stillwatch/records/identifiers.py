"""Ids that the same content always gets: UUIDs of version 5 in a space of our own, and STIX's way to write times."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID, uuid5

SPACE = UUID("6f0a1c0e-5e5b-4a0f-9d43-2f5c8f4b7a11")
"""The name space of every id that Stillwatch makes; drawn once."""

_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z")


def stix_id(kind: str, *parts: str) -> str:
    """The id of an object of this type that these parts make, and no others."""
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    name = f"{kind}\0{framed}"
    return f"{kind}--{uuid5(SPACE, name)}"


def stamp(moment: datetime) -> str:
    """A time as STIX writes it, in milliseconds."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def read_stamp(text: object) -> datetime | None:
    """The time (UTC) that a text states as STIX and TAXII write it, with any number of decimals up to six."""
    if not isinstance(text, str) or not _STAMP.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text[:-1] + "+00:00")
    except ValueError:
        return None


MAKERS = stix_id("identity", "Stillwatch")
"""The identity of those who published the format."""

COMMON = ("attack-pattern", "extension-definition", "marking-definition")
"""Types of objects that several providers send under one id, because somebody else published them."""

MATCHED = "x_stillwatch_matched"
"""The property of an indicator that private matching found common. No object that a partner sends may have it."""
