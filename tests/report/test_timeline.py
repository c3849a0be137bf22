"""The timeline stays inside its frame and is true to the numbers that it shows."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stillwatch.report import timeline
from stillwatch.report.document import (
    Campaign,
    Day,
    Detection,
)

START = date(2026, 4, 22)


def campaign(days: tuple[Day, ...], detection: Detection | None = None) -> Campaign:
    moment = datetime(2026, 4, 22)
    return Campaign("C1", "act", moment, moment, 1, 1, None, None, None, 0.0, 50.0, 0.1, (), (), (), days, detection)


DAYS = st.lists(
    st.tuples(st.integers(0, 1500), st.integers(0, 10**7), st.integers(0, 10**7)),
    min_size=1,
    max_size=40,
    unique_by=lambda day: day[0],
).filter(lambda days: any(before + after for _, before, after in days))


@given(DAYS)
def test_bars_stand_in_their_frame_and_in_proportion(days: list[tuple[int, int, int]]) -> None:
    made = tuple(Day(START + timedelta(days=offset), before, after) for offset, before, after in sorted(days))
    shown = timeline.draw(campaign(made))
    assert shown is not None and len(shown.bars) <= timeline.DAYS_DAILY and len(shown.dates) <= timeline.LABELS
    heights = [bar.before_height + bar.after_height for bar in shown.bars]
    assert all(0 <= height <= timeline.BOTTOM - timeline.TOP + 0.2 for height in heights)
    assert all(bar.x >= timeline.LEFT and bar.x + bar.width <= timeline.RIGHT + 0.2 for bar in shown.bars)
    assert max(heights) >= 0.4 * (timeline.BOTTOM - timeline.TOP)  # the axis ends at most at 2.5 times the highest bar


def test_days_without_exchanges_leave_a_gap() -> None:
    shown = timeline.draw(campaign((Day(START, 2, 0), Day(START + timedelta(days=3), 0, 4))))
    assert shown is not None and [bar.before_height + bar.after_height for bar in shown.bars] == [72.0, 0, 0, 144.0]


def test_detection_is_marked_at_its_hour() -> None:
    found = Detection(datetime(2026, 4, 23), datetime(2026, 4, 24, 12), 0.1)
    days = tuple(Day(START + timedelta(days=offset), 1, 1) for offset in range(4))
    shown = timeline.draw(campaign(days, found))
    assert shown is not None
    quarter = (timeline.RIGHT - timeline.LEFT) / 4
    assert [mark.at for mark in shown.detections] == [
        round(timeline.LEFT + quarter, 1),
        round(timeline.LEFT + 2.5 * quarter, 1),
    ]
    assert "half of the accounts detected, 24 Apr" in shown.detections[1].label


def test_no_days_no_timeline() -> None:
    assert timeline.draw(campaign(())) is None
