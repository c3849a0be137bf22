"""Two run folders are the same only where every table is, and a difference is named with its column and rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.compare_runs import Difference, compare, main

EVIDENCE = {"id": [1, 2, 3], "sentence": ["a", "b", None], "bits": [0.5, float("nan"), 2.0]}


def folder(path: Path, **tables: dict[str, list[object]]) -> Path:
    path.mkdir()
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), path / f"{name}.parquet")
    return path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return folder(tmp_path / "old", evidence=EVIDENCE, networks={"id": [7]})


def compared(old: Path, evidence: dict[str, list[object]], *allowed: str) -> Difference:
    new = folder(old.parent / "new", evidence=evidence, networks={"id": [7]})
    first, second = compare(old, new, allowed)
    assert second == Difference("networks", "same bytes", True)
    assert first.table == "evidence"
    return first


def test_a_copy_is_the_same(old: Path) -> None:
    assert compared(old, EVIDENCE) == Difference("evidence", "same bytes", True)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sentence": ["a", "c", "d"]}, "of 3 rows: `sentence` differs in 2"),
        ({"bits": [0.5, float("nan"), 2.0000001]}, "of 3 rows: `bits` differs in 1"),
        ({"bits": [0.5, 0.0, 2.0]}, "of 3 rows: `bits` differs in 1"),
        ({"id": ["1", "2", "3"]}, "of 3 rows: `id` was int64 and is string"),
        ({"more": [1, 2, 3]}, "of 3 rows: `more` is new"),
        ({"id": [1], "sentence": ["a"], "bits": [0.5]}, "3 rows before, 1 after"),
    ],
)
def test_a_difference_is_named_with_its_rows(old: Path, changed: dict[str, list[object]], words: str) -> None:
    assert compared(old, EVIDENCE | changed) == Difference("evidence", words, False)


def test_a_column_that_is_gone_or_moved_is_a_difference(old: Path) -> None:
    without = {name: values for name, values in EVIDENCE.items() if name != "bits"}
    assert compared(old, without).words == "of 3 rows: `bits` is gone"


def test_columns_in_another_order_are_a_difference(old: Path) -> None:
    found = compared(old, dict(reversed(EVIDENCE.items())))
    assert not found.same
    assert "`id` stands in another place" in found.words


def test_same_values_in_other_bytes_are_a_difference(old: Path) -> None:
    new = folder(old.parent / "new", networks={"id": [7]})
    pq.write_table(pa.table(EVIDENCE), new / "evidence.parquet", compression="zstd")
    assert compare(old, new)[0] == Difference("evidence", "same values in other bytes", False)


def test_only_the_named_column_may_differ(old: Path) -> None:
    changed = EVIDENCE | {"sentence": ["x", "b", None]}
    assert compared(old, changed, "evidence.sentence") == Difference(
        "evidence", "of 3 rows: `sentence` differs in 1", True
    )
    assert not compare(old, old.parent / "new", ["evidence.bits"])[0].same


def test_a_table_of_one_side_only_is_a_difference(old: Path, tmp_path: Path) -> None:
    new = folder(tmp_path / "new", evidence=EVIDENCE, lineage={"id": [7]})
    found = {one.table: one.words for one in compare(old, new) if not one.same}
    assert found == {"lineage": "only in the new folder", "networks": "only in the old folder"}
    assert {one.table for one in compare(old, new, ["lineage"]) if not one.same} == {"networks"}


def test_the_command_exits_with_what_it_found(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = folder(tmp_path / "new", evidence=EVIDENCE | {"sentence": ["x", "b", None]}, networks={"id": [7]})
    assert main([str(old), str(old)]) == 0
    assert main([str(old), str(new)]) == 1
    assert "DIFFERS evidence  of 3 rows: `sentence` differs in 1" in capsys.readouterr().out
    assert main([str(old), str(new), "--except", "evidence.sentence"]) == 0


def test_nothing_to_compare_is_no_agreement(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(old), str(folder(tmp_path / "empty"))]) == 2
    assert "empty holds no Parquet file" in capsys.readouterr().err
    assert main([str(old), str(old), "--except", "evidence.sentance"]) == 2
    assert "neither folder has evidence.sentance" in capsys.readouterr().err
