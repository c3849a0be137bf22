"""Times are read alike in text, in Arrow and in SQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.engine import Query, identifier
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.read.validation.casts import cast
from stillwatch.read.validation.times import moment, moments
from stillwatch.records import Column, Kind
from stillwatch.settings import EngineSettings

EIGHT = datetime(2026, 5, 1, 8)
SPELLED = {
    "2026-05-01": datetime(2026, 5, 1),
    "2026-05-01T08:00": EIGHT,
    "2026-05-01 08:00:00": EIGHT,
    "2026-05-01T08:00:00Z": EIGHT,
    "2026-05-01t08:00:00": None,
    "2026-05-01T08:00:00z": EIGHT,
    "2026-05-01T10:00:00+02:00": EIGHT,
    "2026-05-01T10:00:00+0200": EIGHT,
    "2026-05-01 10:00:00 +02": EIGHT,
    "2026-05-01T03:30:00-04:30": EIGHT,
    "2026-05-01T08:00:00.5Z": EIGHT + timedelta(microseconds=500_000),
    "2026-05-01T08:00:00,123456Z": EIGHT + timedelta(microseconds=123_456),
    "2026-05-01T08:00:00.123456999Z": EIGHT + timedelta(microseconds=123_456),
    "0001-01-01T00:00:00+01:00": None,
    "0000-01-01": None,
    "2026-02-29": None,
    "2026-05-01T24:00:00": None,
    "2026-05-01T08:00:60": None,
    "2026-05-01T08:00:00+99:00": None,
    "2026-5-1": None,
    "20260501": None,
    "2026-W18": None,
    "1777600000": None,
    "infinity": None,
    "epoch": None,
    "２０２６-05-01": None,
    " 2026-05-01": None,
    "2026-05-01T08:00:00 UTC": None,
}


@pytest.mark.parametrize(("text", "time"), SPELLED.items(), ids=SPELLED)
def test_moment(text: str, time: datetime | None) -> None:
    assert moment(text) == time


def test_arrow_reads_as_one_by_one() -> None:
    texts = [*SPELLED, None]
    assert moments(pa.array(texts, pa.string())).to_pylist() == [*SPELLED.values(), None]


@given(
    st.lists(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), max_size=5),
    st.sampled_from([None, UTC, timezone(timedelta(hours=-5, minutes=-30))]),
    st.sampled_from("T "),
)
def test_what_python_writes_is_read_back(times: list[datetime], zone: timezone | None, gap: str) -> None:
    texts = [time.replace(tzinfo=zone).isoformat(gap) for time in times]
    expected = [time.replace(tzinfo=None) - (zone.utcoffset(None) if zone else timedelta()) for time in times]
    assert moments(pa.array(texts, pa.string())).to_pylist() == expected
    assert [moment(text) for text in texts] == expected


def test_sql_reads_as_python(tmp_path: Path) -> None:
    read = cast(Column("at", Kind.TIMESTAMP), pa.string())
    with DuckDBEngine(EngineSettings(), tmp_path) as engine:
        # the engine's calendar goes on before year 1; such a time is out of the allowed range all the same
        texts = [text for text in SPELLED if not text.startswith("0001")]
        values = ", ".join(f"({index}, '{text}')" for index, text in enumerate(texts))
        engine.create("texts", Query("texts", f"SELECT * FROM (VALUES {values}) AS t(turn, {identifier('at')})"))
        rows = engine.fetch(Query("times", f"SELECT {read.value} AS at FROM texts ORDER BY turn"))
    assert rows["at"].to_pylist() == [SPELLED[text] for text in texts]
