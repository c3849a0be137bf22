"""The benchmark of reading writes whole logs of every format, and measures what is read of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bench.reading.__main__ import Line, main
from bench.reading.child import stage
from bench.reading.failing import BESIDE, LOG, cases
from bench.reading.logs import KINDS, SMALL_ROWS, write_log, write_small_files

from stillwatch_lab.benchmark.cost import Cost

TEXTS = ["one text of some words", "another text of other words"]
OWN = [kind for kind in KINDS if "OTLP" not in kind and "LiteLLM" not in kind]


@pytest.mark.parametrize("kind", OWN)
def test_every_row_of_a_log_is_used(tmp_path: Path, kind: str) -> None:
    path = write_log(kind, tmp_path, TEXTS, 30_000)
    rows = stage(str(path), None, 1)["rows"]
    assert rows == write_rows(path, kind) > 50


def write_rows(path: Path, kind: str) -> int:
    """How many rows a file has, by another way."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return int(pq.read_metadata(path).num_rows)
    return len(path.read_bytes().splitlines()) - (kind == "CSV")


def test_small_files_have_rows_of_their_own(tmp_path: Path) -> None:
    size = write_small_files(tmp_path, TEXTS, 3)
    assert sum(path.stat().st_size for path in tmp_path.rglob("*.jsonl")) == size
    assert stage(str(tmp_path), None, 2)["rows"] == 3 * SMALL_ROWS


def test_small_files_have_ids_of_their_own_whatever_their_texts_hold(tmp_path: Path) -> None:
    write_small_files(tmp_path, ["100 % of %(file)s", '{"exchange_id": "exchange-'], 2)
    rows = [json.loads(line) for path in tmp_path.rglob("*.jsonl") for line in path.read_text().splitlines()]
    assert len({row["exchange_id"] for row in rows}) == 2 * SMALL_ROWS
    assert {row["input_text"] for row in rows} == {"100 % of %(file)s" * 2, '{"exchange_id": "exchange-' * 2}


def test_tables_beside_logs_are_read_with_one(tmp_path: Path) -> None:
    for name in (*BESIDE, LOG):
        (tmp_path / name).touch()
    found = dict(cases(tmp_path))
    assert found.pop(LOG) == {"exchanges": str(tmp_path / LOG)}
    assert {name.partition(" with ")[0]: set(inputs) for name, inputs in found.items()} == {
        name: {"exchanges", table} for name, table in BESIDE.items()
    }


def test_a_slow_format_misses_its_target() -> None:
    cost = Cost(1.0, 1.0, 5_000_000, {"read_cpu": 2.0})
    assert str(Line("x", 10, 100_000_000, cost, 40.0)).endswith("met")
    assert str(Line("x", 10, 100_000_000, cost, 60.0)).endswith("MISSED")


def test_the_table_has_a_line_a_format_and_a_verdict_on_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "none.jsonl").write_text("{}\n")
    options = ["--bytes", "20000", "--kinds", "CSV", "Parquet", "--files", "2", "--shared", str(tmp_path / "shared")]
    assert main([*options, "--out", str(tmp_path / "out" / "table.txt")]) == 0
    text = (tmp_path / "out" / "table.txt").read_text()
    assert capsys.readouterr().out == text
    for begin in ("CSV ", "Parquet ", "1 files of ", "2 files of ", "memory grows ", "none.jsonl: "):
        assert any(line.startswith(begin) for line in text.splitlines()), begin
