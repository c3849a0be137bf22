"""Addresses as text: the range around what a text names, however it is written."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.records.addresses import address_range, parse_address
from stillwatch.records.definitions import NETWORK_BITS, SUBNET_BITS


@given(st.ip_addresses())
def test_a_range_holds_its_address_and_has_the_bits_asked_for(address: IPv4Address | IPv6Address) -> None:
    plain = getattr(address, "ipv4_mapped", None) or address
    for bits in (SUBNET_BITS, NETWORK_BITS):
        text = address_range(str(address), bits)
        assert text is not None
        found = ip_network(text)
        assert plain in found
        assert found.prefixlen == bits[plain.version]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" 203.0.113.7 ", "203.0.113.7"),
        ("203.0.113.7:443", "203.0.113.7"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
    ],
)
def test_spellings_of_one_address(text: str, address: str) -> None:
    assert parse_address(text) == ip_address(address)


@pytest.mark.parametrize("text", ["", "unknown", "203.0.113", "203.0.113.7/24", "1" * 65, "10.0.0.1, 10.0.0.2"])
def test_what_is_no_address_has_no_range(text: str) -> None:
    assert parse_address(text) is None
    assert address_range(text, SUBNET_BITS) is None
