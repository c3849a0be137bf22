"""Lays out the timeline of a campaign: exchanges per day, and when the evidence became sufficient.

Lengths are in SVG user units, of which the drawing is 720 wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from stillwatch.report.document import Campaign, Day
from stillwatch.report.wording import abbreviated, count, day

WIDTH, HEIGHT = 720, 210
LEFT, RIGHT, TOP, BOTTOM = 46, 712, 40, 184
DAYS_DAILY, DAYS_WEEKLY = 100, 700  # up to so many days a bar is a day, or a week, else four weeks: bars stay >= 6 wide
LABELS = 6  # dates written under the axis


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: exchanges sent after detection at its foot, exchanges sent before detection on top."""

    x: float
    width: float
    after_y: float
    after_height: float
    before_y: float
    before_height: float
    title: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled line across the plot: horizontal for an amount, vertical for a date or an event."""

    at: float
    label: str
    anchor: str = "start"  # which end of the label stands at the line
    label_y: float = 0.0


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything to draw, and the sentence that describes it to a reader who cannot see it."""

    bars: tuple[Bar, ...]
    amounts: tuple[Mark, ...]
    dates: tuple[Mark, ...]
    detections: tuple[Mark, ...]
    unit: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Scale:
    """Converts days and exchanges to lengths: a bar is `step` days and `pitch` wide, the plot `top` exchanges high."""

    start: date
    step: int
    unit: str
    pitch: float
    top: int

    def x(self, bar: float) -> float:
        return round(min(max(LEFT + bar * self.pitch, LEFT), RIGHT), 1)

    def y(self, amount: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * amount / self.top, 1)

    def day(self, bar: int) -> date:
        return self.start + timedelta(days=bar * self.step)


def draw(campaign: Campaign) -> Timeline | None:
    """Lays out the campaign's days; None when it has none."""
    if not campaign.days:
        return None
    step, unit = _step(campaign.days)
    buckets = _buckets(campaign.days, step)
    top = _round_up(max(before + after for before, after in buckets))
    scale = _Scale(campaign.days[0].day, step, unit, (RIGHT - LEFT) / len(buckets), top)
    return Timeline(
        bars=tuple(_bar(index, before, after, scale) for index, (before, after) in enumerate(buckets)),
        amounts=tuple(Mark(scale.y(amount), _tick(amount)) for amount in (0, top // 2, top)),
        dates=_dates(scale, len(buckets)),
        detections=_detections(campaign, scale),
        unit=unit,
        sentence=_description(campaign, buckets, scale),
    )


def _step(days: Sequence[Day]) -> tuple[int, str]:
    length = (days[-1].day - days[0].day).days + 1
    if length <= DAYS_DAILY:
        return 1, "day"
    return (7, "week") if length <= DAYS_WEEKLY else (28, "four weeks")


def _buckets(days: Sequence[Day], step: int) -> list[tuple[int, int]]:
    start = days[0].day
    buckets = [(0, 0)] * ((days[-1].day - start).days // step + 1)
    for one in days:
        index = (one.day - start).days // step
        before, after = buckets[index]
        buckets[index] = before + one.before, after + one.after
    return buckets


def _bar(index: int, before: int, after: int, scale: _Scale) -> Bar:
    after_y, both_y = scale.y(after), scale.y(before + after)
    detected = f", {count(after)} of them from accounts already detected" if after else ""
    when = day(scale.day(index), True) if scale.step == 1 else f"{scale.unit} from {day(scale.day(index), True)}"
    return Bar(
        x=scale.x(index + 0.1),
        width=round(min(scale.pitch * 0.8, 48.0), 1),  # the bar of a campaign of one day must not fill the plot
        after_y=after_y,
        after_height=round(BOTTOM - after_y, 1),
        before_y=both_y,
        before_height=round(after_y - both_y, 1),
        title=f"{when}: {count(before + after, 'exchange')}{detected}",
    )


def _round_up(highest: int) -> int:
    """The least of 2, 4, 10, 20, 40, 100… that is not below `highest`; its half is a whole number too."""
    size = 1
    while True:
        for factor in (2, 4, 10):
            if factor * size >= highest:
                return factor * size
        size *= 10


def _tick(amount: int) -> str:
    return count(amount) if amount < 10_000 else abbreviated(amount).replace(".00", "").replace(".0", "")


def _dates(scale: _Scale, buckets: int) -> tuple[Mark, ...]:
    every = -(-buckets // LABELS)
    return tuple(Mark(scale.x(index + 0.1), day(scale.day(index))) for index in range(0, buckets, every))


def _detections(campaign: Campaign, scale: _Scale) -> tuple[Mark, ...]:
    found = campaign.detection
    if found is None:
        return ()
    if found.half.date() == found.first.date():
        named = [(found.first, f"first and half of the accounts detected, {day(found.first)}")]
    else:
        named = [
            (found.first, f"first account detected, {day(found.first)}"),
            (found.half, f"half of the accounts detected, {day(found.half)}"),
        ]
    marks = []
    for row, (moment, label) in enumerate(named):
        at = scale.x((moment - datetime.combine(scale.start, time())) / timedelta(days=scale.step))
        marks.append(Mark(at, label, "start" if at < WIDTH / 2 else "end", 14.0 + 15 * row))
    return tuple(marks)


def _description(campaign: Campaign, buckets: Sequence[tuple[int, int]], scale: _Scale) -> str:
    sums = [before + after for before, after in buckets]
    peak = sums.index(max(sums))
    described = (
        f"Exchanges per {scale.unit} from {day(campaign.days[0].day, True)} to {day(campaign.days[-1].day, True)}; "
        f"the maximum, {count(sums[peak])}, on {day(scale.day(peak), True)}."
    )
    if campaign.detection is None:
        return described
    return (
        f"{described} The first account was detected on {day(campaign.detection.first, True)}, "
        f"half of the accounts by {day(campaign.detection.half, True)}."
    )
