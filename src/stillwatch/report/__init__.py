"""What a run found becomes documents that a person reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from rich.console import Console

from stillwatch import __version__
from stillwatch.engine import Engine
from stillwatch.errors import Mistake, UsageError
from stillwatch.job import Job
from stillwatch.ledger.records import Entry
from stillwatch.records.outputs import DOCUMENTS
from stillwatch.report import accounts, folder, named
from stillwatch.report.access import sections
from stillwatch.report.access.doors import Upheld
from stillwatch.report.access.letter import letter, month_of
from stillwatch.report.build import build
from stillwatch.report.document import RunFacts
from stillwatch.report.dossier.aids import aids, names_of
from stillwatch.report.dossier.damage import Prices
from stillwatch.report.dossier.extract import extract
from stillwatch.report.dossier.facts import Recorded
from stillwatch.report.dossier.gather import gather, profile_of
from stillwatch.report.render import DOSSIERS, RENDERERS, WRITINGS, terminal
from stillwatch.report.render import json as json_renderer

if TYPE_CHECKING:
    from stillwatch.custody.seal import Sealing

Enter = Callable[[], None]

READS = (
    "networks",
    "network_members",
    "network_values",
    "network_links",
    "campaigns",
    "campaign_members",
    "campaign_exchanges",
    "reference_shares",
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

__all__ = [
    "READS",
    "WRITES",
    "Asked",
    "attribution_aids",
    "run",
    "seal_dossier",
    "show",
    "summary",
    "write",
    "write_accounts",
    "write_doors",
    "write_dossier",
    "write_extract",
    "write_letter",
]


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
    """A finished run, one of its networks, or the dossier of a campaign, as `html`, `md`, `json` or `text`.

    Raises UsageError when the folder does not exist; one for the id and the format together when both are wrong.
    """
    if campaign is not None and network is None and format in RENDERERS:
        return write_dossier(run, campaign, Asked(format)).decode()
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


@dataclass(frozen=True, slots=True)
class Asked:
    """In which format and for whom a dossier is written, and what is read beside the run."""

    format: str
    profile: str = "internal"
    recorded: Recorded | None = None
    prices: Prices | None = None


def write_dossier(run: Path, campaign: str, asked: Asked) -> bytes:
    """The dossier of a campaign of a finished run, in one of DOSSIERS.

    Raises UsageError when the folder, the campaign, the format or the profile does not exist.
    """
    profile = profile_of(asked.profile)
    if asked.format not in DOSSIERS:
        known = ", ".join(f"`{name}`" for name in DOSSIERS)
        raise UsageError([Mistake(f"`--format {asked.format}`", "is not a format", f"choose one of {known}")])
    with folder.opened(run) as (engine, facts):
        found = gather(engine, facts, campaign, profile, asked.recorded, asked.prices)
    return DOSSIERS[asked.format](found)


def seal_dossier(run: Path, campaign: str, asked: Asked, how: Sealing, by: str) -> tuple[bytes, bytes, Enter]:
    """The dossier, its seal, and what enters the seal into the log once both are written; the caller holds the log.

    Raises as `write_dossier`, UsageError where the clock went back, InputError where the log is broken.
    """
    from stillwatch.custody.seal import seal  # here, because a report needs no keys
    from stillwatch.report.dossier.sealing import About, collect

    dossier = write_dossier(run, campaign, asked)
    about = About(run, campaign, profile_of(asked.profile), asked.format, by)
    with folder.opened(run) as (engine, _):
        found = collect(engine, about, dossier, asked.recorded)
    whole, enter = seal(found.subjects, found.facts, found.entries, how)
    return dossier, whole, enter


def write_extract(run: Path, account: str, decisions: Sequence[Entry] | None, format: str, as_of: datetime) -> bytes:
    """What the holder of an account can be given, as `pdf`, `html` or `md`; `decisions` is None without a ledger.

    Effects begin and end by the clock, so decisions stand as they are at `as_of`. Raises UsageError for a strange
    account.
    """
    with folder.opened(run) as (engine, facts):
        found = extract(engine, facts, account, decisions, as_of)
    return WRITINGS[format](found, facts.made_at)


def write_doors(run: Path, upheld: Upheld, format: str) -> bytes:
    """How accounts came in, as `pdf`, `html` or `md`; raises UsageError where there is no such run."""
    with folder.opened(run) as (engine, facts):
        found = sections.written(engine, facts, upheld)
    return WRITINGS[format](found, facts.made_at)


def write_letter(run: Path, reseller: str, month: str, format: str) -> bytes:
    """The month's letter to a reseller, as `pdf`, `html` or `md`; raises UsageError for a strange reseller or month."""
    when = month_of(month)
    with folder.opened(run) as (engine, facts):
        found = letter(engine, facts, reseller, when)
    return WRITINGS[format](found, facts.made_at)


def attribution_aids(run: Path, campaign: str, names: Path | None) -> list[str]:
    """What a person may look at before attributing a campaign; raises UsageError where the run has no such campaign."""
    wanted = names_of(names)
    with folder.opened(run) as (engine, facts):
        (found,) = build(engine, facts, campaign).campaigns
        return list(aids(engine, found, wanted))


def write_accounts(run: Path, path: Path, campaign: str | None = None, network: str | None = None) -> int:
    """Writes every account of a run's campaigns, or of one campaign or network, to a `.csv` or `.parquet` file.

    Returns how many there are. Raises UsageError when the folder or the id does not exist, OutputError when the file
    cannot be written.
    """
    with folder.opened(run) as (engine, _):
        named.check(engine, campaign, network)
        return accounts.write_accounts(engine, path, campaign, network)
