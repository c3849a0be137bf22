"""The Traffic Light Protocol, version 2.0 (FIRST), as the objects that OASIS published for STIX 2.1."""

from __future__ import annotations

TLP = ("clear", "green", "amber", "amber+strict", "red")
"""Markings from the most open one."""

EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
"""The extension that TLP 2.0 stands in: STIX 2.1 itself knows TLP 1 only."""

_IDS = {
    "clear": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    "green": "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    "amber": "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    "amber+strict": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "red": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}


def marking_id(tlp: str) -> str:
    """The id of the object of a marking; KeyError for another word."""
    return _IDS[tlp]


def marking_of(ids: object) -> str | None:
    """The strictest TLP marking among the ids that an object refers to; None where it refers to none."""
    named = [tlp for tlp in TLP if isinstance(ids, list) and _IDS[tlp] in ids]
    return named[-1] if named else None


def marking_object(tlp: str) -> dict[str, object]:
    """The object of a marking, as published; KeyError for another word."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": _IDS[tlp],
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{tlp.upper()}",
        "extensions": {EXTENSION: {"extension_type": "property-extension", "tlp_2_0": tlp}},
    }
