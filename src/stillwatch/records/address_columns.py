"""Client addresses of whole columns: what `client_address` reads, without Python strings for the plainest spellings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from stillwatch.records.addresses import LONGEST, NOT_PUBLIC, client_address
from stillwatch.records.buffers import Octets, Texts, texts_of
from stillwatch.records.compiled import compiled
from stillwatch.records.definitions import NETWORK_BITS, SUBNET_BITS

Words = npt.NDArray[np.uint64]
Ranges = npt.NDArray[np.int64]

_LOW = (1 << 64) - 1
_PREFIXES = {version: (bits, SUBNET_BITS[version], NETWORK_BITS[version]) for version, bits in {4: 32, 6: 128}.items()}
_RANGES = np.array([(int(one[0]), int(one[-1])) for one in NOT_PUBLIC])


def address_words(texts: pa.Array, trusted_hops: int) -> Words:
    """Returns (n, 3, 3) words: of the address, the subnet and the network that each text names, the IP version and the
    upper and lower 64 bits; all are 0 where the text names no public address. A null text names none.

    Give each text once: those that are no plain list of IPv4 addresses are parsed one by one.
    """
    words = np.zeros((len(texts), 3, 3), np.uint64)
    found = texts_of(texts)
    _read_plain(found, trusted_hops, _RANGES, LONGEST, words)
    for index in np.flatnonzero((words[:, 0, 0] == 0) & found.present).tolist():
        words[index] = _prefixes(texts[index].as_py(), trusted_hops)
    return words


def _prefixes(text: str, trusted_hops: int) -> list[tuple[int, int, int]]:
    address = client_address(text, trusted_hops)
    if address is None:
        return [(0, 0, 0)] * 3
    number, size = int(address), address.max_prefixlen
    masked = [number >> (size - length) << (size - length) for length in _PREFIXES[address.version]]
    return [(address.version, part >> 64, part & _LOW) for part in masked]


@compiled
def _read_plain(texts: Texts, trusted_hops: int, not_public: Ranges, longest: int, words: Words) -> None:
    # This writes the words of plain IPv4 addresses and lists of them; rows of other texts are unchanged.
    for index in range(len(words)):
        start, stop = texts.offsets[index], texts.offsets[index + 1]
        if stop - start <= longest:
            number = _plain_client(texts.data, start, stop, trusted_hops, not_public)
            if number >= 0:
                for place in range(3):
                    words[index, place, 0] = 4
                    words[index, place, 2] = number >> 8 * place << 8 * place


@compiled
def _plain_client(data: Octets, start: int, stop: int, trusted_hops: int, not_public: Ranges) -> int:
    # This returns the number of the address that `client_address` reads; -1 where an entry on the way to it is not
    # written as d.d.d.d, and where there is none.
    skipped = 0
    while stop >= start:
        begin = stop
        while begin > start and data[begin - 1] != 44:  # a comma
            begin -= 1
        first, last = begin, stop
        while first < last and data[first] == 32:
            first += 1
        while last > first and data[last - 1] == 32:
            last -= 1
        number = _plain_address(data, first, last)
        if number < 0:
            return -1
        if (skipped >= trusted_hops or begin == start) and _is_public(number, not_public):
            return number
        skipped += 1
        stop = begin - 1
    return -1


@compiled
def _is_public(number: int, not_public: Ranges) -> bool:
    for place in range(len(not_public)):  # noqa: SIM110  what is compiled has no generators
        if not_public[place, 0] <= number <= not_public[place, 1]:
            return False
    return True


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
