"""What a run found becomes documents that a person reads."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from rich.console import Console

from stillwatch import __version__
from stillwatch.engine import Engine
from stillwatch.errors import Mistake, UsageError
from stillwatch.job import Job
from stillwatch.records.outputs import DOCUMENTS
from stillwatch.report import accounts, folder, named
from stillwatch.report.build import build
from stillwatch.report.document import RunFacts
from stillwatch.report.render import RENDERERS, terminal
from stillwatch.report.render import json as json_renderer

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
    "lineage",
    "lineage_members",
    "applied_judgements",
    "quarantine",
    "altered_accounts",
    "unread_files",
    "sources",
    "evidence_sources",
)
WRITES = ("documents",)
PAGE = "report.html"

__all__ = ["READS", "WRITES", "run", "show", "summary", "write", "write_accounts"]


def run(engine: Engine, job: Job) -> None:
    """Writes `report.html` into the table `documents`."""
    document = build(
        engine,
        RunFacts(
            version=__version__,
            false_discovery_rate=job.settings.assess.false_discovery_rate,
            since=job.window.since,
            until=job.window.until,
            most_lost=job.settings.read.most_lost,
        ),
    )
    page = {"name": PAGE, "media_type": "text/html; charset=utf-8", "body": RENDERERS["html"](document)}
    engine.store(DOCUMENTS, pa.Table.from_pylist([page], schema=DOCUMENTS.schema))


def summary(run: Path) -> dict[str, object]:
    """What a finished run found, as plain JSON values.

    Raises UsageError when `run` is not a finished run folder.
    """
    with folder.opened(run) as (engine, facts):
        return json_renderer.summary(build(engine, facts)) | {"report": str(run / PAGE)}


def show(run: Path, console: Console) -> None:
    """Prints what a finished run found, wrapped to the console's width, and where its page is.

    Raises UsageError when `run` is not a finished run folder.
    """
    with folder.opened(run) as (engine, facts):
        document = build(engine, facts)
    terminal.show(document, console, run / PAGE)


def write(run: Path, campaign: str | None, format: str, network: str | None = None) -> str:
    """A finished run, or one of its campaigns or networks, as `html`, `md`, `json` or `text`.

    Raises UsageError when the folder does not exist; one for the id and the format together when both are wrong.
    """
    with folder.opened(run) as (engine, facts):
        mistakes: list[Mistake] = []
        try:
            document = build(engine, facts, campaign, network)
        except UsageError as error:
            mistakes.extend(error.mistakes)
        if format not in RENDERERS:
            known = ", ".join(f"`{name}`" for name in RENDERERS)
            mistakes.append(Mistake(f"`--format {format}`", "is not a format", f"choose one of {known}"))
        if mistakes:
            raise UsageError(mistakes)
        return RENDERERS[format](document)


def write_accounts(run: Path, path: Path, campaign: str | None = None, network: str | None = None) -> int:
    """Writes every account of a run's campaigns, or of one campaign or network, to a `.csv` or `.parquet` file.

    Returns how many there are. Raises UsageError when the folder or the id does not exist, OutputError when the file
    cannot be written.
    """
    with folder.opened(run) as (engine, _):
        named.check(engine, campaign, network)
        return accounts.write_accounts(engine, path, campaign, network)
