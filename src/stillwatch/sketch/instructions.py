"""Finds accounts that put what they ask into the system instructions, and reads these as their requests.

The instructions of most accounts are their program's: few texts that come with every request. An account whose
instructions differ from request to request in more than numbers (a program may name the time), and say something new
each time, asks in them. Where its turns hardly say anything ("Answer."), instructions stand for them; where both say
something, its contents are half of each. What no other account says counts as nothing, so that neither can be filled
with noise to hide the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query, identifier
from stillwatch.records.columns import Kind, Table, columns
from stillwatch.records.features import decode_features
from stillwatch.records.sketches import ACCOUNT_SKETCHES, EXCHANGE_SKETCHES, FEATURES, IN_INSTRUCTIONS
from stillwatch.sketch.stream import joined_sql

READ = 64  # exchanges of an account that are looked at
LEAST = 8  # exchanges, under which an account is read as it is
BITS = 32  # of `instructions_bits`
DIFFERENT = 0.5  # share of exchanges that have instructions of their own
DEVIATIONS = 3.0  # of the number of bits that so many instructions set, by which an account may have fewer
TELLING = 2.0  # different features of the instructions a request, from which they are no form with a date or a name
SILENT = 1 / 3  # different features of one, against those of the other, up to which the one says nothing
HOLDERS = 2  # accounts that must have a feature for it to be no noise
_HALF = FEATURES * 4 // 2  # bytes
_AT_ONCE = 65_536  # exchanges fetched at once

_IN_QUESTION = Table("instructions_in_question", columns(Kind.INT32, "account_index", required=True))
_FOUND = Table(
    "asked_in_instructions",
    (*columns(Kind.INT32, "account_index", required=True), *columns(Kind.BOOLEAN, "alone", required=True)),
)
_SAMPLE, _ASKING = "exchanges_by_instructions", "accounts_asking_in_instructions"
_MARKED = "accounts_by_reading"

Features = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Read:
    """Exchanges of accounts whose instructions differ: `account` (exchanges,), and the features (exchanges, FEATURES)
    of instructions and of turns."""

    account: NDArray[np.int64]
    instructions: Features
    turns: Features


def as_asked_sql(engine: Engine, tables: Sequence[str]) -> Query:
    """The query of the rows of several tables of exchange sketches, in which instructions in which accounts ask are
    their requests. `account_sketches` must be there; how an account is read goes into its digest there. Raises the
    engine's errors."""
    joined = joined_sql(tables)
    in_question = _in_question(engine)
    if len(in_question) == 0:
        return Query("exchange sketches", joined)
    engine.store(_IN_QUESTION, pa.table({"account_index": in_question}).cast(_IN_QUESTION.schema))
    read = _read(engine, joined)
    account, alone = asking(read)
    if len(account) == 0:
        return Query("exchange sketches", joined)
    engine.store(_FOUND, pa.table({"account_index": account, "alone": alone}).cast(_FOUND.schema))
    named = f"""
SELECT accounts.account_id, found.alone
FROM {_FOUND.name} AS found JOIN {ACCOUNT_SKETCHES.name} AS accounts USING (account_index)"""
    engine.create(_ASKING, Query("accounts that ask in instructions", named))
    _mark_digests(engine)
    return _exchanged_sql(joined)


def _mark_digests(engine: Engine) -> None:
    # Others' words decide as well how an account is read, and what is kept of it must not outlive that.
    others = ", ".join(f"accounts.{name}" for name in ACCOUNT_SKETCHES.names if name != "digest")
    mark = "CASE WHEN found.alone THEN 2 WHEN NOT found.alone THEN 1 ELSE 0 END"
    marked = f"""
SELECT {others}, xor(accounts.digest, {mark}) AS digest
FROM {ACCOUNT_SKETCHES.name} AS accounts LEFT JOIN {_FOUND.name} AS found USING (account_index)"""
    engine.create(_MARKED, Query("account sketches by how they are read", marked))
    columns = ", ".join(ACCOUNT_SKETCHES.names)
    engine.create(ACCOUNT_SKETCHES.name, Query("account sketches", f"SELECT {columns} FROM {_MARKED}"))


def _in_question(engine: Engine) -> NDArray[np.int32]:
    """The accounts that may have enough different instructions, ascending; most have not, and need not be read."""
    sql = f"""
SELECT account_index, exchanges, instructions_bits FROM {ACCOUNT_SKETCHES.name}
WHERE instructions_bits IS NOT NULL AND exchanges >= {LEAST}"""
    rows = engine.fetch(Query("accounts by instructions", sql))
    enough = np.bitwise_count(rows["instructions_bits"].to_numpy()) >= least_bits(rows["exchanges"].to_numpy())
    return np.sort(rows["account_index"].to_numpy()[enough])


def least_bits(exchanges: NDArray[np.int64]) -> NDArray[np.float64]:
    """How many bits an account sets at least, all but surely, if the share DIFFERENT of its exchanges (accounts,) has
    instructions of its own: the mean of linear counting less DEVIATIONS of its standard deviations."""
    load = DIFFERENT * exchanges / BITS
    empty = np.exp(-load)
    deviation = np.sqrt(BITS * empty * np.maximum(1 - (1 + load) * empty, 0.0))
    return np.asarray(BITS * (1 - empty) - DEVIATIONS * deviation)


def _read(engine: Engine, joined: str) -> Read:
    # Which exchanges are looked at follows from keyed values, which the account cannot foresee.
    sample = Query(
        "exchanges by instructions",
        f"""
SELECT account_index, instructions_shape, instructions_features, content_features
FROM (
  SELECT
    accounts.account_index, exchanges.instructions_shape, exchanges.instructions_features, exchanges.content_features,
    row_number() OVER (
      PARTITION BY accounts.account_index
      ORDER BY exchanges.instructions_payload, exchanges.payload_value, exchanges.started_at, exchanges.exchange_id
    ) AS place
  FROM ({joined}) AS exchanges
  JOIN {ACCOUNT_SKETCHES.name} AS accounts USING (account_id)
  JOIN {_IN_QUESTION.name} AS asked ON asked.account_index = accounts.account_index
) AS numbered
WHERE place <= {READ}""",
    )
    engine.create(_SAMPLE, sample)
    query = Query(
        "instructions of accounts",
        f"""
SELECT sample.account_index, instructions_shape, instructions_features, content_features
FROM {_SAMPLE} AS sample
JOIN (
  SELECT account_index, count(DISTINCT instructions_shape) AS several, count(*) AS read FROM {_SAMPLE}
  GROUP BY account_index
) AS counted ON counted.account_index = sample.account_index
WHERE several >= {DIFFERENT} * read""",
    )
    nothing = np.zeros((0, FEATURES), np.uint32)
    parts = [Read(np.zeros(0, np.int64), nothing, nothing)]
    for batch in engine.batches(query, _AT_ONCE):
        texts = (pa.chunked_array([batch[name]]) for name in ("instructions_features", "content_features"))
        parts.append(Read(batch["account_index"].to_numpy().astype(np.int64), *map(decode_features, texts)))
    return Read(*(np.concatenate([getattr(one, name) for one in parts]) for name in Read.__slots__))


def asking(read: Read) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The accounts that ask in their instructions, ascending, and which of them say nothing in their turns."""
    accounts, place, exchanges = np.unique(read.account, return_inverse=True, return_counts=True)
    said, turned = (_words(place, one, len(accounts)) for one in (read.instructions, read.turns))
    found = (said >= TELLING * exchanges) & (said > SILENT * turned)
    return accounts[found], (turned <= SILENT * said)[found]


class _Held(NamedTuple):
    """Which account has which value, each once, by account: places of both among their own, (pairs,)."""

    account: NDArray[np.int64]
    value: NDArray[np.int64]


def _held(place: NDArray[np.int64], values: NDArray[np.integer]) -> _Held:
    """Of `values` (exchanges, m), those that are not 0."""
    distinct, code = np.unique(values, return_inverse=True)
    pairs = np.unique((place[:, None] * len(distinct) + code.reshape(values.shape))[values != 0])
    return _Held(*np.divmod(pairs, max(len(distinct), 1)))


def _words(place: NDArray[np.int64], features: Features, accounts: int) -> NDArray[np.int64]:
    """How many different features each account has that others have as well: noise is nobody else's."""
    held = _held(place, features)
    common = np.bincount(held.value) >= HOLDERS
    return np.bincount(held.account[common[held.value]], minlength=accounts)


def _exchanged_sql(joined: str) -> Query:
    chosen = ", ".join(f"{_chosen_sql(name)} AS {identifier(name)}" for name in EXCHANGE_SKETCHES.names)
    return Query(
        "exchange sketches by what was asked",
        f"""
SELECT {chosen}
FROM ({joined}) AS exchanges
LEFT JOIN {_ASKING} AS asking USING (account_id)""",
    )


def _chosen_sql(name: str) -> str:
    own = f"exchanges.{identifier(name)}"
    inside = f"exchanges.{IN_INSTRUCTIONS.get(name, name)}"
    alone = "asking.alone AND exchanges.instructions_payload IS NOT NULL"
    if name == "instructions_value":  # it would say once more that accounts ask the same
        return f"CASE WHEN {alone} THEN NULL ELSE {own} END"
    if name not in IN_INSTRUCTIONS:
        return own
    halves = f"array_slice({own}, 1, {_HALF}) || array_slice({inside}, 1, {_HALF})"
    both = f"WHEN NOT asking.alone AND {own} IS NOT NULL AND {inside} IS NOT NULL THEN {halves}"
    return f"CASE WHEN {alone} THEN {inside} {both if name == 'content_features' else ''} ELSE {own} END"
