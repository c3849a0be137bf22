"""Hashes met twice are found whatever their order and number, and the same on either engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.engine import Engine, Query
from stillwatch.engine import duplicate_hashes as module
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.engine.duplicate_hashes import Hashes, duplicates
from stillwatch.errors import OutputError


def batches(hashes: Hashes, rows: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(hashes), rows):
        yield pa.record_batch({"hash": hashes[start : start + rows]})


def mixed(number: int) -> Hashes:
    """Hashes of which some come twice, far apart, one comes a thousand times, and the ends of the range are there."""
    draws = np.random.default_rng(7)
    some = draws.integers(0, 2**64, number, np.uint64)
    ends = np.array([0, 0, 2**64 - 1, 2**64 - 1, 2**56, 2**56 - 1], np.uint64)
    return draws.permutation(np.concatenate([some, some[: number // 10], np.full(1_000, some[0]), ends]))


@pytest.mark.parametrize("run", [1, 2, 3, 1_000, 1 << 21])
def test_all_met_twice_are_found_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: int) -> None:
    monkeypatch.setattr(module, "_RUN", run)
    hashes = mixed(100 if run < 1_000 else 20_000)
    found = np.concatenate(list(duplicates(batches(hashes, min(run, 700)), tmp_path))).tolist()
    assert sorted(found) == sorted(one for one, times in Counter(hashes.tolist()).items() if times > 1)
    assert not list(tmp_path.iterdir())


def test_nothing_is_met_twice_in_nothing(tmp_path: Path) -> None:
    assert list(duplicates(iter(()), tmp_path)) == []


def test_a_hash_of_all_rows_takes_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RUN", 1_000)
    sizes = []
    monkeypatch.setattr(np, "fromfile", lambda path, kind: sizes.append(path.stat().st_size) or np.array([5, 5], kind))
    list(duplicates(batches(np.full(100_000, 5, np.uint64), 1_000), tmp_path))
    assert sizes == [100 * 2 * 8]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_RUN", 100)
    monkeypatch.setattr(module, "_deal", full)
    with pytest.raises(OutputError, match="No space left"):
        list(duplicates(batches(mixed(10), 10), tmp_path))


def texts_met_twice(engine: Engine) -> list[str]:
    engine.create("words", Query("words", "SELECT * FROM (SELECT 'a' AS w UNION ALL SELECT 'b') UNION ALL SELECT 'b'"))
    engine.duplicate_hashes("twice", Query("met twice", "SELECT hash(w) AS h FROM words"), "h")
    met = Query("words", "SELECT DISTINCT w FROM words WHERE hash(w) IN (SELECT h FROM twice)")
    found = engine.fetch(met)["w"].to_pylist()
    engine.duplicate_hashes("twice", Query("met twice", "SELECT hash(w) AS h FROM words WHERE w <> 'b'"), "h")
    assert engine.fetch(met).num_rows == 0
    return found


def test_an_engine_keeps_them_under_a_name(engine: DuckDBEngine) -> None:
    assert texts_met_twice(engine) == ["b"]
