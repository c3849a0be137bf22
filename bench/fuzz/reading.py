"""What the reader makes of altered files, in this process: used, set aside, refused, or a fault of the reader's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.fuzz.mutants import Mutant
from stillwatch import read
from stillwatch.engine import Query
from stillwatch.engine.factory import open_engine
from stillwatch.errors import QueryError, StillwatchError
from stillwatch.job import Inputs, resolve
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES, JUDGEMENTS, PERMITS
from stillwatch.settings import EngineSettings, Settings

USED, SOME, NONE, REFUSED = "all rows used", "some rows used", "no row used", "file refused"
RAISED, MISCOUNTED = "raised", "miscounted"
GOOD = (USED, SOME, NONE, REFUSED)
TABLES = (EXCHANGES.name, ACCOUNTS.name, PERMITS.name, JUDGEMENTS.name)
SETTINGS = Settings(engine=EngineSettings(threads=1, memory_limit="1GB"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `said` is the refusal, or the fault."""

    number: int
    result: str
    said: str = ""


class UnnamedError(Exception):
    """Several files were read at once, and the fault is not known to be one file's."""


def outcomes(mutants: Sequence[Mutant], folder: Path) -> list[Outcome]:
    """Reads the files together; those that are refused by name are left out, and the others read again.

    Raises UnnamedError when something fails and names no file: then each has to be read alone.
    """
    files = {folder / mutant.table / mutant.name: mutant for mutant in mutants}
    for path, mutant in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mutant.data)
    found: list[Outcome] = []
    while files:
        try:
            return found + _read(files, folder)
        except StillwatchError as error:
            named = [path for path in files if f"`{path}`" in str(error)]
            if not named and len(files) > 1:
                raise UnnamedError(str(error)) from error
            found += [Outcome(files.pop(path).number, REFUSED, str(error)) for path in named or list(files)]
        except Exception as error:
            if len(files) > 1:
                raise UnnamedError(repr(error)) from error
            (mutant,) = files.values()
            return [*found, Outcome(mutant.number, RAISED, repr(error)[:500])]
    return found


def _read(files: dict[Path, Mutant], folder: Path) -> list[Outcome]:
    named = {table: tuple(str(path) for path, one in files.items() if one.table == table) for table in TABLES}
    job = resolve(Inputs(**named), settings=SETTINGS)
    with open_engine(SETTINGS.engine, folder) as engine:
        try:
            read.run(engine, job)
            rows = engine.fetch(Query("sources", "SELECT * FROM sources")).to_pylist()
            stored = {table: _count(engine, table) for table in TABLES}
        except QueryError as error:
            raise (read.broken_file(job, error, engine.folder) or error) from error
    wrong = [table for table in TABLES if stored[table] != sum(_used(rows, table))]
    if wrong and len(files) > 1:
        raise UnnamedError(f"the tables {wrong} have other rows than were counted")
    counted = {row["source"]: row for row in rows}
    return [_outcome(mutant, counted.get(str(path)), wrong) for path, mutant in files.items()]


def _count(engine: object, table: str) -> int:
    return int(engine.fetch(Query("count", f"SELECT count(*) AS n FROM {table}"))["n"][0].as_py())  # type: ignore[attr-defined]


def _used(rows: Iterable[dict[str, object]], table: str) -> list[int]:
    return [row["rows_used"] for row in rows if row["feeds"] == table]  # type: ignore[misc]


def _outcome(mutant: Mutant, row: dict[str, int] | None, wrong: Sequence[str]) -> Outcome:
    if row is None:
        return Outcome(mutant.number, MISCOUNTED, "no such source")
    names = ("rows_read", "rows_used", "rows_duplicate", "rows_quarantined")
    total, used, duplicate, quarantined = (row[name] for name in names)
    if total != used + duplicate + quarantined or min(used, duplicate, quarantined) < 0 or wrong:
        return Outcome(mutant.number, MISCOUNTED, f"{wrong} {[(name, row[name]) for name in names]}")
    if used + duplicate == total and total:
        return Outcome(mutant.number, USED)
    return Outcome(mutant.number, SOME if used + duplicate else NONE)


def cleared(folder: Path) -> None:
    """Empties the folder."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
