"""The renderings of a dossier's blocks: Markdown, HTML, and JSON beside the document that it was written from."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterator
from dataclasses import asdict

from stillwatch.report.dossier.blocks import Block, Figure, Grid, Items, Paragraph, Written
from stillwatch.report.dossier.facts import Dossier
from stillwatch.report.plain import plain
from stillwatch.report.render.html import template
from stillwatch.report.render.markdown import escape, table, with_addresses


def markdown(written: Written) -> str:
    """CommonMark with tables; figures stand as the sentences that describe them."""
    return "\n".join(_lines(written)) + "\n"


def _lines(written: Written) -> Iterator[str]:
    yield from (f"# {escape(written.title)}", "", escape(written.subtitle))
    for section in written.sections:
        yield from ("", f"## {escape(section.title)}")
        for block in section.blocks:
            yield ""
            yield from _block(block)
    yield from ("", escape(written.footer))


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text, strong, linked):
            shown = with_addresses(text) if linked else escape(text)
            yield f"**{shown}**" if strong else shown
        case Items(lines):
            yield from (f"- {escape(line)}" for line in lines)
        case Grid():
            yield from (escape(block.caption), "")
            if block.rows:
                cells = (tuple(escape(cell) for cell in row) for row in block.rows)
                yield from table(tuple(escape(name) for name in block.names), cells)
            else:
                yield escape(block.otherwise)
        case Figure():
            yield f"*{escape(block.caption)}* {escape(block.alternative)}"


def html(written: Written) -> str:
    """One self-contained page; drawings stand in it as they are, everything else escaped."""
    return template("dossier.html.j2").render(document=written)


def json(dossier: Dossier) -> str:
    """The document as every other report has it, and beside it what only a dossier states, under `dossier`."""
    own = plain(asdict(dossier))
    del own["document"]
    whole = plain(asdict(dossier.document)) | {"dossier": own}
    return json_module.dumps(whole, indent=2, ensure_ascii=True, allow_nan=False) + "\n"
