"""The people that replicas are made of: their sketches as arrays, and who shares what with whom."""

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
from stillwatch_lab.worlds.log.headers import NEW_MODEL

Int64 = NDArray[np.int64]

TEXTS = ("channel", "request_model", "operation", "finish_reason")
OWN = ("conversation_value", "session_value", "device_value", "address_value", "address_subnet_value", "simhash")
"""Values that nobody has in common with another replica's people."""
SOFTWARE = ("user_agent_value", "fingerprint_value", "instructions_value", "tools_value", "parameters_value")
ASKED = ("payload_value", "head_value", "tail_value")
"""Values that replicas share, as software, where many unconnected people hold them, and each replica's own else."""
NETWORK = "address_network_value"  # every replica's people are customers of the same providers
PUBLIC_KIND = "evaluation_harness"  # asks public benchmarks: the same questions wherever one is run
POPULAR_SHARE = 0.0005  # of the units (groups, and people without one) that hold a popular value
LEAST_POPULAR = 5  # units


@dataclass(frozen=True, slots=True)
class Coded:
    """A column as indices into its distinct values, how many units hold each, and which values are a replica's own."""

    code: NDArray[np.uint32]
    distinct: Int64
    first: Int64  # a row that holds the value
    units: Int64
    own: NDArray[np.bool_]
    public: NDArray[np.bool_]  # asked by those who ask public questions


@dataclass(frozen=True, slots=True)
class Pool:
    """People in order of account id: account u has the exchanges `start[u]` to `start[u + 1]`.

    `unit` numbers groups, and each person without one; all that a unit does is shifted together. `columns` are the
    sketches, those of `coded` apart; nulls are where `present` is false. `words` index `vocabulary`, 0 for none.
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
    kin: Int64  # for each build of a client, whose instructions it mostly comes with, and through which channel
    public: NDArray[np.bool_]  # exchanges of those who ask public questions
    moved: NDArray[np.bool_]  # exchanges with the model released while the world ran

    @property
    def rows(self) -> int:
        """Exchanges of one replica."""
        return int(self.start[-1])

    @property
    def units(self) -> int:
        """Groups, and people without one."""
        return int(self.unit.max()) + 1


def load_pool(folder: Path, parts: Sequence[Path]) -> Pool:
    """The pool that `folder` holds: `accounts`, `permits` and `truth/accounts` as the lab wrote them, and sketches."""
    accounts = pq.read_table(folder / "accounts.parquet")
    truth = pq.read_table(folder / "truth" / "accounts.parquet")
    sketches = pa.concat_tables([pq.read_table(part) for part in parts])
    account_index = pc.index_in(sketches["account_id"], accounts["account_id"].combine_chunks())
    account = account_index.to_numpy().astype(np.int64)
    start = np.searchsorted(account, np.arange(accounts.num_rows + 1)).astype(np.int64)
    unit = _units(truth["group_id"])
    vocabulary, words = _coded(decode_features(sketches["content_features"]))
    minhash = _octets(sketches["minhash"])
    sketches = sketches.drop_columns(["exchange_id", "account_id", "content_features", "minhash"])
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
    """Groups numbered from 0, then every person without one."""
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
    for at in steps:  # the search makes indices twice as wide as they are kept
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
    """16 bytes a row, zeros where null."""
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
