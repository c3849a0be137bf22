"""Finds the accounts of newly read exchanges that belong to networks which an earlier run found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query, identifier, literal
from stillwatch.key import Key
from stillwatch.link.graph import stated_rows
from stillwatch.link.joining import TEXT_CODES, Held, Joined, Profile, joined, said_alike
from stillwatch.link.kernels import SEED_BITS
from stillwatch.link.profiles import stated_value
from stillwatch.link.values import ATTRIBUTES, used_value_sql
from stillwatch.records.columns import Kind, Table, columns
from stillwatch.records.sketches import EXCHANGE_SKETCHES

MOST_ACCOUNTS = 20_000  # accounts of one addition that are held against networks: the rarest values first

WANTED = Table("wanted_values", (*columns(Kind.INT32, "code"), *columns(Kind.INT64, "keyed")))
CHOSEN = Table("chosen_accounts", (*columns(Kind.STRING, "account_id"), *columns(Kind.INT32, "account_index")))
FOUND = Table("accounts_found", columns(Kind.INT32, "account_index"))
IN_QUESTION = "accounts_in_question"

_USED = [(code, one.expression) for code, one in enumerate(ATTRIBUTES) if one.source == "exchanges"]
_STATED = [code for code, one in enumerate(ATTRIBUTES) if one.source == "accounts"]


Members = Mapping[tuple[str, bool], Set[str]]
"""The accounts that need not be found, by network and whether it is remembered."""


@dataclass(frozen=True, slots=True)
class Logs:
    """Where the newly read exchanges and all of those accounts are: SQL of exchange sketches (`files_sql`, a table).

    `accounts` says whether the engine has the table of accounts; `known` is how many accounts the provider has.
    """

    fresh: str
    every: str
    accounts: bool
    known: int


def files_sql(paths: Sequence[Path]) -> str:
    """The sketches of Parquet files, for `Logs`."""
    listed = ", ".join(literal(str(path.absolute())) for path in paths)
    return f"read_parquet([{listed}], hive_partitioning = false)"


@dataclass(frozen=True, slots=True)
class Latecomer:
    """An account that was found to belong to a network after the run, and since when its exchanges said so (UTC)."""

    account_id: str
    found: Joined
    linked_at: datetime


def latecomers(
    engine: Engine, logs: Logs, profiles: Sequence[Profile], members: Members, key: Key, hops: int
) -> list[Latecomer]:
    """The accounts of the fresh exchanges that belong to a network and are not among its `members` (by profile's `of`).

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
    held = holdings_in_question(engine, logs, key, hops)
    distinct = np.zeros((len(ATTRIBUTES), len(chosen)), np.int32)
    np.add.at(distinct, (held.code, held.account), 1)
    best: dict[int, Joined] = {}
    for profile in profiles:
        for one in joined(held, distinct, profile, logs.known):
            inside = chosen[one.account] in members.get(profile.of, ())
            if not inside and (one.account not in best or one.bits > best[one.account].bits):
                best[one.account] = one
    _add_words(engine, logs, profiles, best)
    return [Latecomer(chosen[place], one, _time(one.at)) for place, one in sorted(best.items())]


def _add_words(engine: Engine, logs: Logs, profiles: Sequence[Profile], best: dict[int, Joined]) -> None:
    """Adds to the accounts found which of their exchanges say what their network's do."""
    if not best:
        return
    engine.store(FOUND, pa.table({"account_index": sorted(best)}).cast(FOUND.schema))
    rows = engine.fetch(texts_of_found_sql(logs.every))
    texts = {code: rows[_name(code)].fill_null(0).to_numpy() for code in TEXT_CODES}
    account = rows["account_index"].to_numpy()
    for profile in profiles:
        mine = [place for place, one in best.items() if (one.network, one.remembered) == profile.of]
        if mine:
            alike = said_alike(profile, texts)
            for place in mine:
                own = alike[account == place]
                best[place] = replace(best[place], words=float(own.mean()), before=int(own.argmax()))


def _name(code: int) -> str:
    return f"text_{code}"


def texts_of_found_sql(every: str) -> Query:
    """What all exchanges of the accounts found say, oldest first: `account_index`, and a column for each sort of
    text."""
    said = ", ".join(f"{used_value_sql(ATTRIBUTES[code].expression)} AS {_name(code)}" for code in TEXT_CODES)
    return Query(
        "texts of accounts found",
        f"""
SELECT found.account_index, {said}
FROM {every} AS exchanges
JOIN {CHOSEN.name} AS chosen ON chosen.account_id = exchanges.account_id
JOIN {FOUND.name} AS found ON found.account_index = chosen.account_index
ORDER BY exchanges.started_at, exchanges.exchange_id""",
    )


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


def chosen_sql(fresh: str) -> Query:
    """The accounts of these sketches that hold a wanted value, those with the most of them first."""
    uses = "\n  UNION ALL\n  ".join(
        f"SELECT account_id, {code} AS code, {used_value_sql(name)} AS keyed FROM exchanges" for code, name in _USED
    )
    return Query(
        "accounts to hold against networks",
        f"""
WITH exchanges AS (SELECT * FROM {fresh}),
uses AS (
  {uses}
),
hits AS (
  SELECT uses.account_id, count(*) AS held
  FROM (SELECT DISTINCT account_id, code, keyed FROM uses WHERE keyed IS NOT NULL) AS uses
  JOIN {WANTED.name} AS wanted ON wanted.code = uses.code AND wanted.keyed = uses.keyed
  GROUP BY uses.account_id
),
ranked AS (SELECT account_id, row_number() OVER (ORDER BY held DESC, account_id) AS place FROM hits)
SELECT account_id FROM ranked WHERE place <= {MOST_ACCOUNTS} ORDER BY place""",
    )


def holdings_of_chosen_sql(every: str) -> Query:
    """What the chosen accounts hold in all their exchanges, each value once: `account_index`, `code`, `keyed`, `at`."""
    uses = "\n  UNION ALL\n  ".join(
        f"SELECT account_index, {code} AS code, {used_value_sql(name)} AS keyed, started_at FROM exchanges"
        for code, name in _USED
    )
    return Query(
        "holdings of accounts in question",
        f"""
WITH exchanges AS (
  SELECT {_columns("sketches")}, chosen.account_index
  FROM {every} AS sketches JOIN {CHOSEN.name} AS chosen USING (account_id)
),
uses AS (
  {uses}
)
SELECT account_index, code, keyed, min(started_at) AS at
FROM uses
WHERE keyed IS NOT NULL
GROUP BY account_index, code, keyed""",
    )


def _columns(table: str) -> str:
    names = (name for name in EXCHANGE_SKETCHES.names if name.endswith("_value") or name == "started_at")
    return ", ".join(f"{table}.{identifier(name)}" for name in names)


def holdings_in_question(engine: Engine, logs: Logs, key: Key, hops: int) -> Held:
    """What the accounts of the table CHOSEN hold in all their exchanges, and what they state."""
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
        engine.create(IN_QUESTION, stated_sketches_sql())
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
    rows = stated_rows(engine, code, hops, IN_QUESTION)
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
