"""Blocks of addresses in which networks are placed: real ones from a folder of public lists, or invented ones."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv
from numpy.typing import NDArray

from stillwatch.errors import InputError, reason_of
from stillwatch_lab.worlds.draws import Wholes

Blocks = NDArray[np.int64]
"""Shape (blocks, 2): the first IPv4 address as a number, and the number of addresses."""

_PROVIDERS = 24  # of each country, the largest networks in which homes are placed; the others serve few people
_SMALLEST = 1 << 12  # least addresses of a provider's block in which homes are placed
_FEWEST = 256  # addresses of the smallest block used at all
# Organisations that hold many addresses but serve no homes.
_NO_HOMES = r"defen[cs]e|dod |ministry|universit|mercedes|ford motor|cloud|hosting|amazon|google|microsoft|apple"
_INVENTED = "invented ranges"
_FILES = ("asn-ipv4.csv.gz", "country-ipv4.csv.gz", "x4bnet_datacenter_ipv4.txt", "x4bnet_vpn_ipv4.txt")


@dataclass(frozen=True, slots=True)
class Ranges:
    """Address blocks of homes by country (largest provider first), of hosting and of VPN exits, and their source."""

    homes: tuple[Blocks, ...]
    hosting: Blocks
    exits: Blocks
    source: str


def invented(octets: tuple[tuple[int, ...], ...]) -> Ranges:
    """Invented blocks: each provider has one first octet."""
    homes = tuple(np.array([(octet << 24, 1 << 24) for octet in some]) for some in octets)
    return Ranges(homes, np.array([(34 << 24, 1 << 24)]), np.array([(185 << 24, 1 << 24)]), _INVENTED)


def measured(folder: Path, countries: tuple[str, ...]) -> Ranges:
    """Real blocks from `folder`: RouteViews and DB-IP lists of networks and countries (CC-BY-4.0), X4BNet's lists of
    hosting and VPN ranges (MIT). A country without a block of its own takes the first country's.

    Raises InputError when one of the files cannot be read.
    """
    try:
        asn = _table(folder / _FILES[0], ("first", "last", "network", "holder"))
        land = _table(folder / _FILES[1], ("first", "last", "country"))
        hosting, exits = (_listed(folder / name) for name in _FILES[2:])
    except (OSError, ValueError) as error:
        raise InputError(
            f"`{folder}` holds no usable address ranges ({reason_of(error)}); it needs {', '.join(_FILES)}"
        ) from error
    first, last = (_numbers(asn[name]) for name in ("first", "last"))
    known = [(first <= 0xFFFFFFFF) & (_place(first, some) < 0) for some in (hosting, exits)]
    begins = _numbers(land["first"])
    where = land["country"][np.clip(np.searchsorted(begins, first, side="right") - 1, 0, len(begins) - 1)]
    homely = ~pc.match_substring_regex(pa.array(asn["holder"], pa.string()), _NO_HOMES, ignore_case=True).to_numpy(
        zero_copy_only=False
    )
    usable = known[0] & known[1] & homely & (last - first + 1 >= _SMALLEST)
    found = [_largest(first, last, asn["network"], usable & (where == code)) for code in countries]
    homes = tuple(blocks if len(blocks) else found[0] for blocks in found)
    big = [some[some[:, 1] >= _FEWEST] for some in (hosting, exits)]
    return Ranges(homes, big[0], big[1], "DB-IP and RouteViews (CC-BY-4.0), X4BNet (MIT)")


def _largest(first: Wholes, last: Wholes, network: NDArray[np.object_], chosen: NDArray[np.bool_]) -> Blocks:
    """The largest block of each of the largest networks, largest first."""
    rows = np.flatnonzero(chosen)
    names, owner = np.unique(network[rows].astype(str), return_inverse=True)
    size = last[rows] - first[rows] + 1
    held = np.bincount(owner, weights=size, minlength=len(names))
    blocks = []
    for name in np.argsort(-held, kind="stable")[:_PROVIDERS]:
        mine = rows[owner == name]
        best = mine[np.argmax(last[mine] - first[mine])]
        blocks.append((first[best], last[best] - first[best] + 1))
    return np.array(blocks, dtype=np.int64).reshape(-1, 2)


def _table(path: Path, names: tuple[str, ...]) -> dict[str, NDArray[np.object_]]:
    with gzip.open(path) as lines:
        table = csv.read_csv(lines, read_options=csv.ReadOptions(column_names=list(names)))
    return {name: table[name].to_numpy() for name in names}


def _numbers(addresses: NDArray[np.object_]) -> Wholes:
    """IPv4 texts as numbers."""
    octets = pc.split_pattern(pa.array(addresses, pa.string()), ".").flatten().cast(pa.int64()).to_numpy()
    return np.asarray(octets.reshape(len(addresses), 4) @ np.array([1 << 24, 1 << 16, 1 << 8, 1]), dtype=np.int64)


def _listed(path: Path) -> Blocks:
    lines = [line.split("/") for line in path.read_text(encoding="utf-8").split() if "/" in line]
    if not lines:
        raise ValueError(f"no range in `{path.name}`")
    first = _numbers(np.array([one for one, _ in lines], dtype=object))
    size = 1 << (32 - np.array([int(bits) for _, bits in lines]))
    order = np.argsort(first, kind="stable")
    return np.stack([first, size], axis=1)[order]


def _place(addresses: Wholes, blocks: Blocks) -> Wholes:
    """The index of the block that holds each address, -1 for none; blocks are ascending and do not overlap."""
    place = np.searchsorted(blocks[:, 0], addresses, side="right") - 1
    inside = (place >= 0) & (addresses < blocks[place, 0] + blocks[place, 1])
    return np.where(inside, place, -1)
