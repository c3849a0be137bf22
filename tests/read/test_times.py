"""Times are read alike one by one and in Arrow, as text and as numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.read.validation.times import UNITS, moment, moments, unit_of
from stillwatch.read.validation.typed import python_values

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
    " 2026-05-01 ": datetime(2026, 5, 1),
    "2026-05-01T08:00:00 UTC": EIGHT,
    "2026-05-01T08:00:00Z UTC": None,
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


COUNTED = {"s": "1777622400.123456", "ms": "1777622400123.456", "us": "1777622400123456", "ns": "1777622400123456789"}


@pytest.mark.parametrize(("unit", "text"), COUNTED.items())
def test_a_number_counts_its_unit(unit: str, text: str) -> None:
    time = EIGHT + timedelta(microseconds=123_456)
    assert moment(text, unit) == time
    assert unit_of(text, datetime(2015, 1, 1), datetime(2100, 1, 1)) == unit
    whole = [text.partition(".")[0], None]
    assert moments(pa.array(whole, pa.string()), unit).to_pylist() == [moment(str(whole[0]), unit), None]


@given(st.datetimes(datetime(2015, 1, 1), datetime(2099, 12, 31)), st.sampled_from(UNITS))
def test_the_unit_is_seen_from_any_time(time: datetime, unit: str) -> None:
    microseconds = (time - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    count = {"s": microseconds / 1e6, "ms": microseconds / 1e3, "us": microseconds, "ns": microseconds * 1_000}[unit]
    text = f"{count:.3f}" if isinstance(count, float) else str(count)
    assert unit_of(text, datetime(2015, 1, 1), datetime(2100, 1, 1)) == unit
    read = moment(text, unit)
    assert read is not None
    assert abs(read - time) <= timedelta(milliseconds=1)


@pytest.mark.parametrize("text", ["17", "-1777600000", "", "1e9", "9" * 30, "now", "1777600000 s"])
def test_other_numbers_count_nothing(text: str) -> None:
    assert unit_of(text, datetime(2015, 1, 1), datetime(2100, 1, 1)) is None


def test_a_stored_time_beyond_all_years_is_no_time() -> None:
    """A damaged Parquet file can hold them; Python's own times end with the year 9999."""
    beyond = pa.array([0, None, 2**62, -(2**62)], pa.int64()).cast(pa.timestamp("us"))
    first, missing, *others = python_values(beyond)
    assert (first, missing) == (datetime(1970, 1, 1), None)
    assert others == [b"a time beyond the years 1 to 9999"] * 2
    nested = pa.array([[0], [2**62]], pa.list_(pa.int64())).cast(pa.list_(pa.timestamp("us")))
    assert python_values(nested) == [[datetime(1970, 1, 1)], b"a time beyond the years 1 to 9999"]
