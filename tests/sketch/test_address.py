"""Addresses: one value for every spelling, none for what names no client, and no error."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.key import Key
from stillwatch.records.addresses import PUBLIC_IPV6, is_public
from stillwatch.sketch.address import address_values


def values(texts: list[str | None], key: Key, trusted_hops: int = 0) -> list[list[int | None]]:
    return [column.to_pylist() for column in address_values(pa.array(texts, pa.string()), key, trusted_hops)]


@given(st.ip_addresses(v=4).filter(is_public))
def test_every_spelling_of_an_ipv4_address_has_one_value(address: IPv4Address) -> None:
    spellings = [str(address), f" {address} ", f"::ffff:{address}", f"{address}:443", f"9.9.9.9, {address}, 10.0.0.2"]
    for column in values([*spellings, f"for={address}"], Key(b"k" * 16)):
        assert len(set(column)) == 1
        assert column[0] is not None


@given(st.ip_addresses(network=PUBLIC_IPV6))
def test_every_spelling_of_an_ipv6_address_has_one_value(address: IPv6Address) -> None:
    spellings = [
        address.compressed,
        address.exploded.upper(),
        f"[{address}]:8443",
        f"{address}%eth0",
        f"::1, {address}",
    ]
    for column in values([*spellings, f'for="[{address}]"'], Key(b"k" * 16)):
        assert len(set(column)) == 1
        assert column[0] is not None


@pytest.mark.parametrize(
    "text", ["unknown", "-", "_hidden", "[present]", "1.2.3", "999.1.1.1", "a" * 1_000, "%s%n", "10.0.0.1", "::1", ""]
)
def test_what_names_no_client_links_nobody(text: str, key: Key) -> None:
    assert values([text, text, None], key) == [[None] * 3] * 3


def test_trusted_hops_are_passed_over(key: Key) -> None:
    client, logged = values(["203.0.113.7"], key), ["203.0.113.7, 198.51.100.9"]
    assert values(logged, key, 1) == client
    assert values(logged, key, 0) == values(["198.51.100.9"], key)


def test_address_subnet_and_network_are_never_equal(key: Key) -> None:
    address, subnet, network = values(["11.0.0.0"], key)
    assert len({address[0], subnet[0], network[0]}) == 3
