"""Addresses: one value for every spelling, prefixes that nest, and no error for what is no address."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.key import Key
from stillwatch.records.addresses import parse_address
from stillwatch.sketch.address import (
    address_values,
    prefixes,
    read_plain,
)
from stillwatch.sketch.buffers import texts_of

V4, V6 = st.ip_addresses(v=4), st.ip_addresses(v=6)


def values(texts: list[str | None], key: Key) -> list[list[int | None]]:
    return [column.to_pylist() for column in address_values(pa.array(texts, pa.string()), key)]


@given(V4)
def test_every_spelling_of_an_ipv4_address_has_one_value(address: IPv4Address) -> None:
    spellings = [str(address), f" {address} ", f"::ffff:{address}", f"{address}:443", f"[::ffff:{address}]:80"]
    for column in values(spellings, Key(b"k" * 16)):
        assert len(set(column)) == 1
        assert column[0] is not None


@given(V6)
def test_every_spelling_of_an_ipv6_address_has_one_value(address: IPv6Address) -> None:
    spellings = [address.compressed, address.exploded, address.exploded.upper(), f"[{address}]:8443", f"{address}%eth0"]
    for column in values(spellings, Key(b"k" * 16)):
        assert len(set(column)) == 1


@given(V4, V4)
def test_ipv4_prefixes_are_equal_exactly_when_the_leading_octets_are(one: IPv4Address, other: IPv4Address) -> None:
    for place, octets in enumerate((4, 3, 2)):
        same = one.packed[:octets] == other.packed[:octets]
        assert (prefixes(str(one))[place] == prefixes(str(other))[place]) == same


@given(V6.filter(lambda a: a.ipv4_mapped is None), st.integers(0, 127))
def test_ipv6_prefixes_ignore_the_bits_behind_them(address: IPv6Address, bit: int) -> None:
    flipped = IPv6Address(int(address) ^ (1 << bit))
    if flipped.ipv4_mapped is None:
        for place, length in enumerate((128, 48, 32)):
            same = bit < 128 - length
            assert (prefixes(str(address))[place] == prefixes(str(flipped))[place]) == same


@pytest.mark.parametrize(
    "text", ["unknown", "1.2.3", "1.2.3.4.5", "999.1.1.1", "a" * 1_000, "%s%n", "::1::", "01.2.3.4"]
)
def test_what_is_no_address_keeps_a_value_of_its_text_and_no_prefix(text: str, key: Key) -> None:
    assert parse_address(text) is None
    address, subnet, network = values([text, text, "other text"], key)
    assert address[0] == address[1] != address[2]
    assert subnet == network == [None, None, None]


def test_absent_and_empty_addresses_are_null(key: Key) -> None:
    assert values([None, "", None], key) == [[None] * 3] * 3


def test_address_subnet_and_network_are_never_equal(key: Key) -> None:
    address, subnet, network = values(["10.0.0.0"], key)
    assert len({address[0], subnet[0], network[0]}) == 3


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(["0", "1", "9", "10", "255", "256", "099", "300", "1000", "", "a", "+1", " 1"]), max_size=5
    )
)
def test_the_kernel_reads_plain_addresses_as_python_does(parts: list[str]) -> None:
    text = ".".join(parts)
    words = np.zeros((1, 3, 3), np.uint64)
    read_plain(texts_of(pa.array([text])), words)
    plain = len(parts) == 4 and parse_address(text) is not None and text == text.strip()
    assert [tuple(place) for place in words[0].tolist()] == (prefixes(text) if plain else [(0, 0, 0)] * 3)
