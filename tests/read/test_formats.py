"""The same rows in any format become the same table."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.read.validation.texts import ABSENT_WORDS
from stillwatch.read.validation.values import is_word
from stillwatch.records import Kind
from stillwatch.records.inputs import EXCHANGES
from tests.read.rows import FORMATS, START, Row, exchange, read_in, whole, write

# any text but NUL and lone surrogates (left out, replaced), and empty (absent)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
VALUES = {
    Kind.STRING: TEXTS,
    Kind.STRINGS: st.lists(TEXTS, min_size=1, max_size=3),
    Kind.INT64: st.integers(-(2**63), 2**63 - 1),
    Kind.INT32: st.integers(-(2**31), 2**31 - 1),
    Kind.INT16: st.integers(-(2**15), 2**15 - 1),
    Kind.FLOAT64: st.floats(allow_nan=False, allow_infinity=False),
    Kind.TIMESTAMP: st.datetimes(datetime(2015, 1, 1), datetime(2099, 12, 31)),
}
# in a column of ids and names, these words say that there is no value
WORDS = TEXTS.filter(lambda text: text not in ABSENT_WORDS)
OPTIONAL = {
    c.name: WORDS if c.kind is Kind.STRING and not is_word(c) else VALUES[c.kind]
    for c in EXCHANGES.columns
    if not c.required
}
ROWS = st.lists(
    st.fixed_dictionaries(
        {"exchange_id": TEXTS, "account_id": TEXTS, "started_at": VALUES[Kind.TIMESTAMP]}, optional=OPTIONAL
    ),
    max_size=6,
    unique_by=lambda row: row["exchange_id"],
)


def in_order(rows: list[Row]) -> list[dict[str, object]]:
    return sorted((whole(row) for row in rows), key=lambda row: str(row["exchange_id"]).encode())


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS)
def test_every_format_gives_back_the_rows(rows: list[dict[str, object]]) -> None:
    if not rows:
        return
    for suffix in ("parquet", "jsonl", "csv"):
        with TemporaryDirectory() as folder:
            path = write(Path(folder) / f"log.{suffix}", rows)
            found, summary = read_in(Path(folder), [path])
        assert found == in_order(rows), suffix
        assert (summary.rows.read, summary.rows.used) == (len(rows), len(rows))


@pytest.mark.parametrize("suffix", FORMATS)
def test_compression_changes_nothing(tmp_path: Path, suffix: str) -> None:
    rows = [exchange(n, input_text='a\n\nb, "c"\r\n', temperature=0.5, tool_names=["x", "y"]) for n in range(50)]
    found, _ = read_in(tmp_path, [write(tmp_path / f"log.{suffix}", rows)])
    assert found == in_order(rows)


def test_formats_mix_in_one_run(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"part{n}.{suffix}", [exchange(n, output_tokens=n)]) for n, suffix in enumerate(FORMATS)]
    found, summary = read_in(tmp_path, paths)
    assert [row["output_tokens"] for row in found] == list(range(len(FORMATS)))
    assert [source["rows_used"] for source in summary.sources] == [1] * len(FORMATS)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_empty_text_is_an_absent_value(tmp_path: Path, suffix: str) -> None:
    rows = [exchange(0, conversation_id="", user_agent="curl")]
    found, _ = read_in(tmp_path, [write(tmp_path / f"log.{suffix}", rows)])
    assert found[0]["conversation_id"] is None
    assert found[0]["user_agent"] == "curl"


def test_nan_is_an_absent_value(tmp_path: Path) -> None:
    write(tmp_path / "one.parquet", [exchange(0, temperature=math.nan, top_p=0.5)])
    (tmp_path / "two.jsonl").write_text(
        '{"exchange_id": "e1", "account_id": "a", "started_at": "2026-05-01", "temperature": NaN, "top_p": 0.5}\n'
    )
    found, summary = read_in(tmp_path, [tmp_path / "one.parquet", tmp_path / "two.jsonl"])
    assert [(row["temperature"], row["top_p"]) for row in found] == [(None, 0.5), (None, 0.5)]
    assert summary.rows.quarantined == 0


def test_absent_columns_are_typed_nulls(tmp_path: Path) -> None:
    found, _ = read_in(tmp_path, [write(tmp_path / "log.parquet", [exchange(0)])])
    assert list(found[0]) == list(EXCHANGES.names)
    assert found[0]["started_at"] == START


def test_unknown_columns_are_ignored_and_named(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"exchange_id":"e","account_id":"a","started_at":"2026-05-01","acount":1}\n')
    _, summary = read_in(tmp_path, [tmp_path / "log.jsonl"])
    assert summary.sources[0]["ignored_columns"] == ["acount"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = write(tmp_path / "log.jsonl", [exchange(0), exchange(1)])
    (tmp_path / "link.jsonl").symlink_to(path)
    _, summary = read_in(tmp_path, [path, tmp_path, tmp_path / "*.jsonl"])
    assert (summary.rows.read, summary.rows.used, len(summary.sources)) == (2, 2, 1)
