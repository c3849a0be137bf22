"""Times in every unit are the same moment, and named transforms leave alone what they are not for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.read.gateways.transforms import TRANSFORMS, UNITS, moment_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TestMoments:
    @given(st.integers(0, 4_000_000_000_000_000))
    def test_all_units_agree(self, microseconds: int) -> None:
        read = moment_of("us")(microseconds)
        assert isinstance(read, str)
        assert datetime.fromisoformat(read) == EPOCH + timedelta(microseconds=microseconds)
        assert moment_of("ns")(microseconds * 1000 + 999) == read
        assert moment_of("ns")(str(microseconds * 1000)) == read
        milliseconds = microseconds // 1000
        assert moment_of("ms")(milliseconds) == moment_of("us")(str(milliseconds * 1000))
        assert moment_of("s")(microseconds // 1_000_000) == moment_of("us")(microseconds // 1_000_000 * 1_000_000)

    @pytest.mark.parametrize("value", [1737709246.847371, "1737709246.847371"])
    def test_fractions_of_a_second(self, value: object) -> None:
        assert moment_of("s")(value) == "2025-01-24T09:00:46.847371+00:00"

    @pytest.mark.parametrize("unit", UNITS)
    @pytest.mark.parametrize(
        "value",
        ["2026-01-01T00:00:00Z", "", "x", True, None, [], {}, float("nan"), float("inf"), 10**40, "9" * 31, "1.2.3"],
    )
    def test_what_is_no_number_is_left(self, unit: str, value: object) -> None:
        assert moment_of(unit)(value) is value


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [
        ("lower", "GPT", "gpt"),
        ("lower", 7, 7),
        ("first", ["a", "b"], "a"),
        ("first", "a", "a"),
        ("first", [], None),
        ("last", ["a", "b"], "b"),
        ("last", [], None),
        ("last", "a", "a"),
        ("integer", "429", 429),
        ("integer", 429, 429),
        ("integer", "timeout", None),
        ("integer", True, None),
        ("integer", 4.5, None),
        (
            "without_session",
            "arn:aws:sts::123456789012:assumed-role/app/chosen",
            "arn:aws:sts::123456789012:assumed-role/app",
        ),
        ("without_session", "arn:aws:iam::123456789012:user/app", "arn:aws:iam::123456789012:user/app"),
        ("without_session", 7, 7),
    ],
)
def test_transform(name: str, value: object, found: object) -> None:
    assert TRANSFORMS[name][0](value) == found


@pytest.mark.parametrize("name", TRANSFORMS)
@given(value=st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_no_value_makes_a_transform_raise(name: str, value: object) -> None:
    TRANSFORMS[name][0](value)
