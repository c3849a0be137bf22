"""What may leave is what the types can hold: nothing finer, nothing of people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.records.claims import SHARED_VALUES
from stillwatch.records.indicators import INDICATOR_CLAIMS, canonical
from stillwatch.share.allowed import Band, Indicator, SharedCampaign, SharedNetwork, for_profile, hour, rounded

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def campaign() -> SharedCampaign:
    """A campaign as it may leave."""
    network = SharedNetwork(
        "n", "relay", (Indicator("same_address", "203.0.113.7"), Indicator("same_subnet", "203.0.113.0/24"))
    )
    bands = Band.of(417), Band.of(61_234), None, Band.of(10)
    return SharedCampaign("c", AT, AT, 95, *bands, ("grading",), (network,))


@given(st.integers(min_value=1, max_value=10**15))
def test_a_band_says_the_power_of_ten_and_no_more(count: int) -> None:
    low, high = (int(part.replace(",", "")) for part in Band.of(count).words.split(" to "))
    assert low <= count <= high
    assert (low, high + 1) == (10 ** (len(str(count)) - 1), 10 ** len(str(count)))
    assert Band.of(low) == Band.of(high) == Band.of(count)


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1)))
def test_a_time_is_its_hour(moment: datetime) -> None:
    found = hour(moment)
    assert timedelta(0) <= moment - found < timedelta(hours=1)
    assert hour(found) == found


@pytest.mark.parametrize(
    "changed",
    [
        {"first_seen": AT.replace(minute=1)},
        {"last_seen": AT + timedelta(microseconds=1)},
        {"first_seen": AT + timedelta(hours=1)},
        {"confidence": 96},
        {"confidence": 98.61},
        {"capabilities": ("customer 17",)},
    ],
)
def test_a_campaign_holds_nothing_finer(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"hour|begins|five|capability"):
        replace(campaign(), **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("digits", [-1, 17])
def test_a_band_that_is_none_is_refused(digits: int) -> None:
    with pytest.raises(ValueError, match="band"):
        Band(digits)


@given(st.floats(allow_nan=False))
def test_a_confidence_is_a_step_of_five(confidence: float) -> None:
    assert rounded(confidence) in range(0, 101, 5)


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("same_address", "10.0.0.1"),
        ("same_address", "203.0.113.7:443"),
        ("same_address", "203.0.113.007"),
        ("same_subnet", "203.0.0.0/8"),
        ("same_subnet", "203.0.113.0/25"),
        ("same_subnet", "2001:db8::/32"),
        ("same_subnet", "10.1.2.0/24"),
        ("same_user_agent", "client of bo@firm.example"),
        ("same_user_agent", "a\nb: c"),
        ("same_user_agent", "x" * 63 + "…"),
        ("same_user_agent", "x" * 65),
        ("same_device", "two words"),
        ("same_device", "' OR 1=1"),
        ("same_organisation", "203.0.113.7"),
        ("no_claim", "203.0.113.7"),
    ],
)
def test_a_value_that_is_not_technical_is_none(claim: str, value: str) -> None:
    with pytest.raises(ValueError, match="may leave"):
        Indicator(claim, value)


@given(st.sampled_from(INDICATOR_CLAIMS), st.text(max_size=80))
def test_what_is_written_once_stays(claim: str, text: str) -> None:
    found = canonical(claim, text)
    assert found is None or (canonical(claim, found) == found and len(found) <= 64)


def test_claims_about_people_and_texts_have_no_value() -> None:
    others = {one.name for one in SHARED_VALUES} - set(INDICATOR_CLAIMS)
    assert len(others) > 20
    assert {canonical(claim, text) for claim in others for text in ("203.0.113.7", "203.0.113.0/24", "token-1")} == {
        None
    }


def test_an_authority_is_told_ranges_only() -> None:
    found = for_profile(campaign(), "government")
    assert [one.claim for one in found.networks[0].indicators] == ["same_subnet"]
    assert for_profile(campaign(), "partner") == campaign()
    with pytest.raises(ValueError, match="profile"):
        for_profile(campaign(), "press")


def test_a_kind_of_network_is_one_of_the_contract() -> None:
    with pytest.raises(ValueError, match="kind"):
        SharedNetwork("n", "customers of firm 7", ())
