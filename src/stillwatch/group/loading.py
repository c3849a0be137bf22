"""Loads the exchanges of networks and of the reference population, network by network, within bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from stillwatch.engine import Engine, Query, literal
from stillwatch.group.exchanges import (
    TOKENS,
    VALUES,
    Exchanges,
    Int32,
    Int64,
    Lives,
    Model,
)
from stillwatch.records.features import decode_features, put
from stillwatch.records.order import by_account_and_time
from stillwatch.records.sketches import FEATURES

ROWS = 16_000_000  # exchanges of networks in memory at once, about 6 GB while they are sorted
READINGS = 2  # the most parts for which the whole log is read again; for more, the engine partitions members' rows
REFERENCE_ACCOUNTS = 4000  # accounts of the reference population, to which groups are compared; more change no verdict
PLACE_DIGITS = 16  # of an account's digest, in base 16
TO_GROUP = "exchanges_to_group"

PLACED_AT_ONCE = 2  # columns sorted at once; a column is in memory twice while it is sorted
BATCH = 131_072  # exchanges in a batch from the engine
_TYPES: dict[str, type] = {
    "account_index": np.int32,
    "started_at": np.int64,
    "subject": np.int16,
    "form": np.int16,
    "input_size": np.int64,
    "output_size": np.int64,
}


def reference_accounts_sql() -> Query:
    """Returns the query of the reference population: accounts outside networks, with their `place` in a fixed lot.

    The lot is a digest of the id. Which accounts outside are taken depends neither on what networks there are nor on
    who else has signed up: else a network or an account more would measure all others by other people.
    """
    return Query(
        "reference accounts",
        f"""
WITH busy AS (
  SELECT account_id, account_index, sha256(account_id) AS place FROM account_sketches WHERE exchanges >= 8
), drawn AS (
  SELECT account_id, account_index, place, row_number() OVER (ORDER BY place) AS turn FROM busy
)
SELECT account_index, place
FROM drawn ANTI JOIN network_members AS members USING (account_id)
WHERE turn <= {REFERENCE_ACCOUNTS}
ORDER BY account_index
""",
    )


def members_sql() -> Query:
    """Returns the query of network members by account index, with the number of exchanges of each network."""
    return Query(
        "network members by account",
        """
SELECT members.network_id, sketches.account_index, networks.exchanges
FROM network_members AS members
JOIN account_sketches AS sketches USING (account_id)
JOIN networks USING (network_id)
ORDER BY members.network_id, sketches.account_index
""",
    )


def accounts_sql(firsts: Sequence[str]) -> Query:
    """Returns the query of all accounts to load, each with its `part` (from 0).

    `firsts` are the first network ids of all parts but part 0, ascending; the reference population is in part 0.
    """
    cases = " ".join(f"WHEN members.network_id < {literal(first)} THEN {part}" for part, first in enumerate(firsts))
    return Query(
        "accounts to group",
        f"""
SELECT sketches.account_index, {f"CASE {cases} ELSE {len(firsts)} END" if cases else "0"} AS part
FROM network_members AS members JOIN account_sketches AS sketches USING (account_id)
UNION ALL
SELECT account_index, 0 AS part FROM reference_accounts
""",
    )


def exchanges_sql() -> Query:
    """Returns the query of the columns of `Exchanges` for all accounts to load, with their `part`, unordered."""
    return Query(
        "exchanges to group",
        """
SELECT
  grouped.part,
  sketches.account_index,
  exchanges.exchange_id,
  exchanges.started_at,
  coalesce(exchanges.subject, -1) AS subject,
  coalesce(exchanges.form, -1) AS form,
  coalesce(exchanges.input_tokens, exchanges.input_chars // 4, 0) AS input_size,
  coalesce(exchanges.output_tokens, exchanges.output_chars // 4, 0) AS output_size,
  coalesce(exchanges.head_value, 0) AS head,
  coalesce(exchanges.tail_value, 0) AS tail,
  coalesce(exchanges.instructions_value, 0) AS instructions,
  coalesce(exchanges.parameters_value, 0) AS parameters,
  coalesce(exchanges.tools_value, 0) AS tools,
  coalesce(exchanges.payload_value, 0) AS payload,
  coalesce(exchanges.conversation_value, 0) AS conversation,
  coalesce(exchanges.address_subnet_value, 0) AS subnet,
  coalesce(exchanges.address_network_value, 0) AS address_network,
  coalesce(exchanges.user_agent_value, 0) AS user_agent,
  coalesce(exchanges.fingerprint_value, 0) AS fingerprint,
  coalesce(exchanges.input_tokens, -1) AS input_tokens,
  coalesce(exchanges.output_tokens, -1) AS output_tokens,
  coalesce(exchanges.status_code, 0) AS status,
  coalesce(models.code, 0) AS model,
  CASE WHEN repeated.payload_value IS NULL THEN 0 ELSE 1 END AS repeats,
  exchanges.content_features
FROM exchange_sketches AS exchanges
JOIN account_sketches AS sketches USING (account_id)
JOIN accounts_to_group AS grouped USING (account_index)
LEFT JOIN models USING (request_model)
LEFT JOIN repeated_texts AS repeated
  ON repeated.account_index = sketches.account_index AND repeated.payload_value = exchanges.payload_value
""",
    )


def part_sql(part: int) -> Query:
    """Returns the query of the exchanges of one part."""
    return Query("exchanges of some networks", f"SELECT * FROM {TO_GROUP} WHERE part = {part}")


def models_sql() -> Query:
    """Returns the query of models in the order of their first use; `code` counts from 1, `appeared_at` is that time."""
    return Query(
        "models",
        """
SELECT
  request_model,
  min(started_at) AS appeared_at,
  count(*) AS exchanges,
  row_number() OVER (ORDER BY min(started_at), request_model) AS code
FROM exchange_sketches
WHERE request_model IS NOT NULL
GROUP BY request_model
""",
    )


def released_sql() -> Query:
    """Returns the query of models first used three days or more into the log, and in one exchange of 200 or more."""
    return Query(
        "released models",
        """
SELECT code, appeared_at FROM models
WHERE appeared_at >= (SELECT min(appeared_at) FROM models) + INTERVAL 3 DAY
  AND exchanges >= (SELECT sum(exchanges) FROM models) / 200
ORDER BY code
""",
    )


def lives_sql() -> Query:
    """Returns the query of the first exchange and the closure of every network member."""
    return Query(
        "lives",
        """
SELECT DISTINCT sketches.account_index, sketches.first_seen, accounts.closed_at
FROM network_members
JOIN account_sketches AS sketches USING (account_id)
LEFT JOIN accounts USING (account_id)
ORDER BY sketches.account_index
""",
    )


def load_releases(engine: Engine) -> list[Model]:
    """Returns the models that were released during the log, with times in microseconds (UTC); call `load` first."""
    rows = engine.fetch(released_sql())
    appeared = rows["appeared_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    return [Model(int(code), int(at)) for code, at in zip(rows["code"].to_pylist(), appeared, strict=True)]


def load_lives(engine: Engine) -> Lives:
    """Returns first exchanges and closures of network members in microseconds (UTC); closures are -1 when absent."""
    rows = engine.fetch(lives_sql())
    first = rows["first_seen"].to_numpy().astype("datetime64[us]").astype(np.int64)
    closed = rows["closed_at"].to_numpy(zero_copy_only=False).astype("datetime64[us]")
    never = np.isnat(closed)
    return Lives(rows["account_index"].to_numpy().astype(np.int32), first, np.where(never, -1, closed.astype(np.int64)))


def load(engine: Engine) -> tuple[Exchanges, NDArray[np.uint64], Iterator[Iterator[tuple[str, Exchanges]]]]:
    """Returns the exchanges of the reference population, the places of its accounts (accounts,) in the lot, and the
    parts: iterators over (network id, its exchanges).

    Networks come in the order of their ids. A part has as many networks as have ROWS exchanges together; the reference
    population is loaded with the first part. The caller must finish with a part before it asks for the next.
    """
    engine.create("reference_accounts", reference_accounts_sql())
    engine.create("models", models_sql())
    rows = engine.fetch(members_sql())
    networks, begin = np.unique(rows["network_id"].to_numpy(zero_copy_only=False), return_index=True)
    members = np.split(rows["account_index"].to_numpy().astype(np.int32), begin[1:])
    parts = [
        [(str(networks[one]), members[one]) for one in batch]
        for batch in batches(rows["exchanges"].to_numpy()[begin]) or [[]]
    ]
    engine.create("accounts_to_group", accounts_sql([part[0][0] for part in parts[1:]]))
    if len(parts) > READINGS:
        engine.partition(TO_GROUP, exchanges_sql(), "part", "account_index")
    else:
        engine.view(TO_GROUP, exchanges_sql())
    exchanges = _read(engine, 0)
    drawn = Query("reference", "SELECT account_index, place FROM reference_accounts ORDER BY account_index")
    reference = engine.fetch(drawn)
    outside = exchanges.of(reference["account_index"].to_numpy().astype(np.int32))
    places = np.array([int(place[:PLACE_DIGITS], 16) for place in reference["place"].to_pylist()], np.uint64)
    return outside, places, _parts(engine, parts, [exchanges])


def _parts(
    engine: Engine, parts: list[list[tuple[str, Int32]]], held: list[Exchanges]
) -> Iterator[Iterator[tuple[str, Exchanges]]]:
    """Yields the networks of each part; `held` has the exchanges of the first part, and is emptied by it."""
    for number, part in enumerate(parts):
        yield _networks(part, held if held else [_read(engine, number)])
    engine.drop(TO_GROUP)


def _networks(part: list[tuple[str, Int32]], held: list[Exchanges]) -> Iterator[tuple[str, Exchanges]]:
    exchanges = held.pop()
    for name, members in part:
        yield name, exchanges.of(members)


def _read(engine: Engine, part: int) -> Exchanges:
    return _arrays(engine.batches(part_sql(part), BATCH))


def batches(sizes: Int64) -> list[list[int]]:
    """Returns lists of consecutive indices whose sizes sum to ROWS or less; a larger size has a list of its own."""
    result: list[list[int]] = []
    room = 0
    for index, size in enumerate(sizes.tolist()):
        if not result or size > room:
            result.append([])
            room = ROWS
        result[-1].append(index)
        room -= size
    return result


def _arrays(batches: Iterable[pa.RecordBatch]) -> Exchanges:
    # Columns are sorted one by one, and each unsorted copy is freed. Two copies of all rows would take more memory than
    # any other step of a scan.
    pieces: dict[str, list[NDArray[Any]]] = {name: [] for name in (*_TYPES, *VALUES, *TOKENS, "features")}
    ids: list[pa.Array] = []
    for batch in batches:
        rows = pa.Table.from_batches([batch])
        for name, kind in _TYPES.items():
            values = _microseconds(rows[name]) if name == "started_at" else rows[name].to_numpy()
            pieces[name].append(np.array(values, kind))  # a copy, since a view would keep the whole batch in memory
        for name in (*VALUES, *TOKENS):
            pieces[name].append(np.array(rows[name].to_numpy(), np.int64))
        pieces["features"].append(decode_features(rows["content_features"]))
        ids.append(pa.concat_arrays([*rows["exchange_id"].chunks, pa.array([], pa.string())]))
    exchange_id = pa.chunked_array([pa.concat_arrays(ids) if ids else pa.array([], pa.string())])
    ids.clear()
    account_index, started_at = (_joined(pieces[name], _TYPES[name]) for name in ("account_index", "started_at"))
    order = by_account_and_time(account_index, started_at, exchange_id)
    del account_index, started_at
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    with ThreadPoolExecutor(PLACED_AT_ONCE) as pool:
        # Ids and features, the widest columns, come last, when the copies of the others are freed.
        kinds = {**_TYPES, **dict.fromkeys((*VALUES, *TOKENS), np.int64)}
        columns = {name: pool.submit(_placed, pieces.pop(name), place, kind) for name, kind in kinds.items()}
        ids_in_order = pa.chunked_array([exchange_id.chunk(0).take(pa.array(order))], pa.string())
        features = pool.submit(_placed, pieces.pop("features"), place, np.uint32, FEATURES)
    return Exchanges(
        exchange_id=ids_in_order,
        values={name: columns[name].result() for name in (*VALUES, *TOKENS)},
        features=features.result(),
        **{name: columns[name].result() for name in _TYPES},
    )


def _joined(pieces: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate([np.empty(0, kind), *pieces])


def _placed(pieces: list[NDArray[Any]], place: Int64, kind: type, *width: int) -> NDArray[Any]:
    """Joins the pieces, moves each row i to row `place[i]`, and empties the list of pieces."""
    result: NDArray[Any] = np.empty((len(place), *width), kind)
    end = len(place)
    while pieces:
        piece = pieces.pop()
        (put if width else _put)(piece, place[end - len(piece) : end], result)
        end -= len(piece)
    return result


@njit(cache=True, nogil=True)
def _put(piece: NDArray[Any], place: Int64, result: NDArray[Any]) -> None:
    for i in range(len(piece)):
        result[place[i]] = piece[i]


def _microseconds(column: pa.ChunkedArray) -> Int64:
    return np.asarray(column.to_numpy().astype("datetime64[us]"), np.int64)
