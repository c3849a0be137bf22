"""What a state's folder keeps of people beside its ledger: matches with lists, and the records of cases.

Each row says when it was kept, and goes when its time is over. Keeping and deleting are rows of the ledger's audit log,
with the number of rows and the sha256 of their bytes: the log proves that just what was kept was deleted, and holds
nothing of it. The row of a deletion comes before it: were a process killed in between, the next one deletes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stillwatch.disk import held, replaced
from stillwatch.errors import InputError, OutputError
from stillwatch.ledger.records import View, in_utc
from stillwatch.screening import kept as screening

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

RECORDS, SCREENING = "records", screening.FOLDER
FOLDERS = (SCREENING, RECORDS)
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of rows about people, and how many of them stay; `gone` are the others' bytes."""

    name: str  # `screening/arrivals.jsonl`
    rows: int
    oldest: datetime | None
    gone_rows: int = 0
    gone_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Keeper:
    """Keeps and deletes in a state's folder, in the name of a person or timer, with a row of the ledger for each."""

    state: Path
    ledger: Ledger
    by: str
    now: datetime

    def keep(self, case: str, rows: Iterable[Mapping[str, Any]]) -> Path:
        """Writes the records of a case in place of earlier ones; raises OutputError where they cannot be written."""
        folder = self.state / RECORDS
        try:
            folder.mkdir(0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"cannot write in `{self.state}`: {error.strerror or error}") from error
        lines = [json.dumps({**row, "at": self.now.isoformat()}, ensure_ascii=False) + "\n" for row in rows]
        whole = "".join(lines).encode("utf-8", "replace")
        path = folder / f"{case}.jsonl"
        self._delete(path, None, "replaced")
        self._note(f"kept {len(lines):,} rows", whole, path)
        with replaced(path, "--state") as fresh:
            fresh.write_bytes(whole)
        return path

    def expire(self, days: Mapping[str, int]) -> list[Kept]:
        """Deletes rows that were kept for longer than their folder's `days`, and those that cannot be read.

        Returns what was deleted of each file. Raises OutputError where a file cannot be written.
        """
        found = []
        for path in _files(self.state):
            before = in_utc(self.now) - timedelta(days=days[path.parent.name])
            found.append(self._delete(path, before, "expired"))
        return [one for one in found if one.gone_rows]

    def delete_case(self, case: str) -> Kept:
        """Deletes the records of a case before their time; raises InputError where there are none."""
        path = self.state / RECORDS / f"{case}.jsonl"
        if not case.isalnum() or not path.is_file():
            raise InputError(f"no records of `{case[:100]}` are kept")
        return self._delete(path, None, "deleted")

    def _delete(self, path: Path, before: datetime | None, why: str) -> Kept:
        """Takes rows kept before a moment out of a file; all of them where it is None."""
        name = _name(path)
        for _ in range(_TRIES):
            lines = _lines(path)
            stay = [line for line in lines if before is not None and (_at(line) or before) > before]
            left = set(stay)
            gone = [line for line in lines if line not in left]
            if not gone:
                return Kept(name, len(stay), None)
            whole = b"".join(gone)
            self._note(f"{why}: deleted {len(gone):,} rows", whole, path)
            # a server may have added a sign-up meanwhile: then it is read anew
            with held(path):
                unchanged = _lines(path) == lines
                if unchanged:
                    _rewrite(path, stay)
            if unchanged:
                return Kept(name, len(stay), None, len(gone), sha256(whole).hexdigest())
        raise OutputError(f"`{path}` changes all the time; try again")

    def _note(self, what: str, whole: bytes, path: Path) -> None:
        action = f"{what}, sha256 {sha256(whole).hexdigest()}"
        self.ledger.views.add([View(in_utc(self.now), self.by, action, _name(path))])


def kept(state: Path) -> list[Kept]:
    """Every file of rows about people, and its rows."""
    found = []
    for path in _files(state):
        lines = _lines(path)
        times = [at for at in map(_at, lines) if at is not None]
        found.append(Kept(_name(path), len(lines), min(times, default=None)))
    return found


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _rewrite(path: Path, stay: list[bytes]) -> None:
    try:
        if not stay:
            path.unlink(missing_ok=True)
            return
        with replaced(path, "--state") as fresh:
            fresh.write_bytes(b"".join(stay))
    except OSError as error:
        raise OutputError(f"cannot write `{path}`: {error.strerror or error}") from error


def _files(state: Path) -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((state / folder).glob("*.jsonl"))]


def _lines(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror or error}") from error


def _at(line: bytes) -> datetime | None:
    try:
        found = datetime.fromisoformat(json.loads(line)["at"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
