"""The renderers of the documents: each turns a document into text or bytes and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from stillwatch.report.document import Document
from stillwatch.report.dossier.blocks import Written
from stillwatch.report.dossier.chapters import written
from stillwatch.report.dossier.facts import Dossier
from stillwatch.report.render import dossier, html, json, markdown, terminal, typst

Renderer = Callable[[Document], str]
"""Returns the document as text; the same document gives the same bytes."""

RENDERERS: Mapping[str, Renderer] = {
    "html": html.render,
    "md": markdown.render,
    "json": json.render,
    "text": terminal.render,
}
"""Every renderer by the name of its format."""

WRITINGS: Mapping[str, Callable[[Written, datetime], bytes]] = {
    "pdf": typst.pdf,
    "html": lambda document, _: dossier.html(document).encode(),
    "md": lambda document, _: dossier.markdown(document).encode(),
}
"""Every rendering of a document in blocks, by the name of its format; the time is the run's."""

DOSSIERS: Mapping[str, Callable[[Dossier], bytes]] = {
    "pdf": lambda found: WRITINGS["pdf"](written(found), found.document.facts.made_at),
    "html": lambda found: WRITINGS["html"](written(found), found.document.facts.made_at),
    "md": lambda found: WRITINGS["md"](written(found), found.document.facts.made_at),
    "json": lambda found: dossier.json(found).encode(),
    "text": lambda found: terminal.render(found.document).encode(),
}
"""Every rendering of a dossier by the name of its format."""
