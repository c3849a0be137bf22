"""Client addresses become keyed values of the address, its subnet (/24, v6 /48) and its network (/16, v6 /32)."""

from __future__ import annotations

import pyarrow as pa

from stillwatch.key import Key
from stillwatch.records.address_columns import address_words
from stillwatch.sketch.values import word_values


def address_values(column: pa.Array, key: Key, trusted_hops: int) -> tuple[pa.Int64Array, pa.Int64Array, pa.Int64Array]:
    """Returns the values of address, subnet and network of a column of n texts: (n,) each, null for none.

    Addresses are hashed as numbers, so every spelling of one address has one value, and an IPv4-mapped IPv6 address has
    the value of its IPv4 address. A text that names no public address has no value: nothing is known of the place.
    """
    distinct = column.dictionary_encode()
    words = address_words(distinct.dictionary, trusted_hops)
    known = words[:, 0, 0] > 0
    address, subnet, network = (
        word_values(words[:, place], known, key, purpose)
        for place, purpose in enumerate(("address", "subnet", "network"))
    )
    return address.take(distinct.indices), subnet.take(distinct.indices), network.take(distinct.indices)
