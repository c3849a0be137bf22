"""Client addresses become keyed values of the address, its subnet (/24, v6 /48) and its network (/16, v6 /32)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.key import Key
from stillwatch.records.addresses import parse_address
from stillwatch.records.definitions import NETWORK_BITS, SUBNET_BITS
from stillwatch.sketch.buffers import Texts, texts_of
from stillwatch.sketch.compiled import compiled
from stillwatch.sketch.siphash import Octets, Words
from stillwatch.sketch.values import column_values, word_values

_LOW = (1 << 64) - 1
_PREFIXES = {version: (bits, SUBNET_BITS[version], NETWORK_BITS[version]) for version, bits in {4: 32, 6: 128}.items()}


def address_values(column: pa.Array, key: Key) -> tuple[pa.Int64Array, pa.Int64Array, pa.Int64Array]:
    """Returns the values of address, subnet and network of a column of n texts: (n,) each, null for null.

    Addresses are hashed as numbers, so every spelling of one address has one value, and an IPv4-mapped IPv6 address has
    the value of its IPv4 address. A text that is no address has the value of its text, and no subnet or network.
    """
    distinct = column.dictionary_encode()
    words = np.zeros((len(distinct.dictionary), 3, 3), np.uint64)
    read_plain(texts_of(distinct.dictionary), words)
    for index in np.flatnonzero(words[:, 0, 0] == 0).tolist():
        words[index] = prefixes(distinct.dictionary[index].as_py())
    parsed = words[:, 0, 0] > 0
    address, subnet, network = (
        word_values(words[:, place], parsed, key, purpose)
        for place, purpose in enumerate(("address", "subnet", "network"))
    )
    address = address.fill_null(0).to_numpy(zero_copy_only=False)
    raw = column_values(distinct.dictionary, key, "unparsed address")
    address = pa.array(np.where(parsed, address, raw.fill_null(0)), mask=~parsed & ~_valid(raw))
    return address.take(distinct.indices), subnet.take(distinct.indices), network.take(distinct.indices)


@compiled
def read_plain(texts: Texts, words: Words) -> None:
    """Writes `prefixes` of plain IPv4 addresses to `words` (n, 3, 3); rows of other texts are unchanged."""
    for index in range(len(words)):
        number = _plain_address(texts.data, texts.offsets[index], texts.offsets[index + 1])
        if number >= 0:
            for place in range(3):
                words[index, place, 0] = 4
                words[index, place, 2] = number >> 8 * place << 8 * place


@compiled
def _plain_address(data: Octets, start: int, stop: int) -> int:
    # This returns the number that d.d.d.d spells, and -1 for any other text, such as one with leading zeros.
    number, part, digits, dots = 0, 0, 0, 0
    for position in range(start, stop):
        byte = int(np.int64(data[position]))  # signed, as `number` is
        if 48 <= byte <= 57 and digits < 3 and (digits == 0 or part > 0):
            part = 10 * part + byte - 48
            digits += 1
        elif byte == 46 and digits > 0 and part < 256 and dots < 3:
            number, part, digits, dots = 256 * number + part, 0, 0, dots + 1
        else:
            return -1
    return 256 * number + part if dots == 3 and digits > 0 and part < 256 else -1


def prefixes(text: str) -> list[tuple[int, int, int]]:
    """Returns (IP version, upper 64 bits, lower 64 bits) of an address, its subnet and its network.

    All are 0 when the text is no address.
    """
    address = parse_address(text)
    if address is None:
        return [(0, 0, 0)] * 3
    number, size = int(address), address.max_prefixlen
    masked = [number >> (size - length) << (size - length) for length in _PREFIXES[address.version]]
    return [(address.version, part >> 64, part & _LOW) for part in masked]


def _valid(column: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(column.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
