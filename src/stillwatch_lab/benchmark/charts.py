"""Positions of a chart's marks, as plain numbers and classes that the page's template writes as SVG."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from stillwatch_lab.benchmark import wording
from stillwatch_lab.benchmark.document import Curve, Dots, Panels
from stillwatch_lab.benchmark.intervals import Estimate

WIDTH = 960.0
LABELS, LETTER = 150.0, 7.3  # px: least width for the names of rows, and the width of a letter
RIGHT = 24.0
LINE = 13.0  # px between two series of one row
GAP = 12.0  # px between rows
TOP, BOTTOM = 14.0, 30.0
PANEL, BETWEEN = 200.0, 34.0
ACROSS = 4  # panels side by side
LEAST_RATE = 0.5  # per 100,000; lower rates are drawn at the edge, since a logarithmic scale has no 0


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    style: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot, with the text that is shown when the pointer is on it."""

    x: float
    y: float
    r: float
    style: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A text, anchored at `start`, `middle` or `end`."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    style: str = "tick"


@dataclass(slots=True)
class Drawing:
    """All parts of a chart, from back to front: lines, shapes, dots, texts."""

    height: float
    lines: list[Line] = field(default_factory=list)
    shapes: list[tuple[str, str]] = field(default_factory=list)  # SVG path and style
    marks: list[Mark] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    width: float = WIDTH


def style_of(series: tuple[str, ...], number: int) -> str:
    """The style class of a series: each level has its own, and other series have theirs by number."""
    name = series[number]
    return f"series-{name}" if name in ("act", "review", "watch") else f"series-{number % 8}"


def dots(chart: Dots) -> Drawing:
    """Rows of dots with intervals along one scale."""
    row = LINE * len(chart.series) + GAP
    height = TOP + row * len(chart.rows) + BOTTOM
    drawing = Drawing(height)
    scale = _Scale(chart)
    for at, text in scale.ticks:
        drawing.lines.append(Line(at, TOP, at, height - BOTTOM, "grid"))
        drawing.labels.append(Label(at, height - 10, text, "middle"))
    for number, (name, found) in enumerate(chart.rows):
        top = TOP + row * number
        drawing.labels.append(Label(scale.left - 12, top + row / 2 + 4, name, "end", "claim"))
        if number:
            drawing.lines.append(Line(0, top, WIDTH - RIGHT, top, "grid"))
        if name in chart.targets:
            x = scale.at(chart.targets[name])
            drawing.lines.append(Line(x, top + 3, x, top + row - 3, "moment"))
        for which, one in enumerate(found):
            _dot(
                drawing, scale, one, (top + GAP / 2 + LINE * (which + 0.5), style_of(chart.series, which)), chart, which
            )
    return drawing


def _dot(drawing: Drawing, scale: _Scale, one: Estimate, place: tuple[float, str], chart: Dots, which: int) -> None:
    y, style = place
    if one.value is None:
        return
    if one.low is not None and one.high is not None:
        drawing.lines.append(Line(scale.at(one.low), y, scale.at(one.high), y, style))
    title = f"{chart.series[which]}: {wording.whole(one, chart.unit)}"
    drawing.marks.append(Mark(scale.at(one.value), y, 4.2, style, title))


class _Scale:
    """A scale from shares or rates to pixels; that of rates is logarithmic from `LEAST_RATE` to a power of ten."""

    def __init__(self, chart: Dots) -> None:
        self._rate = chart.unit == "rate"
        self.left = max([LABELS, *(12 + LETTER * len(name) for name, _ in chart.rows)])
        highest = max((one.high or one.value or 0.0 for _, found in chart.rows for one in found), default=1.0)
        self._decades = max(1, math.ceil(math.log10(max(highest, 10.0))))
        if self._rate:
            values = [0.0, *(10.0**power for power in range(self._decades + 1))]
            self.ticks = [(self.at(value), f"{value:,.0f}") for value in values]
        else:
            self.ticks = [(self.at(share), f"{100 * share:.0f} %") for share in (0.0, 0.25, 0.5, 0.75, 1.0)]

    def at(self, value: float) -> float:
        """The x coordinate of a value, between the labels and the right edge."""
        if self._rate:
            low, high = math.log10(LEAST_RATE), float(self._decades)
            value = (math.log10(max(value, LEAST_RATE)) - low) / (high - low)
        return round(self.left + (WIDTH - RIGHT - self.left) * min(max(value, 0.0), 1.0), 1)


def panels(chart: Panels) -> Drawing:
    """Small panels side by side, each the unit square."""
    columns = min(ACROSS, len(chart.curves))
    rows = -(-len(chart.curves) // ACROSS)
    width = max(columns * (PANEL + BETWEEN) + 40, 320.0)
    drawing = Drawing(rows * (PANEL + 64) + 26, width=width)
    for number, curve in enumerate(chart.curves):
        left = 44 + (number % ACROSS) * (PANEL + BETWEEN)
        top = 34 + (number // ACROSS) * (PANEL + 64)
        _panel(drawing, chart, curve, (left, top), first=number % ACROSS == 0)
    drawing.labels.append(Label(44, drawing.height - 6, f"across: {chart.across} · up: {chart.up}"))
    return drawing


def _panel(drawing: Drawing, chart: Panels, curve: Curve, corner: tuple[float, float], first: bool) -> None:
    left, top = corner
    bottom = top + PANEL
    for share in (0.0, 0.5, 1.0):
        y, x = bottom - share * PANEL, left + share * PANEL
        drawing.lines += [Line(left, y, left + PANEL, y, "grid"), Line(x, top, x, bottom, "grid")]
        drawing.labels.append(Label(x, bottom + 15, f"{share:g}", "middle"))
        if first:
            drawing.labels.append(Label(left - 7, y + 4, f"{share:g}", "end"))
    if chart.diagonal:
        drawing.lines.append(Line(left, bottom, left + PANEL, top, "diagonal"))
    drawing.labels.append(Label(left, top - 18, curve.title, "start", "claim"))
    drawing.labels.append(Label(left, top - 5, curve.note))
    places = [(left + x * PANEL, bottom - y * PANEL) for x, y in curve.points]
    if curve.spread:
        lows = [(x, bottom - low * PANEL) for (x, _), (low, _) in zip(places, curve.spread, strict=True)]
        highs = [(x, bottom - high * PANEL) for (x, _), (_, high) in zip(places, curve.spread, strict=True)]
        drawing.shapes.append((_path([*lows, *reversed(highs)]) + "Z", "band"))
    drawing.shapes.append((_path(places), "curve"))
    if curve.sizes:
        most = max(curve.sizes)
        for (x, y), size, (stated, observed) in zip(places, curve.sizes, curve.points, strict=True):
            title = f"stated {stated:.4f}, observed {observed:.4f}, {size:,.0f} members"
            drawing.marks.append(
                Mark(round(x, 1), round(y, 1), round(3 + 9 * math.sqrt(size / most), 1), "series-0", title)
            )


def _path(places: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
