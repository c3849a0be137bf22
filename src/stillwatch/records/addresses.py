"""Client addresses as text: what a text names, and the range around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_network

_BRACKETED = re.compile(r"\[([^\]]*)\](?::\d{1,5})?")
_WITH_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")
_LONGEST = 64  # characters; an IPv6 address with zone, brackets and port is shorter


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in a text that may carry spaces around it, brackets, a port or a zone; None when there is none."""
    if len(text) > _LONGEST:
        return None
    text = text.strip()
    wrapped = _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text)
    text = (wrapped.group(1) if wrapped else text).partition("%")[0]
    try:
        if ":" not in text:
            return IPv4Address(text)
        address = IPv6Address(text)
    except AddressValueError:
        return None
    return address.ipv4_mapped or address


def address_range(text: str, bits: Mapping[int, int]) -> str | None:
    """The range of the address in a text, in CIDR notation, of `bits` leading bits by IP version; None when it names
    no address.

    >>> address_range("203.0.113.7:51822", {4: 24, 6: 48})
    '203.0.113.0/24'
    """
    address = parse_address(text)
    return None if address is None else str(ip_network((address, bits[address.version]), strict=False))
