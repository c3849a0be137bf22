"""Birth cohorts: sign-ups of one hour that are alike beyond what the provider's stream of sign-ups usually shows.

A value that sign-ups state, or a pair of values of two hierarchies, makes a cohort where, given how many signed up in
the hour, more hold it than chance gives by the share that held it in the four weeks before. Of those with the one value
of a pair, more must hold the other than usual as well. So neither a busy hour makes a cohort nor, since clients and
referrers count in pairs only, a new version of a popular client or an advertisement. A class, a hackathon or a new firm
do: a cohort is a question for people, and names no one.

Looking every hour at every value gives chance many turns: what is found must be so unlikely that chance makes FALSE
cohorts in thirty days of hours with as many values (Bonferroni).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.link.values import ATTRIBUTES, Attribute
from stillwatch.records import claims
from stillwatch.records.definitions import DAY, HOUR

Int64 = NDArray[np.int64]

LEAST = 5  # sign-ups of a cohort
BEFORE = 28 * DAY  # µs of sign-ups that are usual
LEAST_BEFORE = 200  # of them, to know what is usual
FALSE = 0.1  # cohorts that chance may make in thirty days
LOOKS = 24 * 30
ALIKE = 0.5  # share of a cohort that another one has too, for them to be one
STATED = (
    claims.SAME_SIGNUP_SUBNET,
    claims.SAME_PAYMENT_ISSUER,
    claims.SAME_EMAIL_DOMAIN,
    claims.SAME_EMAIL_SHAPE,
    claims.SAME_PHONE_PREFIX,
    claims.SAME_SIGNUP_FINGERPRINT,
    claims.SAME_REFERRER,
)
"""What is compared. The country is not: it says where a person may come from."""
ALONE = (
    claims.SAME_SIGNUP_SUBNET,
    claims.SAME_PAYMENT_ISSUER,
    claims.SAME_EMAIL_DOMAIN,
    claims.SAME_EMAIL_SHAPE,
)
"""Of these one value suffices."""
_OF_CLAIM = {one.claim: one for one in ATTRIBUTES}


@dataclass(frozen=True, slots=True)
class SignUps:
    """Sign-ups in order of time: when (µs) and, for each of STATED, a number for its value, -1 for none."""

    account_id: list[str]
    at: Int64
    value: Int64  # (STATED, sign-ups)


@dataclass(frozen=True, slots=True)
class Cohort:
    """Sign-ups of the hour that begins at `hour` (µs), which share values of these claims; so many were `expected`."""

    hour: int
    accounts: tuple[str, ...]
    claims: tuple[str, ...]
    expected: float
    probability: float  # that chance makes a pair like it in this hour, as many as were tried


def sign_ups(engine: Engine, trusted_hops: int) -> SignUps:
    """Those of the table `accounts` whose time is known; raises the engine's errors."""
    rows = engine.fetch(sign_ups_sql())
    value = np.stack([_numbered(rows[one.name], _OF_CLAIM[one.name], trusted_hops) for one in STATED])
    at = rows["created_at"].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    return SignUps(rows["account_id"].to_pylist(), at, value)


def sign_ups_sql() -> Query:
    """When each account was made, and what it states by the claim that it would share."""
    stated = ", ".join(f"{_OF_CLAIM[one.name].expression} AS {one.name}" for one in STATED)
    return Query(
        "sign-ups",
        f"""
SELECT account_id, created_at, {stated}
FROM accounts
WHERE created_at IS NOT NULL
ORDER BY created_at, account_id""",
    )


def _numbered(texts: pa.ChunkedArray, attribute: Attribute, trusted_hops: int) -> Int64:
    found = texts.combine_chunks().dictionary_encode()
    said = [one or None for one in found.dictionary.to_pylist()]
    if attribute.reading is not None:
        said = [None if one is None else attribute.reading(one, trusted_hops) for one in said]
    names = pa.array(said, pa.string()).dictionary_encode()
    number = names.indices.take(found.indices)
    return np.asarray(pc.fill_null(number, -1).to_numpy(zero_copy_only=False), np.int64)


def cohorts(held: SignUps, begin: int, end: int) -> Iterator[Cohort]:
    """The cohorts of each hour from `begin` to before `end` (µs), the least likely first, in order of hours."""
    for hour in range(begin - begin % HOUR, end, HOUR):
        first, last, past = np.searchsorted(held.at, [hour, hour + HOUR, hour - BEFORE])
        if last - first >= LEAST and first - past >= LEAST_BEFORE:
            yield from _of_hour(held, hour, (int(past), int(first), int(last)))


def _of_hour(held: SignUps, hour: int, places: tuple[int, int, int]) -> Iterator[Cohort]:
    past, first, last = places
    before, now = held.value[:, past:first], held.value[:, first:last]
    tried, found = 0, []
    for columns in _SETS:
        values, count = _distinct(now[columns])
        tried += len(values)
        for value in values[count >= LEAST]:
            chance, expected = _chance(before[columns], now[columns], value)
            members = np.flatnonzero(_holds(now[columns], value))
            found.append((chance, expected, members, tuple(STATED[column].name for column in columns)))
    left_over = sorted(
        (one for one in found if one[0] <= FALSE / (LOOKS * max(tried, 1))), key=lambda one: (one[0], -len(one[2]))
    )
    while left_over:
        chance, expected, members, _ = left_over[0]
        same = [one for one in left_over if np.isin(one[2], members).mean() >= ALIKE]
        together = np.unique(np.concatenate([one[2] for one in same]))
        named = tuple(dict.fromkeys(claim for one in same for claim in one[3]))
        names = tuple(held.account_id[first + place] for place in together.tolist())
        yield Cohort(hour, names, named, expected, min(1.0, chance * tried))
        left_over = [one for one in left_over if np.isin(one[2], together).mean() < ALIKE]


_SETS = [
    *([STATED.index(one)] for one in ALONE),
    *(
        list(pair)
        for pair in combinations(range(len(STATED)), 2)
        if len({_OF_CLAIM[STATED[place].name].hierarchy for place in pair}) == len(pair)
    ),
]
"""The columns of a value, or of a pair of values."""


def _distinct(now: Int64) -> tuple[Int64, Int64]:
    """The distinct values (values, columns) and how many sign-ups hold each."""
    values, count = np.unique(now[:, (now >= 0).all(axis=0)].T, axis=0, return_counts=True)
    return values, count


def _holds(held: Int64, value: Int64) -> NDArray[np.bool_]:
    return np.asarray((held == value[:, None]).all(axis=0))


def _chance(before: Int64, now: Int64, value: Int64) -> tuple[float, float]:
    """The probability of so many holders of a value or pair, the largest of all ways to ask; and how many were to be
    expected."""
    usual, holders = int(_holds(before, value).sum()), int(_holds(now, value).sum())
    size, count = before.shape[1], now.shape[1]
    chances = [_as_many(holders, count, usual, size)]
    if len(value) > 1:
        for own, other in ((0, 1), (1, 0)):
            with_other = int((now[other] == value[other]).sum())
            chances.append(_as_many(holders, with_other, int((before[own] == value[own]).sum()), size))
    return max(chances), count * (usual + 0.5) / (size + 1.0)


def _as_many(holders: int, count: int, usual: int, size: int) -> float:
    """The probability of `holders` or more among `count`, where `usual` of `size` held it before."""
    from scipy.stats import betabinom  # takes two seconds to load, which a watch without sign-ups need not

    return float(betabinom.sf(holders - 1, count, usual + 0.5, size - usual + 0.5))
