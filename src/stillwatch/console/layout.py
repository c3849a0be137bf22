"""Where the accounts and shared values of a network stand in its picture: the same on every machine.

Values are hubs on a ring, in the order of their weight. Accounts that hold the same values form one round cloud; it
stands in the middle of its values, and clouds are pushed apart until they overlap no more than their sizes demand.
"""

from __future__ import annotations

import math
import struct
from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

MAGIC = b"SWPIC001"
RING = 100.0
DOT = 0.62  # distance between accounts of a cloud
_GOLDEN = math.pi * (3 - math.sqrt(5))  # the angle by which a sunflower sets its seeds
_LEVELS = (None, "watch", "review", "act")
_ROUNDS = 30
_HEAD = struct.Struct("<8sIII")

Held = list[tuple[int, ...]]
"""By account the hubs that it holds, ascending."""


def held(members: Sequence[str], links: pa.Table, hubs: Mapping[str, int]) -> Held:
    """Which hubs each member holds; `links` has the columns `account_id` and `value_id`."""
    found: dict[str, set[int]] = defaultdict(set)
    for account, value in zip(links["account_id"].to_pylist(), links["value_id"].to_pylist(), strict=True):
        if value in hubs:
            found[account].add(hubs[value])
    return [tuple(sorted(found.get(one, ()))) for one in members]


def ring(hubs: int) -> NDArray[np.float64]:
    """The places of hubs (rows of x and y)."""
    angles = 2 * math.pi * np.arange(hubs) / max(1, hubs)
    return RING * np.column_stack([np.cos(angles), np.sin(angles)])


def laid_out(mine: Held, hubs: int) -> NDArray[np.float32]:
    """The places of accounts (rows of x and y)."""
    clouds: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for account, values in enumerate(mine):
        clouds[values].append(account)
    names = sorted(clouds, key=lambda one: (-len(clouds[one]), one))
    sizes = np.array([DOT * math.sqrt(len(clouds[one])) for one in names])
    middles = _apart(_middles(names, ring(hubs)), sizes)
    places = np.zeros((len(mine), 2), np.float32)
    for name, middle in zip(names, middles, strict=True):
        places[clouds[name]] = middle + _sunflower(len(clouds[name]))
    return places


def _middles(names: Sequence[tuple[int, ...]], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The middle of each cloud's values, drawn inwards; accounts without any stand outside the ring, on its top."""
    found = np.zeros((len(names), 2))
    for row, name in enumerate(names):
        found[row] = 0.8 * at[list(name)].mean(axis=0) if name else (0.0, -1.6 * RING)
    return found


def _apart(middles: NDArray[np.float64], sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pushes overlapping clouds apart; only the largest ones are moved, since pairs of thousands take too long."""
    most = min(len(middles), 400)
    found, wanted = middles.copy(), sizes[:most, None] + sizes[None, :most]
    # clouds in one place go apart by their number, so that the result depends on nothing else
    turn = np.arange(most) * _GOLDEN
    apart = np.column_stack([np.cos(turn), np.sin(turn)])[:, None, :]
    others = 1 - np.eye(most)
    for _ in range(_ROUNDS):
        away = found[:most, None, :] - found[None, :most, :]
        distance = np.hypot(away[..., 0], away[..., 1])
        same = distance < 1e-6
        direction = np.where(same[..., None], apart, away / np.where(same, 1.0, distance)[..., None])
        overlap = np.clip(wanted - distance, 0.0, None) * others
        found[:most] += (direction * overlap[..., None]).sum(axis=1) / (2 + (overlap > 0).sum(axis=1))[:, None]
    return found


def _sunflower(count: int) -> NDArray[np.float64]:
    steps = np.arange(count)
    radius, angle = DOT * np.sqrt(steps), steps * _GOLDEN
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def packed(mine: Held, levels: Sequence[str | None], colours: Sequence[str]) -> bytes:
    """The picture as bytes, all little-endian: a head with the numbers of accounts, hubs and lines; the places of
    accounts and of hubs as pairs of float32; a byte for each account's level and each hub's colour, padded to four;
    and for each line the numbers of its account and hub as uint32.
    """
    places, hubs = laid_out(mine, len(colours)), ring(len(colours)).astype("<f4")
    lines = [(account, hub) for account, values in enumerate(mine) for hub in values]
    marks = bytes(_LEVELS.index(level) if level in _LEVELS else 0 for level in levels)
    marks += bytes(_number(one) for one in colours)
    return b"".join(
        (
            _HEAD.pack(MAGIC, len(mine), len(colours), len(lines)),
            places.astype("<f4").tobytes(),
            hubs.tobytes(),
            marks + bytes(-len(marks) % 4),
            np.array(lines, "<u4").reshape(-1, 2).tobytes(),
        )
    )


def _number(colour: str) -> int:
    digit = colour.rpartition("-")[2]
    return int(digit) if digit.isdigit() else 7


def small(accounts: int, hubs: int, pairs: Sequence[tuple[int, int]]) -> tuple[list[tuple[float, float]], ...]:
    """The places of a small graph's accounts, and of its hubs."""
    mine: list[set[int]] = [set() for _ in range(accounts)]
    for account, hub in pairs:
        mine[account].add(hub)
    places = laid_out([tuple(sorted(one)) for one in mine], hubs)
    return _pairs(places), _pairs(ring(hubs))


def _pairs(places: NDArray[np.floating]) -> list[tuple[float, float]]:
    return [(round(float(x), 3), round(float(y), 3)) for x, y in places]
