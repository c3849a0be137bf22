"""A table of a run is read as it was written, or named as what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import InputError
from stillwatch.runs.tables import table_of


def test_a_folder_above_is_no_column(tmp_path: Path) -> None:
    run = tmp_path / "month=06" / "run"
    run.mkdir(parents=True)
    written = pa.table({"a": [1, 2], "b": ["x", None]})
    pq.write_table(written, run / "things.parquet")
    assert table_of(run, "things").equals(written)
    assert table_of(run, "things", ["b"]).column_names == ["b"]


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    for name in ("broken", "missing"):
        with pytest.raises(InputError, match=rf"{name}\.parquet` cannot be read .*; scan again"):
            table_of(tmp_path, name)
