"""Client addresses of whole columns: what `client_address` reads, without Python strings for the plainest spellings."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address

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


def _masks() -> Words:
    """Masks (versions, 3, 3) of what `address_words` keeps of the words of an address, by IP version."""
    masks = np.zeros((7, 3, 3), np.uint64)
    masks[:, :, 0] = _LOW
    for version, size in {4: 32, 6: 128}.items():
        for place, bits in enumerate((size, SUBNET_BITS[version], NETWORK_BITS[version])):
            mask = (1 << size) - (1 << size - bits)
            masks[version, place, 1:] = mask >> 64, mask & _LOW
    return masks


_MASKS = _masks()
_RANGES = np.array([(int(one[0]), int(one[-1])) for one in NOT_PUBLIC])


def address_words(texts: pa.Array, trusted_hops: int) -> Words:
    """Returns (n, 3, 3) words: of the address, the subnet and the network that each text names, the IP version and the
    upper and lower 64 bits; all are 0 where the text names no public address. A null text names none.

    Give each text once: those that are no plain list of IPv4 addresses are parsed one by one.
    """
    words = np.zeros((len(texts), 3, 3), np.uint64)
    found = texts_of(texts)
    _read_plain(found, trusted_hops, _RANGES, LONGEST, words)
    rows = np.flatnonzero((words[:, 0, 0] == 0) & found.present)
    words[rows] = _words([client_address(text, trusted_hops) for text in texts.take(pa.array(rows)).to_pylist()])
    return words


def _words(addresses: Sequence[IPv4Address | IPv6Address | None]) -> Words:
    known = [(0, 0) if one is None else (one.version, int(one)) for one in addresses]
    whole = np.array([(version, number >> 64, number & _LOW) for version, number in known], np.uint64).reshape(-1, 1, 3)
    return whole & _MASKS[whole[:, 0, 0]]


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
    # written as d.d.d.d or d.d.d.d:port, and where there is none.
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
    # This returns the number that d.d.d.d spells, with a port behind it or not, and -1 for any other text, such as one
    # with leading zeros.
    stop = _before_port(data, start, stop)
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


@compiled
def _before_port(data: Octets, start: int, stop: int) -> int:
    # This returns where a colon and up to five digits begin at the end of a text, or the end where there are none.
    place = stop
    while place > start and stop - place < 5 and 48 <= data[place - 1] <= 57:
        place -= 1
    return place - 1 if start < place < stop and data[place - 1] == 58 else stop
