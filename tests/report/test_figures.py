"""Timeline and drawing: bounded, inside their frames, and true to the numbers they show."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.report import drawing as drawn
from stillwatch.report import timeline as timed
from stillwatch.report.document import (
    Campaign,
    Day,
    Detection,
    Link,
    Network,
    Value,
)

START = date(2026, 4, 22)


def campaign(days: tuple[Day, ...], detection: Detection | None = None) -> Campaign:
    moment = datetime(2026, 4, 22)
    return Campaign("C1", "act", moment, moment, 1, 1, None, None, None, 0.0, 50.0, 0.1, (), days, detection)


def network(links: list[tuple[str, str, bool]], values: list[str]) -> Network:
    moment = datetime(2026, 4, 22)
    return Network(
        network_id="N1",
        kind="relay",
        accounts=5,
        exchanges=9,
        first_seen=moment,
        last_seen=moment,
        confidence=90.0,
        formed_at=moment,
        values=tuple(Value(value, "payment", "same_payment_issuer", 3, 1, 2.0) for value in values),
        links=tuple(Link(*link) for link in links),
    )


DAYS = st.lists(
    st.tuples(st.integers(0, 1500), st.integers(0, 10**7), st.integers(0, 10**7)),
    min_size=1,
    max_size=40,
    unique_by=lambda day: day[0],
).filter(lambda days: any(before + after for _, before, after in days))


@given(DAYS)
def test_bars_stand_in_their_frame_and_in_proportion(days: list[tuple[int, int, int]]) -> None:
    made = tuple(Day(START + timedelta(days=offset), before, after) for offset, before, after in sorted(days))
    shown = timed.timeline(campaign(made))
    assert shown is not None and len(shown.bars) <= timed.DAILY and len(shown.dates) <= timed.LABELS
    heights = [bar.before_height + bar.after_height for bar in shown.bars]
    assert all(0 <= height <= timed.BOTTOM - timed.TOP + 0.2 for height in heights)
    assert all(bar.x >= timed.LEFT and bar.x + bar.width <= timed.RIGHT + 0.2 for bar in shown.bars)
    assert max(heights) >= 0.4 * (timed.BOTTOM - timed.TOP)  # the axis ends at most at 2.5 times the highest bar


def test_days_without_exchanges_leave_a_gap() -> None:
    shown = timed.timeline(campaign((Day(START, 2, 0), Day(START + timedelta(days=3), 0, 4))))
    assert shown is not None and [bar.before_height + bar.after_height for bar in shown.bars] == [72.0, 0, 0, 144.0]


def test_detection_is_marked_at_its_hour() -> None:
    found = Detection(datetime(2026, 4, 23), datetime(2026, 4, 24, 12), 0.1)
    days = tuple(Day(START + timedelta(days=offset), 1, 1) for offset in range(4))
    shown = timed.timeline(campaign(days, found))
    assert shown is not None
    quarter = (timed.RIGHT - timed.LEFT) / 4
    assert [mark.at for mark in shown.moments] == [
        round(timed.LEFT + quarter, 1),
        round(timed.LEFT + 2.5 * quarter, 1),
    ]
    assert "half of the accounts detected, 24 Apr" in shown.moments[1].label


def test_no_days_no_timeline() -> None:
    assert timed.timeline(campaign(())) is None


LINKS = st.lists(
    st.tuples(st.text("abc", min_size=1, max_size=6), st.sampled_from(["v1", "v2", "v3", "unknown"]), st.booleans()),
    max_size=400,
    unique_by=lambda link: link[:2],
)


@given(LINKS, st.randoms(use_true_random=False))
def test_drawing_is_bounded_and_blind_to_order(links: list[tuple[str, str, bool]], draw: object) -> None:
    first = drawn.drawing(network(links, ["v1", "v2", "v3"]))
    second = drawn.drawing(network(sorted(links, reverse=True), ["v1", "v2", "v3"]))
    assert first == second
    known = {account for account, value, _ in links if value != "unknown"}
    if first is None:
        assert not known
        return
    assert len(first.accounts) == min(len(known), drawn.ACCOUNTS)
    for node in first.accounts:
        assert 0 <= node.y <= first.height and node.x <= drawn.WIDTH


def test_members_are_drawn_before_strangers() -> None:
    links = [(f"a{index:03}", "v1", False) for index in range(300)] + [("z", "v1", True)]
    shown = drawn.drawing(network(links, ["v1"]))
    assert shown is not None and shown.strangers
    assert len(shown.accounts) == drawn.ACCOUNTS
    assert [node.title for node in shown.accounts if node.inside] == ["z"]


def test_one_line_a_link() -> None:
    shown = drawn.drawing(network([("a", "v1", True), ("a", "v2", True), ("b", "v1", False)], ["v1", "v2"]))
    assert shown is not None
    assert sum(lines.path.count("M") for lines in shown.lines) == 3
    assert [lines.inside for lines in shown.lines] == [False, True, True]


def test_families_keep_their_colour_and_strangers_share_one() -> None:
    assert drawn.colour("payment") == drawn.colour("payment_card") != drawn.colour("time")
    assert drawn.colour("life-cycle") == "family-6"
    assert drawn.colour('"><script>') == "family-other"
