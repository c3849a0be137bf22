"""What was told, as an event of MISP, and a partner's event as indicators: files that any MISP imports and exports.

An event is made of a share's objects, so that nothing is in it that the ledger did not let leave. The claim of each
value stands in a tag, since MISP has no types for some. `to_ids` is false: no value is a reason to act by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from stillwatch.errors import InputError
from stillwatch.records.identifiers import read_stamp, stamp, stix_id
from stillwatch.records.indicators import ADDRESS, DEVICE, FINGERPRINT, SUBNET, USER_AGENT, canonical
from stillwatch.records.markings import marking_of
from stillwatch.share.patterns import pattern_of, value_in

Object = dict[str, Any]

MEDIUM, COMPLETED = "2", "2"
OWN_ORGANISATION = "0"  # where an imported event is shown first; whoever imports it decides further
CLAIM = "stillwatch:claim"
MOST_BYTES = 100_000_000
MOST_ATTRIBUTES = 200_000

_TYPES = {
    ADDRESS: ("ip-src", "Network activity"),
    SUBNET: ("ip-src", "Network activity"),
    USER_AGENT: ("user-agent", "Network activity"),
    FINGERPRINT: ("text", "Other"),
    DEVICE: ("text", "Other"),
}
"""By claim: type and category of the attribute."""
_CLAIMS: Mapping[str, tuple[str, ...]] = {
    "ip-src": (ADDRESS, SUBNET),
    "ip-dst": (ADDRESS, SUBNET),
    "user-agent": (USER_AGENT,),
    "ja3-fingerprint-md5": (FINGERPRINT,),
    "hassh-md5": (FINGERPRINT,),
}
"""By type of an attribute: what its value may be, where no tag says."""
_TAG = re.compile(rf'{re.escape(CLAIM)}="([a-z_]{{1,64}})"')


def event(objects: Sequence[Object]) -> Object:
    """The event that says what a share's STIX objects say; values that a withdrawal revoked are deleted attributes."""
    report = next(one for one in objects if one["type"] == "report")
    made = read_stamp(report["modified"]) or datetime.now(UTC)
    indicators = [one for one in objects if one["type"] == "indicator"]
    marking = marking_of(report.get("object_marking_refs")) or "red"
    maker = report["created_by_ref"]
    names = (one["name"] for one in objects if one["id"] == maker)
    organisation = {"name": next(names, "a provider"), "uuid": _uuid(maker)}
    return {
        "Event": {
            "uuid": _uuid(report["id"]),
            "info": report["name"],
            "date": f"{made:%Y-%m-%d}",
            "timestamp": str(int(made.timestamp())),
            "threat_level_id": MEDIUM,
            "analysis": COMPLETED,
            "distribution": OWN_ORGANISATION,
            "published": False,
            "Org": organisation,
            "Orgc": organisation,
            "Tag": [{"name": f"tlp:{marking}"}],
            "Attribute": [_description(report, made), *(_attribute(one) for one in indicators)],
        }
    }


def _description(report: Object, made: datetime) -> Object:
    return {
        "uuid": _uuid(stix_id("note", report["id"])),
        "type": "comment",
        "category": "Internal reference",
        "value": report.get("description", report["name"]),
        "to_ids": False,
        "timestamp": str(int(made.timestamp())),
    }


def _attribute(indicator: Object) -> Object:
    found = value_in(indicator["pattern"])
    if found is None:
        raise ValueError("a share holds a value that may not leave")
    claim, value = found
    kind, category = _TYPES[claim]
    changed = read_stamp(indicator["modified"]) or datetime.now(UTC)
    return {
        "uuid": _uuid(indicator["id"]),
        "type": kind,
        "category": category,
        "value": value,
        "comment": indicator.get("description", ""),
        "to_ids": False,
        "timestamp": str(int(changed.timestamp())),
        "first_seen": indicator["valid_from"],
        "last_seen": indicator["valid_until"],
        "deleted": indicator.get("revoked") is True,
        "Tag": [{"name": f'{CLAIM}="{claim}"'}],
    }


def read(path: Path, partner: str) -> list[Object]:
    """The indicators of a file, as `objects_in`; raises InputError where it cannot be read."""
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}; name an event that MISP exported") from error
    try:
        return objects_in(text, partner)
    except InputError as error:
        raise InputError(f"`{path}`: {error}") from error


def objects_in(text: bytes, partner: str) -> list[Object]:
    """The indicators that a partner's event holds, as STIX objects of that partner; other attributes say nothing.

    Raises InputError for what is no event, and for one with too many attributes.
    """
    if len(text) > MOST_BYTES:
        raise InputError(f"the event is larger than {MOST_BYTES:,} bytes; ask the partner for its parts")
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError("this is no JSON; export the event from MISP as JSON") from error
    found = said.get("Event", said) if isinstance(said, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("info"), str):
        raise InputError("this is no event of MISP: it has no `Event` with an `info`; export one event as JSON")
    attributes = list(_attributes(found))
    if len(attributes) > MOST_ATTRIBUTES:
        raise InputError(f"the event has more than {MOST_ATTRIBUTES:,} attributes; ask the partner for its parts")
    read = (_indicator(one, partner) for one in attributes)
    return list({one["id"]: one for one in read if one is not None}.values())


def _attributes(found: Object) -> Iterator[Object]:
    inside = [one for one in _list(found.get("Object")) if isinstance(one, dict)]
    for holder in (found, *inside):
        yield from (one for one in _list(holder.get("Attribute")) if isinstance(one, dict))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _indicator(attribute: Object, partner: str) -> Object | None:
    value, name, at = attribute.get("value"), attribute.get("uuid"), _moment(attribute.get("timestamp"))
    if not isinstance(value, str) or not _is_uuid(name) or at is None:
        return None
    known = ((claim, canonical(claim, value)) for claim in _claims(attribute))
    claim, read = next(((claim, one) for claim, one in known if one is not None), (None, None))
    if claim is None or read is None:
        return None
    begin = read_stamp(attribute.get("first_seen")) or at
    end = read_stamp(attribute.get("last_seen"))
    deleted = attribute.get("deleted") in (True, 1, "1")
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": stix_id("indicator", "misp", partner, str(name)),
        "created": stamp(at),
        "modified": stamp(at),
        "pattern": pattern_of(claim, read),
        "pattern_type": "stix",
        "valid_from": stamp(begin),
        **({"valid_until": stamp(end)} if end is not None and end > begin else {}),
        **({"revoked": True} if deleted else {}),
    }


def _claims(attribute: Object) -> tuple[str, ...]:
    """What the value may be: as a tag of ours says, else by the type."""
    names = (one.get("name") for one in _list(attribute.get("Tag")) if isinstance(one, dict))
    tagged = (_TAG.fullmatch(name) for name in names if isinstance(name, str))
    claim = next((one[1] for one in tagged if one is not None), None)
    if claim is not None:
        return (claim,)
    kind = attribute.get("type")
    return _CLAIMS.get(kind, ()) if isinstance(kind, str) else ()


def _moment(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(str(seconds)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _uuid(object_id: str) -> str:
    return object_id.partition("--")[2]


def _is_uuid(name: object) -> bool:
    try:
        return isinstance(name, str) and len(name) == 36 and bool(UUID(name))
    except ValueError:
        return False
