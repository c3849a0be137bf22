"""Client addresses as logs write them: which address a text names, and the range around it.

A gateway logs the address that it sees, or what a chain of proxies hands on: a list as in `X-Forwarded-For`, or the
elements of `Forwarded` (RFC 7239). Each proxy adds at the right end whom it got the request from, and a client can send
a list of its own that stands to the left of that. So the list is read from its right end, and no further than to the
first address that a client on the internet can have: every entry up to there was added by the provider's own proxies.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network

LONGEST = 1_024
"""Characters at the right end of a text that are read; a client may send a list of any length."""

NOT_PUBLIC = tuple(
    IPv4Network(one)
    for one in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # behind a carrier's translation
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks of devices
        "224.0.0.0/3",  # multicast, reserved, broadcast
    )
)
"""Addresses that many hosts have at once, or none: they say nothing of where a client is (RFC 6890).

The ranges for documentation are left in: no client has such an address, but a log of a trial may.
"""
PUBLIC_IPV6 = IPv6Network("2000::/3")
"""All that is assigned to hosts on the internet."""

# numbers in place of networks, of which a look at all would take longer than to read the text
_FIRST, _LAST = [int(one[0]) for one in NOT_PUBLIC], [int(one[-1]) for one in NOT_PUBLIC]
_MAPPED = int(IPv6Address("::ffff:0:0")) >> 32
_TRANSLATED = int(IPv6Address("64:ff9b::")) >> 32  # IPv4 as networks of IPv6 alone write it (RFC 6052)

_BRACKETED = re.compile(r"\[([^\]]*)\](?::(?:\d{1,5}|_[\w.-]*))?")
_WITH_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):(?:\d{1,5}|_[\w.-]*)")
_LONGEST_ENTRY = 64  # characters; an IPv6 address with zone, brackets and port is shorter


def client_address(text: str, trusted_hops: int) -> IPv4Address | IPv6Address | None:
    """The public address of the client in a text that holds one address or a list of them; None when it names none.

    `trusted_hops` entries at the right end of a list are the provider's own proxies, whatever they say. Where a list
    has no more entries, its first one is the client: the request did not pass all proxies.

    >>> client_address("8.8.8.8, 203.0.113.7, 10.0.0.2", 0)
    IPv4Address('203.0.113.7')
    """
    entries = text[-LONGEST:].split(",")
    if len(text) > LONGEST:
        del entries[0]  # which may have been cut
    entries = [entry for entry in entries if entry.strip()]
    for entry in reversed(entries[: max(1, len(entries) - trusted_hops)]):
        address = parse_address(entry)
        if address is None or is_public(address):
            return address  # what stands left of an entry that cannot be read may be the client's invention
    return None


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in a text that may carry spaces, quotes or brackets around it, a port or a zone, or that is an
    element of `Forwarded`; None when there is none."""
    text = _forwarded_for(text) if "=" in text else text.strip().strip("\"'")
    if len(text) > _LONGEST_ENTRY:
        return None
    wrapped = _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text)
    text = (wrapped.group(1) if wrapped else text).partition("%")[0]
    try:
        if ":" not in text:
            return IPv4Address(text)
        address = IPv6Address(text)
    except AddressValueError:
        return None
    number = int(address)
    return IPv4Address(number & 0xFFFF_FFFF) if number >> 32 in (_MAPPED, _TRANSLATED) else address


def _forwarded_for(element: str) -> str:
    """The value of `for` in an element such as `for="[2001:db8::17]:4711";proto=https`; empty without one."""
    for parameter in element.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "for":
            return value.strip().strip('"')
    return ""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether a client on the internet can have this address, and no two have it at once."""
    number = int(address)
    if address.version == 6:
        return number >> 125 == 0b001  # PUBLIC_IPV6
    place = bisect_right(_FIRST, number) - 1
    return place < 0 or number > _LAST[place]


def range_around(address: IPv4Address | IPv6Address, bits: Mapping[int, int]) -> str:
    """The range of `bits` leading bits (by IP version) in which an address lies, in CIDR notation.

    >>> range_around(IPv4Address("203.0.113.7"), {4: 24, 6: 48})
    '203.0.113.0/24'
    """
    leading = bits[address.version]
    rest = address.max_prefixlen - leading
    # a network object for each of millions of addresses would take longer than to read them
    return f"{type(address)(int(address) >> rest << rest)}/{leading}"
