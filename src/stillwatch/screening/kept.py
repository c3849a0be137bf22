"""Matches that wait for a person, as JSON lines in a state's folder: of the last screening, and of sign-ups since.

They hold names of people. The first file is replaced by each screening, the second loses its oldest half when it is
full; judgements on them stand in the ledger, under an id that names nobody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from stillwatch.disk import held, replaced
from stillwatch.errors import OutputError
from stillwatch.records.subjects import SCREENING

FOLDER = "screening"
BATCH, ARRIVALS = "matches.jsonl", "arrivals.jsonl"
MOST_BYTES = 10_000_000
"""Of the file of sign-ups; 20,000 matches or so."""
MOST_SHOWN = 20_000


@dataclass(frozen=True, slots=True)
class Match:
    """A holder's name agrees with a listed one. `country` and what the list says of it are shown, not weighed."""

    match_id: str
    account_id: str
    role: str
    name: str
    country: str
    listed: str
    source: str
    programs: tuple[str, ...]
    score: float
    reasons: tuple[str, ...]
    at: str = ""  # when it was kept

    @property
    def subject(self) -> str:
        """What a judgement on this match is about."""
        return SCREENING + self.match_id


def is_match_id(text: str) -> bool:
    """Whether a text has the form of a match's id."""
    return re.fullmatch(r"[0-9a-f]{32}", text) is not None


def row_of(one: Match, at: datetime) -> dict[str, Any]:
    """A match as a JSON object, kept at that moment."""
    return asdict(replace(one, at=at.isoformat()))


def write_batch(state: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Replaces the matches of the last screening; raises OutputError where they cannot be written."""
    folder = _made(state)
    with replaced(folder / BATCH, "--state") as fresh, fresh.open("w", encoding="utf-8") as stream:
        stream.writelines(_line(row) for row in rows)


def add_arrivals(state: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Adds matches of sign-ups; several processes may. Raises OutputError where they cannot be written."""
    path = _made(state) / ARRIVALS
    with held(path):
        _add(path, rows)


def _add(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    try:
        if path.exists() and path.stat().st_size > MOST_BYTES:
            lines = path.read_bytes().splitlines(keepends=True)
            with replaced(path, "--state") as fresh:
                fresh.write_bytes(b"".join(lines[len(lines) // 2 :]))
        with path.open("a", encoding="utf-8") as stream:
            stream.write("".join(_line(row) for row in rows))
    except OSError as error:
        raise OutputError(f"cannot write `{path}`: {error.strerror or error}") from error


def kept(state: Path) -> list[Match]:
    """The matches that were kept, each once, the highest scores first; lines that are no match are passed over."""
    found: dict[str, Match] = {}
    for name in (BATCH, ARRIVALS):
        for one in _read(state / FOLDER / name):
            found[one.match_id] = one
    return sorted(found.values(), key=lambda one: (-one.score, one.match_id))[:MOST_SHOWN]


def _read(path: Path) -> Iterator[Match]:
    with suppress(FileNotFoundError), path.open(encoding="utf-8", errors="replace") as stream:
        for line in stream:
            # a process that was killed may have left half a line
            with suppress(ValueError, TypeError, KeyError):
                row = json.loads(line)
                row["programs"], row["reasons"] = tuple(row["programs"]), tuple(row["reasons"])
                yield Match(**row)


def _made(state: Path) -> Path:
    folder = state / FOLDER
    try:
        folder.mkdir(0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write in `{state}`: {error.strerror or error}") from error
    return folder


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"
