"""Staged files: rows come back, and only what is written for room is packed."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.engine.parquet_files import write_temporary
from stillwatch.records.columns import Kind, Table, columns
from stillwatch.records.inputs import TEXTS

STAGED = Table("staged", (*columns(Kind.STRING, f"word {TEXTS[1]}"), *columns(Kind.INT64, "n")))


def test_texts_are_not_packed_and_all_else_is(tmp_path: Path) -> None:
    rows = pa.table([["w"] * 3, ["long " * 90] * 3, [1, 2, 3]], schema=STAGED.schema)
    path = tmp_path / "staged.parquet"
    assert write_temporary(STAGED, path, rows.to_batches()) == 3
    group = pq.read_metadata(path).row_group(0)
    assert [group.column(place).compression for place in range(3)] == ["LZ4", "UNCOMPRESSED", "LZ4"]
    assert pq.read_table(path).equals(rows)
