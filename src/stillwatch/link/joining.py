"""Holds accounts against the profiles of networks that an earlier run found: which of them belong, and by what.

The rule of membership is that of `membership.belonging`: an account belongs when the values that it shares with the
network are likelier under the network than by chance by more than the price of choosing it, and enough independence
groups agree. An account may have any number of networks to belong to; the one with the most bits is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.link.kernels import AGREEING_BITS, score_holders
from stillwatch.link.membership import AGREEING_GROUPS, EXTRA_BITS
from stillwatch.link.ties import TEXT_GROUPS
from stillwatch.link.values import ATTRIBUTES, GROUP_OF, GROUP_OF_HIERARCHY, GROUPS, HIERARCHY_OF, SUFFICIENT_GROUPS
from stillwatch.link.words import NO_WORDS, Words, words_of
from stillwatch.records.claims import SAME_ORGANISATION, SAME_PAYMENT_FINGERPRINT

Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

CODE_OF = {attribute.claim: code for code, attribute in enumerate(ATTRIBUTES)}
_SUFFICIENT = np.array([group in SUFFICIENT_GROUPS for group in GROUPS])
_OF_ONE_CUSTOMER = [CODE_OF[claim.name] for claim in (SAME_ORGANISATION, SAME_PAYMENT_FINGERPRINT)]
TEXT_CODES = [code for code, one in enumerate(ATTRIBUTES) if one.group in TEXT_GROUPS and one.source == "exchanges"]
ABSENT = -16.0
_TEXTS = {place for place, name in enumerate(GROUPS) if name in TEXT_GROUPS}


@dataclass(frozen=True, slots=True)
class Held:
    """What some accounts hold: parallel arrays (holdings,), each account and value once.

    `account` indexes the accounts in question, `code` the attributes, `keyed` is the value as profiles have it, `at`
    (µs) is when the account was first seen to hold it.
    """

    account: Int64
    code: Int64
    keyed: Int64
    at: Int64


@dataclass(frozen=True, slots=True)
class Profile:
    """The values of one network, parallel arrays (values,), and the number of its accounts."""

    network: str
    size: int
    code: Int64
    keyed: Int64
    usage: Float
    rate: Float
    held_since: Int64
    remembered: bool = False  # whether an earlier run found it so (`network_standings`)
    words: Words = NO_WORDS

    @property
    def of(self) -> tuple[str, bool]:
        """The network, and whether it is remembered."""
        return self.network, self.remembered


@dataclass(frozen=True, slots=True)
class Joined:
    """One account that belongs to a network."""

    account: int
    network: str
    bits: float
    price: float  # bits that membership asks for
    ways: int  # independence groups besides texts in which it took up what the network held already
    texts: bool  # whether it did so in texts
    words: float  # share of its exchanges that say what the network's do
    before: int  # exchanges of it before the first that does
    claims: tuple[tuple[str, int], ...]  # what it shares, by claim, and how many values
    at: int  # when (µs) it took up the last value that counted
    own_customer: bool  # whether organisation or card are the network's own
    remembered: bool = False  # as of the profile


def profiles_of(rows: pa.Table, sizes: Mapping[tuple[str, bool], int]) -> list[Profile]:
    """The rows of `network_profiles` by network; `sizes` are the accounts by network and whether it is remembered."""
    found = []
    for network, remembered in sorted(sizes):
        own = rows.filter(pc.and_(pc.equal(rows["network_id"], network), pc.equal(rows["remembered"], remembered)))
        if own.num_rows == 0:
            continue
        known = own.filter(pc.is_in(own["claim"], pa.array(list(CODE_OF))))
        found.append(
            Profile(
                network,
                sizes[network, remembered],
                np.array([CODE_OF[claim] for claim in known["claim"].to_pylist()], np.int64),
                known["keyed"].to_numpy(),
                known["usage"].to_numpy(),
                known["rate"].to_numpy(),
                known["held_since"].cast(pa.int64()).to_numpy(),
                remembered,
                words_of(own),
            )
        )
    return found


def joined(held: Held, distinct_count: NDArray[np.int32], profile: Profile, accounts: int) -> list[Joined]:
    """The accounts in question that belong to the network of the profile.

    `distinct_count` (attributes, accounts in question) is how many distinct values each holds, whether the network has
    them or not; `accounts` is how many accounts the provider has, among which the network was searched for.
    """
    holding, value = _matches(held, profile)
    if len(holding) == 0:
        return []
    candidates, bits, groups = _scored(held, (holding, value), distinct_count, profile, _SUFFICIENT)
    price = np.log2(max(2.0, accounts / max(profile.size, 1))) + EXTRA_BITS
    belongs = np.flatnonzero((bits > price) & (groups >= AGREEING_GROUPS))
    return [
        _joined(held, profile, (holding, value), int(candidates[place]), (float(bits[place]), float(price)))
        for place in belongs.tolist()
    ]


def bits_by_group(held: Held, distinct_count: NDArray[np.int32], profile: Profile) -> Float:
    """The bits (accounts in question, GROUPS) by which each sort of evidence says that an account is of the network.

    NaN where nothing can be compared, ABSENT where an account shows values and none of them is the network's.
    """
    result = np.full((distinct_count.shape[1], len(GROUPS)), np.nan)
    for group in np.unique(GROUP_OF[profile.code]).tolist():
        part = _of_group(profile, group)
        result[distinct_count[np.unique(part.code)].any(axis=0), group] = ABSENT
        candidates, bits, _ = _scored(held, _matches(held, part), distinct_count, part, np.ones(len(GROUPS), bool))
        result[candidates, group] = np.maximum(bits, ABSENT)
    return result


def _of_group(profile: Profile, group: int) -> Profile:
    """The profile's values of one independence group alone."""
    own = GROUP_OF[profile.code] == group
    return replace(
        profile,
        code=profile.code[own],
        keyed=profile.keyed[own],
        usage=profile.usage[own],
        rate=profile.rate[own],
        held_since=profile.held_since[own],
    )


def _scored(
    held: Held,
    match: tuple[Int64, Int64],
    distinct_count: NDArray[np.int32],
    profile: Profile,
    sufficient: NDArray[np.bool_],
) -> tuple[NDArray[np.int32], Float, NDArray[np.int32]]:
    """The accounts that hold values of enough groups, their bits and how many groups agree, as of `score_holders`."""
    holding, value = match
    order = np.lexsort((held.account[holding], value))
    holding, value = holding[order], value[order]
    start = np.searchsorted(value, np.arange(len(profile.code) + 1))
    accounts = distinct_count.shape[1]
    return score_holders(
        start.astype(np.int64),
        held.account[holding].astype(np.int32),
        distinct_count,
        np.arange(len(profile.code), dtype=np.int32),
        profile.code.astype(np.int8),
        profile.usage,
        profile.rate[:, None],
        np.bincount(profile.code, weights=profile.usage, minlength=len(ATTRIBUTES)).astype(np.float64),
        np.zeros(accounts, np.int32),
        HIERARCHY_OF,
        GROUP_OF_HIERARCHY,
        np.full(accounts, -1, np.int32),
        sufficient,
        0,
        accounts,
    )


def _matches(held: Held, profile: Profile) -> tuple[Int64, Int64]:
    """The holdings that are values of the profile, and which value each is."""
    wanted = np.lexsort((profile.keyed, profile.code))
    code, keyed = profile.code[wanted], profile.keyed[wanted]
    found, value = [], []
    for one in np.unique(code).tolist():
        begin, end = np.searchsorted(code, [one, one + 1])
        mine = np.flatnonzero(held.code == one)
        place = begin + np.searchsorted(keyed[begin:end], held.keyed[mine])
        hit = (place < end) & (keyed[np.minimum(place, end - 1)] == held.keyed[mine])
        found.append(mine[hit])
        value.append(wanted[place[hit]])
    empty = np.empty(0, np.int64)
    return np.concatenate([empty, *found]), np.concatenate([empty, *value])


def _gain(profile: Profile) -> Float:
    """Bits (values,) that one value of a network says for whoever holds it."""
    return np.asarray(np.log2(np.maximum(profile.usage, 1e-6) / np.maximum(profile.rate, 1e-9)))


def said_alike(profile: Profile, texts: Mapping[int, NDArray[np.int64]]) -> NDArray[np.bool_]:
    """Which exchanges (exchanges,) say what the network's do.

    `texts` gives their values by code, arrays (exchanges,) as profiles have them, 0 for none.
    """
    telling = _gain(profile) >= AGREEING_BITS
    found = [np.isin(held, profile.keyed[telling & (profile.code == code)]) for code, held in texts.items()]
    return np.asarray(np.logical_or.reduce(found))


def _joined(
    held: Held, profile: Profile, match: tuple[Int64, Int64], account: int, bits: tuple[float, float]
) -> Joined:
    holding, value = match
    own = held.account[holding] == account
    holding, value = holding[own], value[own]
    code, at = profile.code[value], held.at[holding]
    took_up = (at > profile.held_since[value]) & (_gain(profile)[value] >= AGREEING_BITS)
    groups = set(GROUP_OF[code[took_up]].tolist())
    claims, counts = np.unique(code, return_counts=True)
    shared = tuple((ATTRIBUTES[one].claim, int(count)) for one, count in zip(claims, counts, strict=True))
    customer = bool(np.isin(code, _OF_ONE_CUSTOMER).any())
    return Joined(
        account,
        profile.network,
        *bits,
        ways=len(groups - _TEXTS),
        texts=bool(groups & _TEXTS),
        words=0.0,
        before=0,
        claims=shared,
        at=int(at.max()),
        own_customer=customer,
        remembered=profile.remembered,
    )
