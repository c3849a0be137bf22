"""Cells as a person reads them."""

from __future__ import annotations

from stillwatch.lab.ladder.document import Cell
from stillwatch.lab.ladder.intervals import Estimate
from stillwatch.lab.scorecard import percent

_FORMS = {"share": "{:.1f}", "rate": "{:.1f}", "number": "{:.2f}", "days": "{:.2f}"}


def value(cell: Cell, unit: str) -> str:
    """The value of a cell without its interval."""
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    if cell.value is None:
        return "-"
    return percent(cell.value) if unit == "share" else _FORMS[unit].format(cell.value)


def interval(cell: Cell, unit: str) -> str:
    """The interval of a cell in the unit of its value, or nothing."""
    if not isinstance(cell, Estimate) or cell.low is None or cell.high is None:
        return ""
    factor = 100 if unit == "share" else 1
    form = _FORMS[unit]
    return f"{form.format(factor * cell.low)}–{form.format(factor * cell.high)}"


def whole(cell: Cell, unit: str) -> str:
    """The value with its interval behind it."""
    spread = interval(cell, unit)
    return value(cell, unit) + (f" ({spread})" if spread else "")
