"""Countries, networks and addresses of accounts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from stillwatch_lab.worlds import draws
from stillwatch_lab.worlds.draft import (
    NONE,
    Accounts,
    Network,
    World,
)
from stillwatch_lab.worlds.draws import (
    Keys,
    Reals,
    Wholes,
    key_of,
)

# Country, share of accounts, hours ahead of UTC, phone prefix, first octets of its residential blocks.
COUNTRIES: tuple[tuple[str, float, float, str, tuple[int, ...]], ...] = (
    ("US", 30, -6, "+1", (24, 47, 50, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 96, 98, 99)),
    ("IN", 12, 5.5, "+91", (49, 59, 103, 106, 117, 122)),
    ("GB", 6, 0, "+44", (2, 31, 51, 81, 82, 86)),
    ("DE", 6, 1, "+49", (46, 79, 84, 87, 91, 93)),
    ("FR", 4, 1, "+33", (78, 80, 88, 90)),
    ("BR", 5, -3, "+55", (177, 179, 186, 187, 189)),
    ("JP", 5, 9, "+81", (60, 106, 114, 126)),
    ("KR", 4, 9, "+82", (58, 112, 118, 121)),
    ("CA", 4, -5, "+1", (24, 64, 70, 99)),
    ("AU", 3, 10, "+61", (1, 49, 101, 110)),
    ("ES", 2, 1, "+34", (79, 83, 88)),
    ("IT", 2, 1, "+39", (79, 87, 93)),
    ("NL", 2, 1, "+31", (77, 84, 86)),
    ("PL", 2, 1, "+48", (83, 89, 95)),
    ("TR", 2, 3, "+90", (78, 85, 88)),
    ("ID", 2, 7, "+62", (36, 110, 114)),
    ("VN", 2, 7, "+84", (14, 27, 113)),
    ("PH", 2, 8, "+63", (49, 112, 120)),
    ("SG", 1.5, 8, "+65", (42, 116, 119)),
    ("HK", 1.5, 8, "+852", (58, 61, 113)),
    ("MX", 2, -6, "+52", (187, 189, 200)),
    ("NG", 1, 1, "+234", (102, 105, 197)),
)
WEIGHTS = [country[1] for country in COUNTRIES]
ZONES = np.array([country[2] for country in COUNTRIES])
HOSTING, EXITS = -1, -2
"""Places of a shared network other than a country: hosting ranges, and exits of consumer VPNs."""
_BLOCK = 1 << 20  # addresses of one provider's network


def add_network(world: World, network: Network) -> int:
    """Adds a network to the world and returns its index."""
    world.networks.append(network)
    return len(world.networks) - 1


def residential_networks(world: World) -> list[list[int]]:
    """Adds the providers of every country; returns their network indices by country, largest provider first."""
    made: list[list[int]] = []
    for (code, *_), blocks in zip(COUNTRIES, world.ranges.homes, strict=True):
        numbers = []
        for place, (first, size) in enumerate(blocks.tolist()):
            key = key_of(world.key, "provider", code, place)
            if place % 4 == 3:  # about a quarter of homes have IPv6
                base = 0x2A02 << 48 | (key & 0xFFFF) << 32
                numbers.append(add_network(world, Network(key, base, 1 << 24, version=6)))
            else:
                base = first + key % max(size // _BLOCK, 1) * _BLOCK
                numbers.append(add_network(world, Network(key, base, min(size, _BLOCK))))
        made.append(numbers)
    return made


def shared_network(world: World, name: str, size: int, where: int) -> int:
    """Adds a block of a few addresses that many people share: an office, a carrier's address translator, a hall.

    `where` is a country, HOSTING or EXITS.
    """
    key = key_of(world.key, "shared", name)
    ranges = world.ranges
    blocks = ranges.hosting if where == HOSTING else ranges.exits if where == EXITS else ranges.homes[where]
    first, most = (int(number) for number in blocks[key % len(blocks)])
    size = min(size, most)
    base = first + min((key >> 16) % most & ~0xFF | key >> 8 & 0x3F, most - size)
    return add_network(world, Network(key, base, size))


def spread_network(world: World, name: str, size: int, parts: int, where: int) -> int:
    """Adds `size` addresses in `parts` blocks, like the exits of a VPN or the machines of several clouds."""
    numbers = tuple(shared_network(world, f"{name} {part}", 256, where) for part in range(parts))
    return add_network(world, Network(key_of(world.key, "spread", name), 0, size, scattered=numbers))


def carriers(world: World, accounts: int, sharing: float) -> list[int]:
    """Adds one mobile carrier per country; about `sharing` of its accounts share each address at a time."""
    total = sum(WEIGHTS)
    return [
        shared_network(world, f"carrier {code}", max(2, round(accounts * weight / total / sharing)), country)
        for country, (code, weight, *_) in enumerate(COUNTRIES)
    ]


def address_codes(
    world: World, account: Wholes, day: Reals, keys: Keys, person: Keys | None = None
) -> tuple[Wholes, Keys]:
    """Network index and slot within it of each exchange, (exchanges,) each.

    `account` holds account indices, `day` day counts, `keys` a key per account and hour, and `person` the keys of the
    writers if they are known: persons who share a login send requests from their own homes.
    """
    accounts = world.accounts
    net, key = accounts.home_net[account].copy(), accounts.home_key[account].copy()
    own = accounts.key[account].copy()
    if person is not None:
        # Persons who share a login at work have different homes; those of a family have one.
        apart = accounts.separate[account] & (accounts.work_net[account] != NONE) & (person != own)
        key[apart], own[apart] = person[apart], person[apart]
    lease = accounts.home_lease[account]
    away = draws.uniform(keys, "away") < accounts.mobile_share[account]
    away &= accounts.mobile_net[account] != NONE
    net[away], lease[away], key[away] = accounts.mobile_net[account][away], 0.25, own[away]
    at_work = _at_work(accounts, account, day, world.span.begins.weekday())
    net[at_work], lease[at_work] = accounts.work_net[account][at_work], 1e6
    key[at_work] = own[at_work]
    phase = draws.uniform(key, "lease phase")
    number = np.floor(day / lease + phase).astype(np.int64)
    slot = draws.child(key, "address", number) >> np.uint64(1)
    sizes = np.array([network.size for network in world.networks], dtype=np.uint64)
    return net, slot % sizes[net]


def _at_work(
    accounts: Accounts, account: Wholes, day: Reals, weekday_zero: int
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    local = day + accounts.zone[account] / 24
    hour = (local % 1) * 24
    weekday = (np.floor(local).astype(np.int64) + weekday_zero) % 7
    return np.asarray((accounts.work_net[account] != NONE) & (hour > 8.5) & (hour < 18) & (weekday < 5))


def address_strings(world: World, net: Wholes, slot: Keys, day: Reals) -> pa.Array:
    """IPv4 and IPv6 addresses as text, one per exchange."""
    base = np.array([network.base for network in world.networks], dtype=np.uint64)
    version = np.array([network.version for network in world.networks])
    sizes = np.array([network.size for network in world.networks], dtype=np.uint64)
    net, slot = net.copy(), slot.copy()
    for number, network in enumerate(world.networks):
        proxied = np.flatnonzero(net == number) if network.scattered else ()
        if len(proxied):
            places = draws.child(np.full(len(proxied), network.key, dtype=np.uint64), "proxy", slot[proxied])
            homes = np.array(network.scattered, dtype=np.int64)
            net[proxied] = homes[draws.whole(places, "provider", len(homes))]
            slot[proxied] = draws.mix(places) % sizes[net[proxied]]
    code = base[net] + slot
    pairs = np.stack(
        [code, np.where(version[net] == 6, np.floor(day).astype(np.int64) + 10_000, 0).astype(np.uint64)], axis=1
    )
    unique, inverse = np.unique(pairs, axis=0, return_inverse=True)
    texts = pa.array([_text(int(a), int(b)) for a, b in unique.tolist()], pa.string())
    return texts.take(pa.array(inverse.reshape(-1)))


def _text(code: int, day: int) -> str:
    if not day:
        return f"{code >> 24 & 255}.{code >> 16 & 255}.{code >> 8 & 255}.{code & 255}"
    # Privacy extensions (RFC 8981): the interface half changes daily.
    interface = key_of("interface", code, day)
    whole = f"{code:016x}{interface:016x}"
    return ":".join(whole[i : i + 4].lstrip("0") or "0" for i in range(0, 32, 4))
