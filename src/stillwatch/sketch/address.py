"""Client addresses become keyed values of the address, its subnet (/24, v6 /48) and its network (/16, v6 /32)."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.sketch.key import Key
from stillwatch.sketch.values import column_values, word_values

_LOW = (1 << 64) - 1
_PREFIXES = {4: (32, 24, 16), 6: (128, 48, 32)}
_BRACKETED = re.compile(r"\[([^\]]*)\](?::\d{1,5})?")
_WITH_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}")
_LONGEST = 64  # a v6 address with zone, brackets and port is shorter


def address_values(column: pa.Array, key: Key) -> tuple[pa.Int64Array, pa.Int64Array, pa.Int64Array]:
    """Values of address, subnet and network.

    Addresses are compared as numbers, so every spelling of one address has one value, and an IPv4-mapped IPv6 address
    has that of its IPv4 address. What is no address has the value of its text, and neither subnet nor network.
    """
    distinct = column.dictionary_encode()
    words = np.array([prefixes(text) for text in distinct.dictionary.to_pylist()], np.uint64).reshape(-1, 3, 3)
    parsed = words[:, 0, 0] > 0
    address, subnet, network = (
        word_values(words[:, place], parsed, key, purpose)
        for place, purpose in enumerate(("address", "subnet", "network"))
    )
    address = address.fill_null(0).to_numpy(zero_copy_only=False)
    raw = column_values(distinct.dictionary, key, "unparsed address")
    address = pa.array(np.where(parsed, address, raw.fill_null(0)), mask=~parsed & ~_valid(raw))
    return address.take(distinct.indices), subnet.take(distinct.indices), network.take(distinct.indices)


def prefixes(text: str) -> list[tuple[int, int, int]]:
    """(IP version, upper 64 bits, lower 64 bits) of an address, its subnet and its network; zeros when unparsable."""
    address = parse_address(text)
    if address is None:
        return [(0, 0, 0)] * 3
    number, size = int(address), address.max_prefixlen
    masked = [number >> (size - length) << (size - length) for length in _PREFIXES[address.version]]
    return [(address.version, part >> 64, part & _LOW) for part in masked]


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


def _valid(column: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
