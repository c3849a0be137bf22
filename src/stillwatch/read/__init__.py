"""Logs become exchanges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stillwatch.engine import Engine
from stillwatch.errors import InputError, QueryError, QueryErrorKind
from stillwatch.input_files import Source, size_of
from stillwatch.job import Job
from stillwatch.progress import progress
from stillwatch.read.formats.parquet import Footer, check_headers, check_pages, footer
from stillwatch.read.opening import suggested as suggested
from stillwatch.read.refusals import refusals
from stillwatch.read.state_tables import write_previous, write_state
from stillwatch.read.tables import Reading
from stillwatch.read.validation.faults import Faults
from stillwatch.read.validation.rejects import Rejects
from stillwatch.read.write_tables import (
    write_evidence_sources,
    write_quarantine,
    write_sources,
    write_tables,
    write_unread_files,
)
from stillwatch.records.inputs import (
    ACCOUNTS,
    EXCHANGES,
    INDICATORS,
    JUDGEMENTS,
    PERMITS,
)
from stillwatch.runs import state as states

READS: tuple[str, ...] = ()
WRITES = (
    "exchanges",
    "received_sketches",
    "received_groups",
    "state_sketches",
    "state_accounts",
    "accounts",
    "permits",
    "judgements",
    "indicators",
    "quarantine",
    "altered_values",
    "altered_accounts",
    "conflicting_rows",
    "unread_files",
    "sources",
    "evidence_sources",
    "previous_lineage",
    "previous_members",
    "previous_run",
    "previous_profiles",
    "previous_standings",
    "previous_looks",
)


def run(engine: Engine, job: Job) -> None:
    """Reads the job's files into the tables of WRITES.

    `exchanges` and `received_sketches` hold the rows that lie inside the job's window and after the end of its state; a
    row outside counts as used. The state's own rows become `state_sketches` and `state_accounts`. Raises InputError
    when a file cannot be read, OutputError when the disk is full.
    """
    state = states.load(job.state) if job.state else None
    named = {
        EXCHANGES.name: job.sources.exchanges,
        ACCOUNTS.name: job.sources.accounts,
        PERMITS.name: job.sources.permits,
        JUDGEMENTS.name: job.sources.judgements,
        INDICATORS.name: job.sources.indicators,
    }
    text_bytes = sum(size_of(source) for source in job.sources.every if source.format != "parquet")
    with progress("reading", text_bytes or None) as advance:
        rejects = Rejects(engine.folder, job.settings.read.keep_raw)
        reading = Reading(engine, job.settings.read, rejects, Faults(engine.folder), advance)
        repeats = write_tables(reading, named, states.window_of(job.window, state, job.lateness))
        write_unread_files(reading, job.sources.passed_over)
        write_state(engine, state)
        write_previous(engine, job, state)
        write_sources(reading, repeats, state)
        write_quarantine(reading, repeats)
        write_evidence_sources(reading, state)


def run_alone(engine: Engine, job: Job) -> None:
    """Reads the job's logs, and nothing beside them, into `exchanges`, `received_sketches`, `sources` and
    `unread_files`, as `run` does.

    `sources` has no digests of files, which a watch has cut itself. Raises InputError when a file cannot be read,
    OutputError when the disk is full.
    """
    rejects = Rejects(engine.folder, keep_raw=False)
    reading = Reading(engine, job.settings.read, rejects, Faults(engine.folder), lambda _: None)
    repeats = write_tables(reading, {EXCHANGES.name: job.sources.exchanges}, job.window)
    write_unread_files(reading, job.sources.passed_over)
    write_sources(reading, repeats, None, digests=False)


@dataclass(frozen=True, slots=True)
class ReceivedKey:
    """The key under which the sketches among the logs were made."""

    key_id: str | None  # None when the sketches do not name their key
    beside_logs: bool  # whether raw logs were given together with the sketches


def received_key(job: Job) -> ReceivedKey | None:
    """Returns the key that the sketches among the logs name; None when there are no sketches.

    Raises InputError when two files of sketches name different keys, since their values could not be compared.
    """
    sources = job.sources.exchanges
    sketches = [found for found in _footers(sources) if found.holds_sketches()]
    if not sketches:
        return None
    keys = sorted({found.key_id for found in sketches if found.key_id is not None})
    if len(keys) > 1:
        raise InputError(
            f"the sketches given were made under different keys ({', '.join(f'`{one[:40]}`' for one in keys)}), "
            "so that their values cannot be compared; sketch all logs under one key"
        )
    return ReceivedKey(keys[0] if keys else None, len(sketches) < len(sources))


def refuse_unusable(engine: Engine, job: Job) -> None:
    """Raises InputError when what was read is nothing to go on with, as `refusals` says it."""
    said = refusals(engine, has_state=job.state is not None)
    if said:
        raise InputError("\n".join(said))


def _footers(sources: Sequence[Source]) -> Iterator[Footer]:
    for source in sources:
        if source.format == "parquet":
            try:
                yield footer(source)
            except InputError:
                continue  # reading says so, together with all other files that it cannot read


def broken_file(job: Job, error: QueryError, folder: Path) -> InputError | None:
    """Returns the error that names the Parquet file whose broken page made a query fail; None when no page is broken.

    The read stage reads only columns that can have a fault, so a later stage may be the first to read a broken page.
    The pages are read in `folder`.
    """
    sources = [source for source in job.sources.every if source.format == "parquet"]
    if not (sources and (error.kind.may_be_a_file or error.kind is QueryErrorKind.OUT_OF_MEMORY)):
        return None
    try:
        check_headers(sources)  # a page that claims what it has not may want all memory
        if error.kind.may_be_a_file:
            check_pages(sources, folder)
    except InputError as broken:
        return broken
    return None
