"""Ids follow from what they name, and times are written and read as STIX has them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.records.identifiers import read_stamp, stamp, stix_id


@given(st.lists(st.text(max_size=4), max_size=3), st.lists(st.text(max_size=4), max_size=3))
def test_other_parts_have_another_id(one: list[str], other: list[str]) -> None:
    assert (stix_id("campaign", *one) == stix_id("campaign", *other)) == (one == other)


def test_an_id_is_a_uuid_of_version_five() -> None:
    kind, _, rest = stix_id("campaign", "a").partition("--")
    assert (kind, UUID(rest).version) == ("campaign", 5)
    assert stix_id("indicator", "a").partition("--")[2] != rest


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1980, 1, 1)))
def test_a_time_is_read_as_it_was_written(moment: datetime) -> None:
    found = read_stamp(stamp(moment))
    assert found is not None
    assert timedelta(0) <= moment - found < timedelta(milliseconds=1)


def test_a_time_is_written_in_utc() -> None:
    east = datetime(2026, 6, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    assert stamp(east) == stamp(datetime(2026, 6, 1, 12)) == "2026-06-01T12:00:00.000Z"


@pytest.mark.parametrize("text", [None, 7, "", "2026-06-01", "2026-06-01T12:00:00", "2026-13-01T12:00:00Z", "x" * 99])
def test_what_is_no_time_is_none(text: object) -> None:
    assert read_stamp(text) is None
