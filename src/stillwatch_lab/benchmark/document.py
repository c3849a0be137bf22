"""The results of a benchmark run as one typed document of tables and charts, from which every form is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stillwatch_lab.benchmark.intervals import Estimate

Cell = str | Estimate | None


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and the unit by which its estimates are shown: `share`, `rate`, `number`, `days`;
    `text` for figures written out, `prose` for words."""

    name: str
    unit: str = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; the first cell of a row names it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Dots:
    """A chart with one line a row and a dot with its interval a series; values are shares, or rates on a log scale."""

    caption: str
    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Estimate, ...]], ...]
    unit: str = "share"
    targets: Mapping[str, float] = field(default_factory=dict)  # row → where its target stands


@dataclass(frozen=True, slots=True)
class Curve:
    """One panel: points of a line in the unit square, with an optional size a point (then dots are drawn)."""

    title: str
    note: str
    points: tuple[tuple[float, float], ...]
    sizes: tuple[float, ...] = ()
    spread: tuple[tuple[float, float], ...] = ()  # low and high at each point, drawn as a band


@dataclass(frozen=True, slots=True)
class Panels:
    """Small panels with one pair of axes in common; `diagonal` draws where both are equal."""

    caption: str
    across: str
    up: str
    curves: tuple[Curve, ...]
    diagonal: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, what a reader should take from it, and what shows it."""

    name: str
    title: str
    lead: str
    charts: tuple[Dots | Panels, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """One target beside its measurement; `met` None where it was not measured or nothing is demanded."""

    what: str
    target: str
    measured: str
    met: bool | None
    estimate: Estimate | None = None

    @property
    def verdict(self) -> str:
        """In one word."""
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
