"""The history of measurements and attempts: every shipped line is valid, and no invalid one can be added."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bench.figures import Figure
from bench.history import FOLDER, Attempt, HistoryError, Measurement, append, measured_now, read

from bench import __main__ as bench

MACHINE = {"cores": 2, "memory_gb": 25.3, "system": "Linux", "python": "3.11.7", "stillwatch": "0.1.0"}
LINE = measured_now("scan: seconds", 2, "s", "a small world", [3, 4], MACHINE | {"commit": "abcdef0-dirty"})
ATTEMPT = Attempt(area="link", change="sort less", expected="a third", found="a tenth", kept=True)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_shipped_file_is_valid(path: Path) -> None:
    assert read(path)


def test_measurements_and_attempts_are_shipped() -> None:
    stems = {path.stem for path in FOLDER.glob("*.jsonl")}
    assert {"attempts", "benchmark", "scan", "reference-case"} <= stems


def test_what_is_added_is_read_back_once(tmp_path: Path) -> None:
    path = append("scan", [LINE, LINE], tmp_path)
    assert append("scan", [LINE, LINE.model_copy(update={"value": 3.0})], tmp_path) == path
    assert [one.value for one in read(path) if isinstance(one, Measurement)] == [2.0, 3.0]
    assert read(append("attempts", [ATTEMPT], tmp_path)) == [ATTEMPT]
    assert (LINE.commit, LINE.seeds, LINE.version) == ("abcdef0-dirty", (3, 4), "0.1.0")


def test_a_commit_that_is_not_known_is_none() -> None:
    assert measured_now("w", 1, "s", "x", [], MACHINE | {"commit": "unknown"}).commit is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"unit": "furlongs"}, "line 1: unit `furlongs` is none of"),
        ({"value": "fast"}, "line 1: value: Input should be a valid number"),
        ({"low": 1.0}, "line 1: an interval has two ends"),
        ({"low": 3.0, "high": 4.0}, "line 1: 2.0 lies outside its interval"),
        ({"date": "2026-02-30"}, "line 1: date: day is out of range"),
        ({"commit": "main"}, "line 1: commit: String should match"),
        ({"speed": 1}, "line 1: speed: Extra inputs are not permitted"),
        ({"what": ""}, "line 1: what: String should have at least 1 character"),
    ],
)
def test_an_invalid_line_is_named(tmp_path: Path, changed: dict[str, object], said: str) -> None:
    path = tmp_path / "scan.jsonl"
    path.write_text(json.dumps(LINE.model_dump(mode="json") | changed) + "\n", encoding="utf-8")
    with pytest.raises(HistoryError, match=re.escape(f"scan.jsonl, {said}")):
        read(path)


@pytest.mark.parametrize(("text", "said"), [("", "is empty"), ("{\n", "line 1: line"), ("x\nx\n", "line 1: line")])
def test_a_file_without_a_measurement_is_not_valid(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "scan.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HistoryError, match=said):
        read(path)


def test_a_line_that_stands_there_twice_is_named(tmp_path: Path) -> None:
    path = append("scan", [LINE], tmp_path)
    path.write_text(2 * path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(HistoryError, match="line 2: stands there twice"):
        read(path)


@pytest.mark.parametrize(
    ("topic", "line"),
    [
        ("scan", ATTEMPT),
        ("attempts", LINE),
        ("../scan", LINE),
        ("scan", LINE.model_copy(update={"unit": "furlongs"})),
    ],
)
def test_nothing_is_written_of_what_is_refused(tmp_path: Path, topic: str, line: Measurement | Attempt) -> None:
    good = ATTEMPT if topic == "attempts" else LINE
    with pytest.raises(HistoryError):
        append(topic, [good, line], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_benchmark_records_the_figures_that_are_one_number(tmp_path: Path) -> None:
    figures = [
        Figure("20 accounts, seed 8", "peak memory", "2.00 GB", "under 4 GB", True, 2.0, "GB"),
        Figure("20 accounts, seed 8", "by stage", "read 1.0, link 2.0"),
        Figure("the same without text", "innocents at act", "1", value=1, unit="accounts"),
    ]
    lines = bench.measurements(bench.Bench(tmp_path, None, 1.0, 2, figures), [8, 9])
    assert [(one.what, one.value, one.unit, one.seeds, one.note) for one in lines] == [
        ("peak memory", 2.0, "GB", (8,), "target: under 4 GB, met"),
        ("innocents at act", 1.0, "accounts", (8,), ""),
    ]
    assert read(append("scan", lines, tmp_path)) == lines
