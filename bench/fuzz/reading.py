"""What the reader makes of altered files, in this process: used, set aside, refused, or a fault of the reader's own."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.fuzz.mutants import Mutant
from bench.fuzz.seeds import EXAMPLES
from stillwatch import read
from stillwatch.engine import Engine, Query
from stillwatch.engine.factory import open_engine
from stillwatch.errors import QueryError, StillwatchError
from stillwatch.job import Inputs, resolve
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES, JUDGEMENTS, PERMITS
from stillwatch.settings import EngineSettings, ReadSettings, Settings

USED, SOME, NONE = "all rows used", "some rows used", "no row used"
PART, REFUSED = "read in part", "file refused"
RAISED, MISCOUNTED = "raised", "miscounted"
GOOD = (USED, SOME, NONE, PART, REFUSED)
TABLES = (EXCHANGES.name, ACCOUNTS.name, PERMITS.name, JUDGEMENTS.name)
ENGINE = EngineSettings(threads=1, memory_limit="1GB")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `said` is the refusal, or the fault."""

    number: int
    result: str
    said: str = ""


class UnnamedError(Exception):
    """Several files were read at once, and the fault is not known to be one file's."""


def outcomes(mutants: Sequence[Mutant], folder: Path) -> list[Outcome]:
    """Reads the files together, those that need a mapping with it; files that are refused by name do not end that.

    Raises UnnamedError when something fails and names no file: then each has to be read alone.
    """
    found: list[Outcome] = []
    for mapping in {mapping_of(mutant.format): None for mutant in mutants}:
        files = {folder / one.table / one.name: one for one in mutants if mapping_of(one.format) == mapping}
        for path, mutant in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(mutant.data)
        settings = ReadSettings(skip_unreadable=True, mapping=mapping)
        found += _outcomes(files, folder, Settings(engine=ENGINE, read=settings))
    return found


def _outcomes(files: dict[Path, Mutant], folder: Path, settings: Settings) -> list[Outcome]:
    found: list[Outcome] = []
    while files:
        try:
            return found + _read(files, folder, settings)
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


def _read(files: dict[Path, Mutant], folder: Path, settings: Settings) -> list[Outcome]:
    named = {table: tuple(str(path) for path, one in files.items() if one.table == table) for table in TABLES}
    job = resolve(Inputs(**named), settings=settings)
    with open_engine(settings.engine, folder) as engine:
        try:
            read.run(engine, job)
        except QueryError as error:
            raise (read.broken_file(job, error, engine.folder) or error) from error
        rows = _rows(engine, "sources")
        stored = {table: _count(engine, table) for table in TABLES}
        unread = {str(row["source"]): row for row in _rows(engine, "unread_files")}
    wrong = [
        table for table in TABLES if stored[table] != sum(row["rows_used"] for row in rows if row["feeds"] == table)
    ]
    if wrong and len(files) > 1:
        raise UnnamedError(f"the tables {wrong} have other rows than were counted")
    counted = {row["source"]: row for row in rows}
    return [_outcome(mutant, counted.get(str(path)), unread.get(str(path)), wrong) for path, mutant in files.items()]


def _rows(engine: Engine, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = engine.fetch(Query(table, f"SELECT * FROM {table}")).to_pylist()
    return rows


def _count(engine: Engine, table: str) -> int:
    return int(engine.fetch(Query("count", f"SELECT count(*) AS n FROM {table}"))["n"][0].as_py())


def _outcome(
    mutant: Mutant, row: dict[str, Any] | None, unread: dict[str, Any] | None, wrong: Sequence[str]
) -> Outcome:
    if unread is not None and not unread["in_part"]:
        return Outcome(mutant.number, REFUSED, str(unread["reason"]))
    if row is None:
        return Outcome(mutant.number, MISCOUNTED, "no such source")
    names = ("rows_read", "rows_used", "rows_duplicate", "rows_quarantined")
    total, used, duplicate, quarantined = (row[name] for name in names)
    if total != used + duplicate + quarantined or min(used, duplicate, quarantined) < 0 or wrong:
        return Outcome(mutant.number, MISCOUNTED, f"{wrong} {[(name, row[name]) for name in names]}")
    if unread is not None:
        return Outcome(mutant.number, PART)
    if used + duplicate == total and total:
        return Outcome(mutant.number, USED)
    return Outcome(mutant.number, SOME if used + duplicate else NONE)


def mapping_of(name: str) -> Path | None:
    """The mapping file that a format's sample comes with."""
    path = EXAMPLES / f"{name.partition(' ')[0]}.toml"
    return path if path.is_file() else None


def cleared(folder: Path) -> None:
    """Empties the folder."""
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
