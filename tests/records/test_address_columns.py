"""Whole columns of addresses: the compiled loops read what the parser reads, and prefixes nest."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stillwatch.records.address_columns import address_words
from stillwatch.records.addresses import LONGEST, PUBLIC_IPV6, client_address, is_public

PUBLIC_V4 = st.ip_addresses(v=4).filter(is_public)
Word = tuple[int, int, int]


def words(text: str | None, trusted_hops: int = 0) -> list[Word]:
    (found,) = address_words(pa.array([text], pa.string()), trusted_hops).tolist()
    return [tuple(place) for place in found]


@settings(max_examples=400)
@given(
    st.lists(
        st.sampled_from(
            ["0", "1", "9", "10", "255", "256", "099", "300", "", "a", "+1", " 1", "1 ", "127", "1:1", "1:"]
        ),
        min_size=3,
        max_size=5,
    ).map(".".join)
    | st.lists(
        st.sampled_from(["1.2.3.4", "10.0.0.2", " 127.0.0.1 ", "8.8.8.8:80", "8.8.8.8:123456", "", "x", "::1", " "]),
        max_size=5,
    ).map(",".join),
    st.integers(0, 3),
)
@example("," * (LONGEST + 9) + "8.8.8.8", 0)
@example("8.8.8.8," + "10.0.0.1," * LONGEST, 1)
@example("8.8.8.8\0", 0)
@example("8.8.8.8:", 0)
@example(":80", 0)
@example("8.8.8.8 :80", 0)
@example("8.8.8.8:80 , 10.0.0.1:1", 0)
@example("8.8.8.8:80:80", 0)
def test_the_compiled_loop_reads_what_the_parser_reads(text: str, hops: int) -> None:
    address = client_address(text, hops)
    expected = (0, 0, 0) if address is None else (address.version, int(address) >> 64, int(address) & (1 << 64) - 1)
    assert words(text, hops)[0] == expected


@given(PUBLIC_V4, PUBLIC_V4)
def test_ipv4_prefixes_are_equal_exactly_when_the_leading_octets_are(one: IPv4Address, other: IPv4Address) -> None:
    for place, octets in enumerate((4, 3, 2)):
        same = one.packed[:octets] == other.packed[:octets]
        assert (words(str(one))[place] == words(str(other))[place]) == same


@given(st.ip_addresses(network=PUBLIC_IPV6), st.integers(0, 124))
def test_ipv6_prefixes_ignore_the_bits_behind_them(address: IPv6Address, bit: int) -> None:
    flipped = IPv6Address(int(address) ^ (1 << bit))
    for place, length in enumerate((128, 48, 32)):
        assert (words(str(address))[place] == words(str(flipped))[place]) == (bit < 128 - length)


@pytest.mark.parametrize("text", [None, "", "unknown", "10.0.0.1", "fe80::1%eth0"])
def test_what_names_no_client_has_no_words(text: str | None) -> None:
    assert words(text) == [(0, 0, 0)] * 3
