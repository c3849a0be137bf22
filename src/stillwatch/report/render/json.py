"""The document as JSON, for other programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from stillwatch.report.document import Document

_BULKY = ("days", "members", "networks")  # fields of a campaign that a summary leaves out


def render(document: Document) -> str:
    """The whole document; ASCII only, times as ISO 8601 with `Z`."""
    return json.dumps(_plain(asdict(document)), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def summary(document: Document) -> dict[str, object]:
    """The document without days, member lists, shared values and links: what `scan --json` prints."""
    whole = _plain(asdict(document))
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


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, date):
        return value.isoformat()
    return value
