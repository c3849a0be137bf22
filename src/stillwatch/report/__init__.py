"""What a run found becomes documents that a person reads."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from stillwatch import __version__
from stillwatch.engine import Engine
from stillwatch.errors import Mistake, UsageError
from stillwatch.job import Job
from stillwatch.records.outputs import DOCUMENTS
from stillwatch.report import folder
from stillwatch.report.build import build
from stillwatch.report.document import Facts
from stillwatch.report.render import (
    html,
    markdown,
    terminal,
)
from stillwatch.report.render import (
    json as machine,
)

READS = (
    "networks",
    "network_members",
    "network_values",
    "network_links",
    "campaigns",
    "campaign_members",
    "campaign_exchanges",
    "evidence",
    "alternatives",
    "quarantine",
    "sources",
    "channels",
)
WRITES = ("documents",)

_RENDERERS = {"html": html.render, "md": markdown.render, "json": machine.render}

__all__ = ["READS", "WRITES", "run", "summary", "terminal", "write"]


def run(engine: Engine, job: Job) -> None:
    """Writes `report.html` into the table `documents`."""
    document = build(
        engine,
        Facts(
            version=__version__,
            innocents_per_100k=job.settings.assess.expected_innocents_per_100k,
            since=job.window.since,
            until=job.window.until,
        ),
    )
    rows = [{"name": "report.html", "media_type": "text/html; charset=utf-8", "body": html.render(document)}]
    engine.store(DOCUMENTS, pa.Table.from_pylist(rows, schema=DOCUMENTS.schema))


def summary(run: Path) -> dict[str, object]:
    """What a finished run found, as plain JSON values.

    Raises UsageError when `run` is not a finished run folder.
    """
    with folder.opened(run) as (engine, facts):
        return machine.summary(build(engine, facts)) | {"report": str(run / "report.html")}


def write(run: Path, campaign: str | None, format: str) -> str:
    """A finished run, or one of its campaigns, as `html`, `md` or `json`.

    Raises UsageError when the folder, the campaign or the format is not one that exists; both of the latter at once.
    """
    with folder.opened(run) as (engine, facts):
        mistakes: list[Mistake] = []
        try:
            document = build(engine, facts, campaign)
        except UsageError as error:
            mistakes.extend(error.mistakes)
        if format not in _RENDERERS:
            mistakes.append(Mistake(f"`--format {format}`", "is not a format", "choose `html`, `md` or `json`"))
        if mistakes:
            raise UsageError(mistakes)
        return _RENDERERS[format](document)
