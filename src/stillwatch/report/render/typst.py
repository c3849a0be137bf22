"""A dossier as PDF, by Typst: PDF/A-2b, tagged, with alternative texts, and the same bytes each time."""

from __future__ import annotations

import json
from calendar import timegm
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files
from typing import Any

from stillwatch.errors import Mistake, RunError, UsageError
from stillwatch.report.dossier.blocks import Block, Figure, Grid, Written
from stillwatch.report.render.letters import REPLACED, fonts_for, letters, shown

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
    fonts, replaced = fonts_for(_texts(asdict(written)))
    data = {
        "title": shown(written.title),
        "subtitle": shown(written.subtitle),
        "footer": shown(f"{written.footer} {REPLACED}" if replaced else written.footer),
        "fonts": fonts.families,
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
                font_paths=typst.Fonts(include_system_fonts=False, font_paths=list(fonts.folders)),
                pdf_standards=["a-2b", "ua-1"],
                timestamp=timegm(made_at.timetuple()),
                sys_inputs={"data": json.dumps(data)},
            )
        )
    except typst.TypstError as error:
        raise RunError(f"Typst refused the dossier ({error}); use `--format html` and report it") from error


def _texts(value: Any) -> Iterator[str]:
    """Every text in the value."""
    if isinstance(value, str):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else ()
    for one in inner:
        yield from _texts(one)


def _block(block: Block) -> dict[str, Any]:
    made = {name: _shown(value) for name, value in asdict(block).items()} | {"kind": type(block).__name__}
    if isinstance(block, Grid):
        made["widths"] = _widths(block)
    elif isinstance(block, Figure):
        made["svg"] = letters(block.svg)
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
