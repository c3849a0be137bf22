"""A dossier as PDF, by Typst: PDF/A-2b, tagged, with alternative texts, and the same bytes each time.

The fonts that Typst brings have Latin, Greek and Cyrillic letters and common signs; PDF/A refuses a letter that no font
has, so each other one is shown by its code point, as in `⟨U+65E5⟩`.
"""

from __future__ import annotations

import json
import unicodedata
from calendar import timegm
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files
from typing import Any

from stillwatch.errors import Mistake, RunError, UsageError
from stillwatch.report.dossier.blocks import Block, Figure, Grid, Written

SHOWN = (
    (0x20, 0x7E),
    (0xA0, 0xAC),
    (0xAE, 0x2FF),
    (0x38E, 0x3A1),
    (0x3A3, 0x482),
    (0x48A, 0x4FF),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2027),
    (0x2030, 0x2040),
    (0x20A0, 0x20BF),
    (0x2190, 0x23FF),
    (0x2460, 0x262F),
    (0x27E8, 0x27E9),
)
"""Code points that the fonts have; a test writes all of them."""

LONGEST_WORD = 18  # characters, after which a line may break: a column of a table can be this narrow
_BREAK = "\u200b"
SHORT, MOST_WIDTH = 16, 60  # characters: a column of short cells is as wide as they are, others share what is left


def pdf(written: Written, made_at: datetime) -> bytes:
    """The document's pages; `made_at`, of the run, is all that they say of time.

    Raises UsageError where Typst is missing, RunError where it refuses the document.
    """
    try:
        import typst
    except ModuleNotFoundError as error:
        remedy = "install it with `pip install 'stillwatch[dossier]'`"
        raise UsageError([Mistake("`--format pdf`", f"needs the package `{error.name}`", remedy)]) from error
    data = {
        "title": shown(written.title),
        "subtitle": shown(written.subtitle),
        "footer": shown(written.footer),
        "made": [made_at.year, made_at.month, made_at.day],
        "sections": [
            {"title": shown(one.title), "annex": one.annex, "blocks": [_block(block) for block in one.blocks]}
            for one in written.sections
        ],
    }
    template = files("stillwatch.report.render").joinpath("templates/dossier.typ").read_bytes()
    try:
        return bytes(
            typst.compile(
                template,
                format="pdf",
                ignore_system_fonts=True,
                pdf_standards=["a-2b", "ua-1"],
                timestamp=timegm(made_at.timetuple()),
                sys_inputs={"data": json.dumps(data)},
            )
        )
    except typst.TypstError as error:
        raise RunError(f"Typst refused the dossier ({error}); use `--format html` and report it") from error


def _block(block: Block) -> dict[str, Any]:
    made = {name: _shown(value) for name, value in asdict(block).items()} | {"kind": type(block).__name__}
    if isinstance(block, Grid):
        made["widths"] = _widths(block)
    elif isinstance(block, Figure):
        made["svg"] = _letters(block.svg)
    return made


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    return [_shown(one) for one in value] if isinstance(value, tuple) else value


def _widths(grid: Grid) -> list[int]:
    """How wide each column is beside the others, from its longest cell; 0 where it is as wide as its cells."""
    columns: Sequence[Sequence[str]] = list(zip(grid.names, *grid.rows, strict=True))
    longest = [max(map(len, column)) for column in columns]
    return [0 if one <= SHORT else min(one, MOST_WIDTH) for one in longest]


def shown(text: str) -> str:
    """The text in letters that the fonts have, with places to break in words that are longer than a column."""
    return " ".join(_broken(word) for word in _letters(text).split(" "))


def _letters(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    return "".join(one if _has(ord(one)) or one == "\n" else f"⟨U+{ord(one):04X}⟩" for one in composed)


def _has(code: int) -> bool:
    return any(first <= code <= last for first, last in SHOWN)


def _broken(word: str) -> str:
    if len(word) <= LONGEST_WORD:
        return word
    return _BREAK.join(word[at : at + LONGEST_WORD] for at in range(0, len(word), LONGEST_WORD))
