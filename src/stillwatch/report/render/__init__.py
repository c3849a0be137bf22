"""The renderers of the document: each turns a document into text and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stillwatch.report.document import Document
from stillwatch.report.render import html, json, markdown, terminal

Renderer = Callable[[Document], str]
"""Returns the document as text; the same document gives the same bytes."""

RENDERERS: Mapping[str, Renderer] = {
    "html": html.render,
    "md": markdown.render,
    "json": json.render,
    "text": terminal.render,
}
"""Every renderer by the name of its format."""
