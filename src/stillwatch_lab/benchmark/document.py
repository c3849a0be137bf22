"""The results of a benchmark run as one typed document of tables and charts; page and terminal are rendered from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stillwatch_lab.benchmark.intervals import Estimate

Cell = str | Estimate | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading and the unit of its estimates: `share`, `rate`, `number` or `days`.

    The unit `text` is for figures that are formatted already, `prose` for words.
    """

    name: str
    unit: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; the first cell of a row is its name."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Dots:
    """A chart with a line per row and, per series, a dot with its interval; rates are on a logarithmic scale."""

    caption: str
    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Estimate, ...]], ...]
    unit: str = "share"
    targets: Mapping[str, float] = field(default_factory=dict)  # row → value of its target


@dataclass(frozen=True, slots=True)
class Curve:
    """One panel: the points of a line in the unit square; if they have sizes, dots are drawn."""

    title: str
    note: str
    points: tuple[tuple[float, float], ...]
    sizes: tuple[float, ...] = ()
    spread: tuple[tuple[float, float], ...] = ()  # low and high at each point, drawn as a band


@dataclass(frozen=True, slots=True)
class Panels:
    """Small panels with the same axes; `diagonal` draws the line of equal coordinates."""

    caption: str
    across: str
    up: str
    curves: tuple[Curve, ...]
    diagonal: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, an introduction, and the section's charts and tables."""

    name: str
    title: str
    lead: str
    charts: tuple[Dots | Panels, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """One target and its measurement; `met` is None if it was not measured or nothing is demanded."""

    what: str
    target: str
    measured: str
    met: bool | None
    estimate: Estimate | None = None

    @property
    def verdict(self) -> str:
        """The result in one word."""
        return {None: "reported", True: "met", False: "missed"}[self.met]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole benchmark run."""

    version: str
    machine: Mapping[str, object]
    world: str
    seeds: tuple[int, ...]
    accounts: int
    exchanges: int
    prompts: str
    command: str
    targets: tuple[Target, ...]
    sections: tuple[Section, ...]
