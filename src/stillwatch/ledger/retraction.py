"""What goes with an object that is taken back alone: what ties others to it, and who or where was told only by it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from stillwatch.ledger.records import in_utc
from stillwatch.records.identifiers import MAKERS, read_stamp, stamp

Object = Mapping[str, Any]
WHOLE = ("campaign", "report")
"""Types that all else of a share is about: they go with the whole share, and not alone."""


def version_of(one: Object) -> datetime:
    """The version of an object: when it was changed, or made where it cannot change; raises ValueError."""
    found = read_stamp(one.get("modified", one.get("created")))
    if found is None:
        raise ValueError("an object needs `created` or `modified`")
    return found


def is_ours(one: Object) -> bool:
    """Whether the sender made the object, who alone may change it."""
    return one.get("created_by_ref") not in (None, MAKERS)


def revoked(one: Object, at: datetime) -> dict[str, Any]:
    """The version of an object that takes it back."""
    return {**one, "modified": _later(one, at), "revoked": True}


def going_with(objects: Sequence[Object], ids: Collection[str]) -> set[str]:
    """The ids, and those of the objects that say something only together with them."""
    ties = [one for one in objects if one["type"] == "relationship"]
    gone, before = set(ids), -1
    while len(gone) > before:
        before = len(gone)
        gone |= {one["id"] for one in ties if gone & {one["source_ref"], one["target_ref"]}}
        gone |= {one["id"] for one in objects if _told_by(one, ties, gone)}
    return gone


def without(objects: Sequence[Object], gone: Collection[str]) -> list[Object]:
    """The objects that are not gone, none of which names one that is; a list that would name nothing is left out."""
    kept: list[Object] = []
    for one in objects:
        refs = one.get("object_refs")
        left = None if refs is None else [ref for ref in refs if ref not in gone]
        if one["id"] in gone or left == []:
            continue
        kept.append(one if left is None or left == refs else {**one, "object_refs": left})
    return kept


def retraction(objects: Sequence[Object], ids: Collection[str], at: datetime) -> list[dict[str, Any]]:
    """The versions that take back these objects and what goes with them, and those that name them no more."""
    gone = going_with(objects, ids)
    kept = {one["id"]: one for one in without(objects, gone)}
    found = []
    for one in objects:
        if one["id"] not in kept:
            found.append(revoked(one, at))
        elif kept[one["id"]] is not one:
            found.append({**kept[one["id"]], "modified": _later(one, at)})
    return found


def _told_by(one: Object, ties: Sequence[Object], gone: Collection[str]) -> bool:
    """Whether an actor stands for an identity that is gone, or a place is nobody's any more."""
    if one["type"] == "threat-actor":
        return any(tie["source_ref"] == one["id"] and tie["target_ref"] in gone for tie in ties)
    own = [tie for tie in ties if one["id"] in (tie["source_ref"], tie["target_ref"])]
    return one["type"] == "location" and len(own) > 0 and all(tie["id"] in gone for tie in own)


def _later(one: Object, at: datetime) -> str:
    # later than the version that it ends, by the least that STIX writes, even where a clock went back
    return stamp(max(version_of(one) + timedelta(milliseconds=1), in_utc(at)))
