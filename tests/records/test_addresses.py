"""Addresses as text: every spelling of a client's address, lists of proxies, and what names no client."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stillwatch.records.addresses import (
    LONGEST,
    NOT_PUBLIC,
    PUBLIC_IPV6,
    client_address,
    is_public,
    parse_address,
    range_around,
)
from stillwatch.records.definitions import NETWORK_BITS, SUBNET_BITS

PUBLIC_V4 = st.ip_addresses(v=4).filter(is_public)
PUBLIC_V6 = st.ip_addresses(network=PUBLIC_IPV6)
PUBLIC = PUBLIC_V4 | PUBLIC_V6
PRIVATE = st.sampled_from(NOT_PUBLIC).flatmap(lambda network: st.ip_addresses(network=network)) | st.sampled_from(
    [IPv6Address(text) for text in ("::", "::1", "fe80::1", "fc00::7", "fd12:3456::1", "ff02::1")]
)
NAMELESS = st.sampled_from(
    [
        "unknown",
        "-",
        "_hidden",
        "_gazonk",
        "[present]",
        "localhost",
        "unix:",
        "for=unknown",
        'for="_SEVKISEK"',
        "by=8.8.8.8",
    ]
)
Spelling = Callable[[IPv4Address | IPv6Address], str]


def bracketed(address: IPv4Address | IPv6Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)


OF_BOTH: dict[str, Spelling] = {
    "plain": str,
    "with spaces": lambda address: f"\t {address}  ",
    "quoted": lambda address: f'"{address}"',
    "with a port": lambda address: f"{bracketed(address)}:51822",
    "in brackets": lambda address: f"[{address}]",
    "in brackets with a port": lambda address: f"[{address}]:65535",
    "forwarded": lambda address: f'for="{bracketed(address)}"',
    "forwarded with a port": lambda address: f'For="{bracketed(address)}:4711"',
    "forwarded with a hidden port": lambda address: f'for="{bracketed(address)}:_p-1.2"',
    "forwarded among others": lambda address: f'by=10.0.0.1; for = "{bracketed(address)}" ;proto=https;host=a.example',
}
OF_V4: dict[str, Spelling] = {
    "mapped into IPv6": lambda address: f"::ffff:{address}",
    "mapped, in hexadecimal": lambda address: str(IPv6Address(f"::ffff:{address}")),
    "mapped, with a port": lambda address: f"[::ffff:{address}]:80",
    "translated": lambda address: f"64:ff9b::{address}",
    "forwarded unquoted": lambda address: f"for={address};proto=http",
}
OF_V6: dict[str, Spelling] = {
    "exploded": lambda address: address.exploded,
    "in capitals": lambda address: address.exploded.upper(),
    "with a zone": lambda address: f"{address}%eth0",
    "with a zone and a port": lambda address: f"[{address}%25en1]:8443",
}


@pytest.mark.parametrize("spelling", OF_BOTH.values(), ids=OF_BOTH)
@given(address=PUBLIC)
def test_every_spelling_names_its_address(spelling: Spelling, address: IPv4Address | IPv6Address) -> None:
    assert client_address(spelling(address), 0) == address


@pytest.mark.parametrize("spelling", OF_V4.values(), ids=OF_V4)
@given(address=PUBLIC_V4)
def test_every_spelling_of_an_ipv4_address_names_it(spelling: Spelling, address: IPv4Address) -> None:
    assert client_address(spelling(address), 0) == address


@pytest.mark.parametrize("spelling", OF_V6.values(), ids=OF_V6)
@given(address=PUBLIC_V6)
def test_every_spelling_of_an_ipv6_address_names_it(spelling: Spelling, address: IPv6Address) -> None:
    assert client_address(spelling(address), 0) == address


@given(
    sent=st.text(max_size=2 * LONGEST),
    address=PUBLIC,
    spelling=st.sampled_from(list(OF_BOTH.values())),
    proxies=st.lists(PRIVATE, max_size=4),
    glue=st.sampled_from([",", ", ", " ,\t"]),
)
def test_nothing_that_a_client_sends_ahead_changes_its_address(
    sent: str, address: IPv4Address | IPv6Address, spelling: Spelling, proxies: list[IPv4Address], glue: str
) -> None:
    """Neither a list of its own, nor an opened quote, nor a text of any length: proxies add behind it."""
    logged = glue.join([sent, spelling(address), *(str(one) for one in proxies)])
    assert client_address(logged, 0) == address


@given(address=PUBLIC, forged=st.lists(PUBLIC, max_size=3), own=st.lists(PUBLIC, max_size=3))
def test_as_many_public_proxies_are_passed_over_as_are_stated(
    address: IPv4Address | IPv6Address, forged: list[IPv4Address], own: list[IPv4Address]
) -> None:
    logged = ", ".join(str(one) for one in (*forged, address, *own))
    assert client_address(logged, len(own)) == address


@given(address=PUBLIC, private=st.lists(PRIVATE, min_size=1, max_size=3), hops=st.integers(0, 16))
def test_a_request_that_passed_fewer_proxies_is_the_first_entrys(
    address: IPv4Address | IPv6Address, private: list[IPv4Address], hops: int
) -> None:
    assert client_address(str(address), hops) == address
    logged = ", ".join([str(address), *(str(one) for one in private)])
    assert client_address(logged, hops + len(private)) == address


@given(forged=PUBLIC, nameless=NAMELESS, proxies=st.lists(PRIVATE, max_size=2))
def test_what_stands_left_of_an_unreadable_entry_is_not_believed(
    forged: IPv4Address, nameless: str, proxies: list[IPv4Address]
) -> None:
    assert client_address(", ".join([str(forged), nameless, *(str(one) for one in proxies)]), 0) is None


@given(st.lists(PRIVATE, min_size=1, max_size=4), st.integers(0, 4))
def test_private_addresses_name_no_client(addresses: list[IPv4Address], hops: int) -> None:
    assert client_address(", ".join(str(one) for one in addresses), hops) is None


@given(
    NAMELESS | st.sampled_from(["", " ", ",", ", ,", "203.0.113", "203.0.113.7/24", "01.2.3.4", "999.1.1.1", "%s%n"])
)
def test_what_is_no_address_names_no_client(text: str) -> None:
    assert parse_address(text) is None
    assert client_address(text, 0) is None


@given(st.text(), st.integers(0, 16))
def test_no_text_is_an_error(text: str, hops: int) -> None:
    found = client_address(text, hops)
    assert found is None or is_public(found)


def test_a_cut_entry_is_not_read() -> None:
    """Of a text that is too long the beginning is not seen, and half an address is another's."""
    assert client_address("1" * LONGEST + ".203.0.113.7", 0) is None
    assert client_address("8" + "203.0.113.7," + "1" * (LONGEST - 12), 1) is None


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("10.255.255.255", False),
        ("11.0.0.0", True),
        ("100.63.255.255", True),
        ("100.64.0.0", False),
        ("100.128.0.0", True),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.15.255.255", True),
        ("172.31.255.255", False),
        ("172.32.0.0", True),
        ("192.0.2.1", True),
        ("203.0.113.7", True),
        ("223.255.255.255", True),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("2001:db8::1", True),
        ("3fff:ffff::1", True),
        ("4000::1", False),
    ],
)
def test_addresses_that_say_where_a_client_is(text: str, public: bool) -> None:
    assert is_public(ip_address(text)) is public


@given(st.ip_addresses(), st.sampled_from([SUBNET_BITS, NETWORK_BITS]))
def test_a_range_holds_its_address_and_has_the_bits_asked_for(
    address: IPv4Address | IPv6Address, bits: dict[int, int]
) -> None:
    found = ip_network(range_around(address, bits))
    assert address in found
    assert found.prefixlen == bits[address.version]


@given(PUBLIC, PUBLIC)
def test_two_addresses_stay_two(one: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address) -> None:
    assume(one != other)
    assert client_address(str(one), 0) != client_address(str(other), 0)
