"""Technical values as STIX patterns of one comparison, and back.

Other patterns are valid STIX, too; they are kept, and say nothing to this version.
"""

from __future__ import annotations

import re

from stillwatch.records.indicators import ADDRESS, DEVICE, FINGERPRINT, SUBNET, USER_AGENT, canonical

CLIENT = "x-stillwatch-client"
"""The observable of our own: STIX has none for a device id, nor for a fingerprint of a client's connection."""

LONGEST = 512
"""Characters of a pattern that is read."""

_USER_AGENT = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"
_LITERAL = r"'((?:[^'\\]|\\['\\])*)'"
_FORMS = (
    (ADDRESS, rf"\[\s*ipv[46]-addr:value\s*=\s*{_LITERAL}\s*\]"),
    (SUBNET, rf"\[\s*ipv[46]-addr:value\s*(?:ISSUBSET|=)\s*{_LITERAL}\s*\]"),
    (USER_AGENT, rf"\[\s*{re.escape(_USER_AGENT)}(?:\[\*\])?\s*=\s*{_LITERAL}\s*\]"),
    (FINGERPRINT, rf"\[\s*{CLIENT}:fingerprint\s*=\s*{_LITERAL}\s*\]"),
    (DEVICE, rf"\[\s*{CLIENT}:device_id\s*=\s*{_LITERAL}\s*\]"),
)
_READ = tuple((claim, re.compile(form)) for claim, form in _FORMS)
_PATHS = {USER_AGENT: _USER_AGENT, FINGERPRINT: f"{CLIENT}:fingerprint", DEVICE: f"{CLIENT}:device_id"}


def pattern_of(claim: str, value: str) -> str:
    """The pattern of a value in its one text."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    if claim in (ADDRESS, SUBNET):
        version = 6 if ":" in value else 4
        return f"[ipv{version}-addr:value {'=' if claim == ADDRESS else 'ISSUBSET'} '{escaped}']"
    return f"[{_PATHS[claim]} = '{escaped}']"


def value_in(pattern: object) -> tuple[str, str] | None:
    """Claim and value of a pattern; None where it compares anything else, or a value that no provider may tell."""
    if not isinstance(pattern, str) or len(pattern) > LONGEST:
        return None
    for claim, form in _READ:
        found = form.fullmatch(pattern.strip())
        if found is not None:
            value = canonical(claim, re.sub(r"\\(.)", r"\1", found[1]))
            if value is not None:
                return claim, value
    return None
