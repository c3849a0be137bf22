"""Finds the accounts of newly read exchanges that belong to networks which an earlier run found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query, literal
from stillwatch.key import Key
from stillwatch.link.graph import stated_rows
from stillwatch.link.joining import Held, Joined, Profile, joined
from stillwatch.link.kernels import SEED_BITS
from stillwatch.link.profiles import stated_value
from stillwatch.link.values import ATTRIBUTES, used_value_sql
from stillwatch.records.columns import Kind, Table, columns

MOST_ACCOUNTS = 20_000  # accounts of one addition that are held against networks: the rarest values first

WANTED = Table("wanted_values", (*columns(Kind.INT32, "code"), *columns(Kind.INT64, "keyed")))
CHOSEN = Table("chosen_accounts", (*columns(Kind.STRING, "account_id"), *columns(Kind.INT32, "account_index")))

_USED = [(code, one.expression) for code, one in enumerate(ATTRIBUTES) if one.source == "exchanges"]
_STATED = [code for code, one in enumerate(ATTRIBUTES) if one.source == "accounts"]


@dataclass(frozen=True, slots=True)
class Logs:
    """Where the newly read exchanges and those before them are: Parquet files of exchange sketches.

    `accounts` says whether the engine has the table of accounts; `known` is how many accounts the provider has.
    """

    fresh: tuple[Path, ...]
    every: tuple[Path, ...]
    accounts: bool
    known: int


@dataclass(frozen=True, slots=True)
class Latecomer:
    """An account that was found to belong to a network after the run, and since when its exchanges said so (UTC)."""

    account_id: str
    found: Joined
    linked_at: datetime


def latecomers(
    engine: Engine, logs: Logs, profiles: Sequence[Profile], members: dict[str, set[str]], key: Key, hops: int
) -> list[Latecomer]:
    """The accounts of the fresh exchanges that belong to a network and are not among its `members` (by network).

    An account that belongs to several is named with the one in which it has the most bits. Raises the engine's errors.
    """
    if not profiles:
        return []
    engine.store(WANTED, _wanted(profiles))
    chosen = engine.fetch(chosen_sql(logs.fresh))["account_id"].to_pylist()
    if not chosen:
        return []
    indexed = pa.table({"account_id": pa.array(chosen, pa.string()), "account_index": range(len(chosen))})
    engine.store(CHOSEN, indexed.cast(CHOSEN.schema))
    held = _held(engine, logs, key, hops)
    distinct = np.zeros((len(ATTRIBUTES), len(chosen)), np.int32)
    np.add.at(distinct, (held.code, held.account), 1)
    best: dict[int, Joined] = {}
    for profile in profiles:
        for one in joined(held, distinct, profile, logs.known):
            inside = chosen[one.account] in members.get(profile.network, ())
            if not inside and (one.account not in best or one.bits > best[one.account].bits):
                best[one.account] = one
    return [Latecomer(chosen[place], one, _time(one.at)) for place, one in sorted(best.items())]


def _time(microseconds: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=microseconds)


def _wanted(profiles: Sequence[Profile]) -> pa.Table:
    """The values of networks that are rare enough among strangers to look at who holds them."""
    codes, values = [], []
    for profile in profiles:
        rare = -np.log2(np.maximum(-np.expm1(-profile.rate), 1e-30)) > SEED_BITS
        codes.append(profile.code[rare])
        values.append(profile.keyed[rare])
    both = np.unique(np.stack([np.concatenate(codes), np.concatenate(values)]), axis=1)
    return pa.table({"code": both[0], "keyed": both[1]}).cast(WANTED.schema)


def chosen_sql(fresh: Sequence[Path]) -> Query:
    """The accounts of these sketches that hold a wanted value, those with the most of them first."""
    uses = "\n  UNION ALL\n  ".join(
        f"SELECT account_id, {code} AS code, {used_value_sql(name)} AS keyed FROM exchanges" for code, name in _USED
    )
    return Query(
        "accounts to hold against networks",
        f"""
WITH exchanges AS (SELECT * FROM {_files(fresh)}),
uses AS (
  {uses}
)
SELECT uses.account_id
FROM (SELECT DISTINCT account_id, code, keyed FROM uses WHERE keyed IS NOT NULL) AS uses
JOIN {WANTED.name} AS wanted ON wanted.code = uses.code AND wanted.keyed = uses.keyed
GROUP BY uses.account_id
ORDER BY count(*) DESC, uses.account_id
LIMIT {MOST_ACCOUNTS}""",
    )


def holdings_of_chosen_sql(every: Sequence[Path]) -> Query:
    """What the chosen accounts hold in all their exchanges, each value once: `account_index`, `code`, `keyed`, `at`."""
    uses = "\n  UNION ALL\n  ".join(
        f"SELECT account_index, {code} AS code, {used_value_sql(name)} AS keyed, started_at FROM exchanges"
        for code, name in _USED
    )
    return Query(
        "holdings of accounts in question",
        f"""
WITH exchanges AS (
  SELECT sketches.*, chosen.account_index
  FROM {_files(every)} AS sketches JOIN {CHOSEN.name} AS chosen USING (account_id)
),
uses AS (
  {uses}
)
SELECT account_index, code, keyed, min(started_at) AS at
FROM uses
WHERE keyed IS NOT NULL
GROUP BY account_index, code, keyed""",
    )


def _files(paths: Sequence[Path]) -> str:
    listed = ", ".join(literal(str(path.absolute())) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false)"


def _held(engine: Engine, logs: Logs, key: Key, hops: int) -> Held:
    rows = engine.fetch(holdings_of_chosen_sql(logs.every))
    parts = [
        (
            rows["account_index"].to_numpy().astype(np.int64),
            rows["code"].to_numpy().astype(np.int64),
            rows["keyed"].to_numpy(),
            rows["at"].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy(),
        )
    ]
    if logs.accounts:
        # what accounts state is read as linking reads it, from the chosen accounts in place of all
        engine.create("account_sketches", stated_sketches_sql())
        parts += [part for code in _STATED if (part := _stated(engine, code, key, hops)) is not None]
    return Held(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def stated_sketches_sql() -> Query:
    """The chosen accounts in the form in which linking reads what accounts state: since when an account is known is
    since when it was made."""
    return Query(
        "accounts in question",
        f"""
SELECT chosen.account_id, chosen.account_index, coalesce(accounts.created_at, TIMESTAMP '1970-01-01') AS first_seen
FROM {CHOSEN.name} AS chosen LEFT JOIN accounts USING (account_id)""",
    )


def _stated(
    engine: Engine, code: int, key: Key, hops: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None:
    rows = stated_rows(engine, code, hops)
    if rows.num_rows == 0:
        return None
    texts = rows["value"].combine_chunks().dictionary_encode()
    values = np.array([stated_value(key, code, text) for text in texts.dictionary.to_pylist()], np.int64)
    return (
        rows["account_index"].to_numpy().astype(np.int64),
        np.full(rows.num_rows, code, np.int64),
        values[texts.indices.to_numpy()],
        pc.cast(rows["first_at"], pa.timestamp("us")).cast(pa.int64()).to_numpy(),
    )
