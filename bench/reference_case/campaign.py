"""Writes the campaign's parts: it is drawn and sketched once, and its homes are spread over all replicas."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.reference_case import identifiers, parts
from bench.reference_case.drawn import Drawn
from bench.reference_case.texts import sketched
from stillwatch.records.features import decode_features

ADDRESSES = ("address_value", "address_subnet_value")
KNOWN_ACCOUNTS = 2  # least accounts of the campaign with a word for the word to belong to no single account


def write_campaign(path: Path, drawn: Drawn, span: tuple[int, int], first: int, homes: Sequence[np.uint64]) -> int:
    """Writes the campaign's exchanges of this span, with ids from `first`; returns the number of rows.

    `homes` are the keys of the replicas; each network of homes belongs to one replica.
    """
    begin, end = span
    table = sketched(drawn, begin, end)
    table = _put(table, "exchange_id", identifiers.counted_ids(first + np.arange(begin, end)))
    streets = table["address_subnet_value"].combine_chunks()
    missing = streets.is_null().to_numpy(zero_copy_only=False)
    replica = (streets.fill_null(0).to_numpy().view(np.uint64) % np.uint64(len(homes))).astype(np.int64)
    for name in ADDRESSES:
        values = table[name].combine_chunks().fill_null(0).to_numpy()
        moved = np.zeros(len(values), np.int64)
        for number, seed_key in enumerate(homes):
            mine = replica == number
            moved[mine] = identifiers.rekeyed(values[mine], identifiers.purpose_key(seed_key, name))
        table = _put(table, name, pa.array(moved, mask=missing))
    groups = range(0, table.num_rows, parts.GROUP_ROWS)
    return parts.write_sketches(path, (table.slice(at, parts.GROUP_ROWS) for at in groups))


def known_words(part: Path) -> NDArray[np.uint32]:
    """Words that several accounts of the campaign use in this part, ascending."""
    table = pq.read_table(part, columns=["account_id", "content_features"])
    features = decode_features(table["content_features"])
    account = table["account_id"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.uint64)
    pairs = np.unique((features.astype(np.uint64) << np.uint64(32)) | account[:, None])
    words, accounts = np.unique((pairs >> np.uint64(32)).astype(np.uint32), return_counts=True)
    return np.asarray(words[(accounts >= KNOWN_ACCOUNTS) & (words > 0)], np.uint32)


def _put(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)
