"""Logs become exchanges."""

from __future__ import annotations

from stillwatch.engine import Engine
from stillwatch.errors import InputError, UsageError
from stillwatch.progress import progress
from stillwatch.read.files import Source, find
from stillwatch.read.parquet import Footer, footer
from stillwatch.read.rejects import Rejects
from stillwatch.read.tables import Reading
from stillwatch.read.written import write_channels, write_quarantine, write_sources, write_tables
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES, JUDGEMENTS, PERMITS
from stillwatch.settings import Job

READS: tuple[str, ...] = ()
WRITES = (
    "exchanges",
    "received_sketches",
    "accounts",
    "permits",
    "judgements",
    "quarantine",
    "sources",
    "channels",
)


def run(engine: Engine, job: Job) -> None:
    """Reads everything the job names; raises UsageError for paths that name nothing, InputError for broken files.

    `exchanges` and `received_sketches` hold the rows inside the job's window; a row outside it counts as used.
    """
    mistakes = []
    named: list[tuple[str, list[Source]]] = []
    for table, patterns in (
        (EXCHANGES.name, job.inputs.exchanges),
        (ACCOUNTS.name, job.inputs.accounts),
        (PERMITS.name, job.inputs.permits),
        (JUDGEMENTS.name, job.inputs.judgements),
    ):
        sources, wrong = find(patterns)
        mistakes.extend(wrong)
        named.append((table, sources))
    if mistakes:
        raise UsageError(mistakes)
    text_bytes = sum(s.path.stat().st_size for _, sources in named for s in sources if s.format != "parquet")
    with progress("reading", text_bytes or None) as advance:
        reading = Reading(engine, job.settings.read, Rejects(engine.folder), advance)
        repeats = write_tables(reading, dict(named), job.window)
        write_sources(reading, repeats)
        write_quarantine(reading)
        write_channels(reading)


def received_key_id(job: Job) -> str | None:
    """The key under which the sketches among the logs were made; None when there are none or they do not say.

    Raises InputError when two of them say different keys: their values could not be compared.
    """
    sources, _ = find(job.inputs.exchanges)
    told = sorted(
        {
            found.key_id
            for found in (footer(source) for source in sources if source.format == "parquet")
            if found.holds_sketches() and found.key_id is not None
        }
    )
    if len(told) > 1:
        raise InputError(
            f"the sketches given were made under different keys ({', '.join(f'`{one[:40]}`' for one in told)}), "
            "so that their values cannot be compared; sketch all logs under one key"
        )
    return told[0] if told else None


__all__ = ["READS", "WRITES", "Footer", "received_key_id", "run"]
