"""Strata of similar accounts, and random donors from the same stratum.

Values of use move between accounts of the same volume, client and week, registration fields between accounts of the
same country and sign-up week, so that what such accounts share innocently stays in the null streams. A stratum full of
one group would move the group's values among its own accounts, which cuts no tie. Two rules prevent that. Small strata
are merged with their neighbours; week differences are ignored first, then clients, and volume last, because a donor of
about the same volume loses few of its values. And accounts of networks first change places with accounts drawn from
the whole log, so that they are equally rare in every stratum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query
from stillwatch.records.definitions import country_sql

Int64 = NDArray[np.int64]

SMALLEST = 40  # accounts of a stratum: in a random permutation of so many, one in 40 keeps its own values
MOST = 50  # strata: an undetected group of a thousandth of all accounts is then a twentieth of a stratum at most


@dataclass(frozen=True, slots=True)
class Strata:
    """By account index: the stratum for values of use and for registration fields, and whether it is in a network."""

    used: Int64
    stated: Int64
    linked: NDArray[np.bool_]


def accounts_sql() -> Query:
    """One row for each account: volume in quarter doublings, main client, weeks, country, whether in a network."""
    return Query(
        "accounts by stratum",
        f"""
WITH clients AS (
  SELECT
    account_id,
    coalesce(fingerprint_value, user_agent_value, 0) AS client,
    count(*) AS exchanges
  FROM exchange_sketches
  GROUP BY ALL
),
main AS (
  SELECT account_id, client
  FROM clients
  QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY exchanges DESC, client) = 1
)
SELECT
  CAST(floor(4 * log2(sketches.exchanges)) AS BIGINT) AS volume,
  dense_rank() OVER (ORDER BY main.client) AS client,
  dense_rank() OVER (ORDER BY date_trunc('week', sketches.first_seen)) AS week,
  dense_rank() OVER (ORDER BY date_trunc('week', accounts.created_at)) AS signup_week,
  dense_rank() OVER (ORDER BY {country_sql("accounts")}) AS country,
  linked.account_id IS NOT NULL AS linked
FROM account_sketches AS sketches
JOIN main USING (account_id)
LEFT JOIN accounts USING (account_id)
LEFT JOIN (SELECT DISTINCT account_id FROM network_members) AS linked USING (account_id)
ORDER BY sketches.account_index
""",
    )


def strata(engine: Engine) -> Strata:
    """The strata of the accounts of a scan that the engine has just finished."""
    rows = engine.fetch(accounts_sql())
    used, stated = (
        merge_small_strata(np.stack([rows[name].to_numpy().astype(np.int64) for name in names], axis=1))
        for names in (("volume", "client", "week"), ("country", "signup_week"))
    )
    return Strata(used, stated, rows["linked"].to_numpy(zero_copy_only=False))


def merge_small_strata(keys: Int64) -> Int64:
    """Returns the stratum of each account (accounts,): equal `keys` (accounts, keys), merged until large enough.

    Strata that differ only in the last key are merged first. Each has at least `least_size(accounts)` accounts, or all.
    """
    least = least_size(len(keys))
    _, fine = np.unique(keys, axis=0, return_inverse=True)
    fine = fine.reshape(-1).astype(np.int64)
    coarse, stratum, pooled = [], 0, 0
    for count in np.bincount(fine).tolist():
        if pooled >= least:
            stratum, pooled = stratum + 1, 0
        coarse.append(stratum)
        pooled += count
    last = stratum - 1 if 0 < pooled < least and stratum else stratum  # a small remainder joins the stratum before it
    return np.minimum(np.array(coarse, np.int64), last)[fine]


def least_size(accounts: int) -> int:
    """The least number of accounts in a stratum when there are so many accounts in all."""
    return max(SMALLEST, accounts // MOST)


def exchange_linked(stratum: Int64, linked: NDArray[np.bool_], generator: np.random.Generator) -> Int64:
    """Strata (accounts,) after each linked account has changed places with another at random, while others are left."""
    members, others = (generator.permutation(np.flatnonzero(which)) for which in (linked, ~linked))
    pairs = min(len(members), len(others))
    result = stratum.copy()
    result[members[:pairs]], result[others[:pairs]] = stratum[others[:pairs]], stratum[members[:pairs]]
    return result


def donors(stratum: Int64, generator: np.random.Generator) -> Int64:
    """The donor (accounts,) of each account: a random permutation of the accounts within each stratum."""
    receiving = np.argsort(stratum, kind="stable")
    giving = np.lexsort((generator.random(len(stratum)), stratum))
    result = np.empty(len(stratum), np.int64)
    result[receiving] = giving
    return result
