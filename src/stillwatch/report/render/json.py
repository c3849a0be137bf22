"""The document as JSON, for other programs."""

from __future__ import annotations

import json
from dataclasses import asdict

from stillwatch.report.document import Document
from stillwatch.report.plain import plain

_BULKY = ("days", "members", "networks")  # fields of a campaign that a summary leaves out


def render(document: Document) -> str:
    """The whole document; ASCII only, times as ISO 8601 with `Z`."""
    return json.dumps(plain(asdict(document)), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def summary(document: Document) -> dict[str, object]:
    """The document without days, member lists, shared values and links: what `scan --json` prints."""
    whole = plain(asdict(document))
    whole["campaigns"] = [
        {key: value for key, value in campaign.items() if key not in _BULKY}
        | {"networks": [network["network_id"] for network in campaign["networks"]]}
        for campaign in whole["campaigns"]
    ]
    whole["networks"] = [
        {key: value for key, value in network.items() if key not in ("values", "links")}
        for network in whole["networks"]
    ]
    return dict(whole)
