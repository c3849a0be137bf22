"""Technical values that providers may tell one another, and the one text that each of them is written as.

Only these claims of linking are about machines: addresses, address ranges, programs and devices. Payments,
organisations, mail, telephones, sessions, conversations and texts are about people or are what people wrote; no
function here takes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network

from stillwatch.records.addresses import is_public, parse_address
from stillwatch.records.claims import (
    SAME_ADDRESS,
    SAME_CLIENT_FINGERPRINT,
    SAME_DEVICE,
    SAME_SUBNET,
    SAME_USER_AGENT,
)
from stillwatch.records.definitions import SUBNET_BITS

ADDRESS, SUBNET = SAME_ADDRESS.name, SAME_SUBNET.name
USER_AGENT, FINGERPRINT, DEVICE = SAME_USER_AGENT.name, SAME_CLIENT_FINGERPRINT.name, SAME_DEVICE.name

_PROGRAM = re.compile(r"[!-?A-~][ -?A-~]{2,62}[!-?A-~]")  # printable ASCII without `@`: no mail address is a program
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{4,62}[A-Za-z0-9]")


def _address(text: str) -> str | None:
    found = parse_address(text)
    return None if found is None or not is_public(found) else str(found)


def _subnet(text: str) -> str | None:
    """A range of exactly the size that the contract knows (v4 /24, v6 /48): no larger one names an operator."""
    try:
        found = ip_network(text.strip())
    except ValueError:
        return None
    whole = found.prefixlen == SUBNET_BITS[found.version] and is_public(found.network_address)
    return str(found) if whole else None


def _program(text: str) -> str | None:
    return text if _PROGRAM.fullmatch(text) else None


def _token(text: str) -> str | None:
    return text if _TOKEN.fullmatch(text) else None


_CANONICAL: dict[str, Callable[[str], str | None]] = {
    ADDRESS: _address,
    SUBNET: _subnet,
    FINGERPRINT: _token,
    USER_AGENT: _program,
    DEVICE: _token,
}

INDICATOR_CLAIMS = tuple(_CANONICAL)
"""The claims whose values may be told, from the most specific place to the program."""

LONGEST = 64
"""Characters of a value; a longer one was cut in the run's table and names nothing."""


def canonical(claim: str, text: str) -> str | None:
    """The one text of a value of this claim; None where it is no such value, was cut, or is not public.

    >>> canonical("same_subnet", "203.0.113.0/24")
    '203.0.113.0/24'
    >>> canonical("same_subnet", "203.0.0.0/8") is None
    True
    """
    made = _CANONICAL.get(claim)
    return None if made is None or len(text) > LONGEST else made(text)
