"""Formats the cells of tables."""

from __future__ import annotations

from stillwatch_lab.benchmark.document import Cell
from stillwatch_lab.benchmark.intervals import Estimate
from stillwatch_lab.scores.scorecard import percent

_DECIMALS = {"share": 1, "rate": 1, "number": 2, "days": 2}
_LITTLE = 0.05  # per cent; a smaller share is shown with one significant digit, not as 0
_MANY = 100  # rates from here on are shown without decimals


def value(cell: Cell, unit: str) -> str:
    """The value of a cell without its interval."""
    if isinstance(cell, str):
        return cell
    if cell is None or cell.value is None:
        return "-"
    return percent(cell.value) if unit == "share" else _figure(cell.value, unit)


def interval(cell: Cell, unit: str) -> str:
    """The interval of a cell in the unit of its value, or nothing."""
    if not isinstance(cell, Estimate) or cell.low is None or cell.high is None:
        return ""
    factor = 100 if unit == "share" else 1
    low, high = _figure(factor * cell.low, unit), _figure(factor * cell.high, unit)
    return f"{low} to {high}" if cell.low < 0 else f"{low}–{high}"


def whole(cell: Cell, unit: str) -> str:
    """The value, followed by its interval."""
    spread = interval(cell, unit)
    return value(cell, unit) + (f" ({spread})" if spread else "")


def _figure(number: float, unit: str) -> str:
    if unit == "share" and 0 < number < _LITTLE:
        return f"{number:.1g}"
    decimals = 0 if abs(number) >= _MANY and unit == "rate" else _DECIMALS[unit]
    return f"{number:,.{decimals}f}"


def plain(name: str) -> str:
    """An internal name as words."""
    return name.removeprefix("baseline-").replace("_", " ").replace("-", " ")
