"""The people that replicas are made from: their sketches as arrays, and the values that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.reference_case.spread import holders
from stillwatch.records.features import decode_features
from stillwatch.records.sketches import OF_INSTRUCTIONS
from stillwatch_lab.worlds.log.headers import NEW_MODEL

Int64 = NDArray[np.int64]

TEXTS = ("channel", "request_model", "operation", "finish_reason")
OWN = ("conversation_value", "session_value", "device_value", "address_value", "address_subnet_value", "simhash")
"""Columns whose values people of different replicas never share."""
SOFTWARE = ("user_agent_value", "fingerprint_value", "instructions_value", "tools_value", "parameters_value")
ASKED = ("payload_value", "head_value", "tail_value")
"""Columns whose popular values, as of software, all replicas share; other values are each replica's own."""
NETWORK = "address_network_value"  # the same for all replicas, whose people have the same providers
PUBLIC_KIND = "evaluation_harness"  # it asks public questions, which are the same in all replicas
POPULAR_SHARE = 0.0005  # least share of units (groups, and people without one) with a popular value
LEAST_POPULAR = 5  # units


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as indices into its distinct values, the number of units with each value, and masks of values."""

    code: NDArray[np.uint32]
    distinct: Int64
    first: Int64  # a row with the value
    units: Int64
    own: NDArray[np.bool_]
    public: NDArray[np.bool_]  # mask of values in public questions


@dataclass(frozen=True, slots=True)
class Pool:
    """People in order of account id: account u has the exchanges `start[u]` to `start[u + 1] - 1`.

    `unit` numbers groups and each person without a group; the times of a unit are shifted together. `columns` holds
    the columns of sketches that are not in `coded`; a value is null where `present` is False. `words` are indices into
    `vocabulary`, 0 for none.
    """

    accounts: pa.Table
    truth: pa.Table
    permits: pa.Table
    unit: Int64
    start: Int64
    columns: dict[str, NDArray[np.generic]]
    present: dict[str, NDArray[np.bool_]]
    texts: dict[str, pa.DictionaryArray]
    words: NDArray[np.uint32]
    vocabulary: NDArray[np.uint32]
    word_units: Int64
    minhash: NDArray[np.uint8]
    coded: dict[str, Coded]
    kin: Int64  # for each build of a client, a code of its commonest instructions and channel
    public: NDArray[np.bool_]  # mask of exchanges with public questions
    moved: NDArray[np.bool_]  # mask of exchanges with the model released during the world's time

    @property
    def rows(self) -> int:
        """The number of exchanges of one replica."""
        return int(self.start[-1])

    @property
    def units(self) -> int:
        """The number of groups and people without a group."""
        return int(self.unit.max()) + 1


def load_pool(folder: Path, parts: Sequence[Path]) -> Pool:
    """Loads the pool from `accounts`, `permits` and `truth/accounts` of the lab in `folder`, and parts of sketches."""
    accounts = pq.read_table(folder / "accounts.parquet")
    truth = pq.read_table(folder / "truth" / "accounts.parquet")
    sketches = pa.concat_tables([pq.read_table(part) for part in parts])
    account_index = pc.index_in(sketches["account_id"], accounts["account_id"].combine_chunks())
    account = account_index.to_numpy().astype(np.int64)
    start = np.searchsorted(account, np.arange(accounts.num_rows + 1)).astype(np.int64)
    unit = _units(truth["group_id"])
    vocabulary, words = _coded(decode_features(sketches["content_features"]))
    minhash = _octets(sketches["minhash"])
    # nobody asks in instructions here: copies have none to read
    sketches = sketches.drop_columns(["exchange_id", "account_id", "content_features", "minhash", *OF_INSTRUCTIONS])
    pa.default_memory_pool().release_unused()
    columns, present = _arrays(sketches)
    by_unit = np.argsort(unit[account], kind="stable")
    units = unit[account][by_unit]
    texts = {name: sketches[name].combine_chunks().dictionary_encode() for name in TEXTS}
    public = pc.equal(truth["kind"], PUBLIC_KIND).to_numpy(zero_copy_only=False)[account]
    coded = {
        name: _code(np.asarray(columns.pop(name), np.int64), (by_unit, units), public)
        for name in (*SOFTWARE, *ASKED, NETWORK)
    }
    return Pool(
        accounts,
        truth,
        pq.read_table(folder / "permits.parquet"),
        unit,
        start,
        columns,
        present,
        texts,
        words,
        vocabulary,
        holders(words, by_unit, units, len(vocabulary)),
        minhash,
        coded,
        _kin(coded, texts["channel"].indices.to_numpy(zero_copy_only=False)),
        public,
        pc.fill_null(pc.equal(sketches["request_model"], NEW_MODEL), False).to_numpy(zero_copy_only=False),
    )


def _units(group: pa.ChunkedArray) -> Int64:
    """The unit of each account: groups are numbered from 0, and people without a group after them."""
    code = group.combine_chunks().dictionary_encode().indices
    alone = code.is_null().to_numpy(zero_copy_only=False)
    unit = code.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    groups = int(unit.max(initial=-1)) + 1 if not alone.all() else 0
    unit[alone] = groups + np.arange(int(alone.sum()))
    return np.asarray(unit, np.int64)


def _coded(features: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Distinct features with 0 first, and each occurrence as an index into them."""
    steps = range(0, len(features), 1 << 18)
    some = [np.zeros(1, np.uint32), *(np.unique(features[at : at + (1 << 18)]) for at in steps)]
    vocabulary = np.unique(np.concatenate(some))
    words = np.empty(features.shape, np.uint32)
    for at in steps:  # in steps, since the search returns indices twice as wide as those stored
        words[at : at + (1 << 18)] = np.searchsorted(vocabulary, features[at : at + (1 << 18)])
    return vocabulary, words


def _arrays(sketches: pa.Table) -> tuple[dict[str, NDArray[np.generic]], dict[str, NDArray[np.bool_]]]:
    columns: dict[str, NDArray[np.generic]] = {}
    present: dict[str, NDArray[np.bool_]] = {}
    for field in sketches.schema:
        if field.name in TEXTS:
            continue
        column = sketches[field.name].combine_chunks()
        present[field.name] = column.is_valid().to_numpy(zero_copy_only=False)
        if pa.types.is_timestamp(field.type):
            column = column.cast(pa.int64())
        columns[field.name] = column.fill_null(0).to_numpy(zero_copy_only=False)
    return columns, present


def _octets(column: pa.ChunkedArray) -> NDArray[np.uint8]:
    """16 bytes a row, zeros for null."""
    one = column.combine_chunks().cast(pa.binary())
    valid = one.is_valid().to_numpy(zero_copy_only=False)
    octets = np.zeros((len(one), 16), np.uint8)
    octets[valid] = np.frombuffer(one.drop_null().cast(pa.binary(16)).buffers()[1], np.uint8).reshape(-1, 16)
    return octets


def _code(values: Int64, order: tuple[Int64, Int64], public: NDArray[np.bool_]) -> Coded:
    by_unit, units = order
    distinct, first, code = np.unique(values, return_index=True, return_inverse=True)
    narrow = np.asarray(code, np.uint32)
    held = holders(narrow.reshape(-1, 1), by_unit, units, len(distinct))
    asked = np.zeros(len(distinct), np.bool_)
    asked[narrow[public]] = True
    least = max(LEAST_POPULAR, POPULAR_SHARE * (int(units.max(initial=0)) + 1))
    return Coded(narrow, distinct, first.astype(np.int64), held, held < least, asked)


def _kin(coded: dict[str, Coded], channel: NDArray[np.int32]) -> Int64:
    builds, instructions = coded["fingerprint_value"], coded["instructions_value"]
    tools = instructions.code.astype(np.int64) * 64 + channel
    pairs, uses = np.unique(np.stack([builds.code.astype(np.int64), tools]), axis=1, return_counts=True)
    order = np.lexsort((-uses, pairs[0]))
    first = np.unique(pairs[0][order], return_index=True)[1]
    return np.asarray(pairs[1][order][first], np.int64)
