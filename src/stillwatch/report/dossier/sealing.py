"""What a dossier's seal holds: the files it rests on, its settings and figures, and every finding and deed as an entry.

The steps of custody bear the names of ISO/IEC 27037: identification, collection, acquisition and preservation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import stillwatch
from stillwatch.custody.check import digest_of
from stillwatch.custody.lines import canonical
from stillwatch.custody.seal import Entry
from stillwatch.engine import Engine, Query, identifier, literal
from stillwatch.errors import InputError
from stillwatch.report.dossier.facts import Recorded
from stillwatch.report.dossier.profiles import NAMED_LEVELS, TECHNICAL, Profile
from stillwatch.report.fetch import rows
from stillwatch.report.plain import plain
from stillwatch.runs.folder import MARKER, code_digest

FIGURES = (
    "accounts",
    "exchanges",
    "conversations",
    "input_tokens",
    "output_tokens",
    "level",
    "confidence",
    "q_value",
    "expected_innocent_accounts",
    "first_seen",
    "last_seen",
)
"""What a recomputation compares, of the row of the campaign."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is to be sealed: the subjects with their sha256, signed facts, and entries."""

    subjects: tuple[tuple[str, str], ...]
    facts: Mapping[str, Any]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class About:
    """Which campaign of which run, for whom, in which format, and who answers for it."""

    run: Path
    campaign: str
    profile: Profile
    format: str
    by: str


def collect(engine: Engine, about: About, dossier: bytes, recorded: Recorded | None) -> Sealed:
    """Everything to seal about a campaign; raises InputError where a file of the run cannot be read."""
    record = json.loads((about.run / MARKER).read_text(encoding="utf-8"))
    files = {path.name: digest_of(path) for path in sorted(about.run.iterdir()) if path.is_file()}
    if unread := [name for name, digest in files.items() if digest is None]:
        raise InputError(f"`{about.run / unread[0]}` cannot be read; a seal must hold every file of the run")
    inputs = record["inputs"]
    subjects = [("dossier", sha256(dossier).hexdigest())]
    subjects += [(f"run/{name}", str(digest)) for name, digest in files.items()]
    subjects += [(f"input/{place}", one["digest"]) for place, one in enumerate(inputs, 1)]
    (row,) = rows(engine, _of("campaigns", "campaign_id", [about.campaign]))
    steps = _custody(about, record, files)
    found = [*steps, *_found(engine, about, row["networks"])]
    done = _done(recorded, about.profile) if recorded is not None else ()
    return Sealed(tuple(subjects), _facts(about, record, row), (*found, *done))


def figures(row: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of a campaign's row, as JSON values."""
    return {name: plain(row[name]) for name in FIGURES}


def _facts(about: About, record: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    settings = record["settings"]
    finished = record.get("finished_at")
    return {
        "campaign": about.campaign,
        "profile": about.profile.name,
        "format": about.format,
        "by": about.by if about.profile.staff else "",
        "run_finished_at": None if finished is None else _aware(finished),
        "stillwatch": record["stillwatch"],
        "code_sha256": code_digest(Path(stillwatch.__file__).parent, ("__pycache__",)),
        "key_id": record.get("key_id"),
        "window": record["window"],
        "settings_sha256": sha256(canonical(settings)).hexdigest(),
        "settings": settings if about.profile.staff else None,
        "figures": figures(row),
    }


def _aware(moment: str) -> str:
    return datetime.fromisoformat(moment.removesuffix("Z")).replace(tzinfo=UTC).isoformat()


def _custody(about: About, record: Mapping[str, Any], files: Mapping[str, str | None]) -> Iterator[Entry]:
    """One record for each step and thing, as ISO/IEC 27037 names the steps."""
    staff, at = about.profile.staff, record.get("finished_at")
    for place, one in enumerate(record["inputs"], 1):
        thing = {"kind": "custody", "input": place}
        named = {"file": one["source"]} if staff else {}
        yield Entry(
            {**thing, **named, "process": "identification", "used_as": one["feeds"], "how": "named by the user"}
        )
        logged = "written by the provider's own gateway or systems before Stillwatch read it"
        yield Entry({**thing, "process": "collection", "how": logged})
        rows_of = {key: one[key] for key in ("bytes", "rows_read", "rows_used", "rows_quarantined") if key in one}
        yield Entry({**thing, **rows_of, "process": "acquisition", "sha256": one["digest"], "not_later_than": at})
    for name, digest in files.items():
        kept = {"kind": "custody", "process": "preservation", "file": f"run/{name}", "sha256": digest}
        yield Entry({**kept, "how": "published whole or not at all; sealed by this statement"})


def _found(engine: Engine, about: About, networks: Sequence[str]) -> Iterator[Entry]:
    profile, subjects = about.profile, [about.campaign, *networks]
    for row in rows(engine, _of("evidence", "subject", subjects)):
        judged = row["claim"].startswith("judged_")
        yield _entry("evidence", row, profile.staff or not judged, "examples")
        if row["examples"]:
            named = {name: row[name] for name in ("subject", "claim", "examples")}
            yield _entry("examples", named, profile.values)
    for table, column, shown in (
        ("alternatives", "subject", True),
        ("campaigns", "campaign_id", True),
        ("campaign_usage", "campaign_id", True),
        ("campaign_texts", "campaign_id", True),
        ("applied_judgements", "applies_to", profile.staff),
    ):
        yield from (_entry(table, row, shown) for row in rows(engine, _of(table, column, subjects)))
    whole = Query("sealed reference_shares", "SELECT * FROM reference_shares ORDER BY ALL")
    yield from (_entry("reference_shares", row, profile.staff) for row in rows(engine, whole))
    yield from (
        _entry("network_values", row, profile.values or row["shown"] is None or row["family"] == TECHNICAL)
        for row in rows(engine, _of("network_values", "network_id", networks))
    )
    yield from (
        _entry("campaign_members", row, profile.accounts and row["level"] in NAMED_LEVELS)
        for row in rows(engine, _of("campaign_members", "campaign_id", [about.campaign]))
    )


def _done(recorded: Recorded, profile: Profile) -> Iterator[Entry]:
    """What people and policies did; a holder's words and contact stay in the ledger."""
    named = profile.accounts and profile.staff
    for entry in recorded.decisions:
        whole = {key: value for key, value in asdict(entry.decision).items() if key not in ("holder_text", "appeal")}
        yield _entry("decision", whole, named)
        yield from (_entry("decision_event", asdict(event), named) for event in entry.events)
    for appeal in recorded.appeals:
        yield _entry(
            "appeal", {"appeal_id": appeal.appeal_id, "status": appeal.status, "at": appeal.received_at}, named
        )
    for share in recorded.shares:
        yield _entry("share", asdict(share), profile.staff)
    for one in recorded.attributions:
        entered = asdict(one)
        entered["row"] = entered.pop("kind")  # `kind` says what sort of entry it is
        yield _entry("attribution", entered, profile.attribution == "all")


def _entry(kind: str, row: Mapping[str, Any], shown: bool, *without: str) -> Entry:
    return Entry({"kind": kind, **{key: plain(row[key]) for key in row if key not in without}}, shown)


def _of(table: str, column: str, names: Iterable[str]) -> Query:
    """The rows of a table about these subjects, in its own order."""
    chosen = ", ".join(literal(one) for one in names) or "NULL"
    return Query(f"sealed {table}", f"SELECT * FROM {identifier(table)} WHERE {column} IN ({chosen}) ORDER BY ALL")
