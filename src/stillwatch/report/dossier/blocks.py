"""What a dossier consists of, for every rendering: sections of paragraphs, lists, tables and figures.

Texts are plain and printable; each renderer escapes them for its own format. In a table the first column names its row.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; `strong` for what no reader may overlook, `linked` where addresses in it are the provider's own."""

    text: str
    strong: bool = False
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A list of sentences."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with its caption; columns in `numbers` are set to the right. Without rows it says `otherwise`."""

    caption: str
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()
    otherwise: str = "None."


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing as SVG, the sentence that stands for it, and its caption."""

    svg: str
    alternative: str
    caption: str


Block = Paragraph | Items | Grid | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part; an annex begins a new page where there are pages."""

    title: str
    blocks: tuple[Block, ...]
    annex: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """The whole document: its title, for whom it is, and its sections."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    footer: str
