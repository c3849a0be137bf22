"""What is known of accounts outside a run: how many there are, their organisations, and who has a permit now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, json
from pyarrow import parquet as pq

from stillwatch.errors import InputError, Mistake, UsageError
from stillwatch.ledger.records import in_utc

_UNDER_CONTRACT = "contract"
_TEXTS = ("account_id", "organisation_id", "verification", "permit_id", "holder")
"""Columns that are texts whatever they look like: `0042` is no number, and `NA` is not nothing."""
_SUFFIXES = (".parquet", ".csv", ".json", ".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class People:
    """Accounts and permits beside a run."""

    total: int | None = None  # accounts of the provider; None where nobody says
    organisation_of: Mapping[str, str] | None = None  # by account where it can be believed; None where nobody says
    permits: tuple[Mapping[str, Any], ...] | None = None  # None where nobody says

    @classmethod
    def of(cls, accounts: pa.Table | None, permits: pa.Table | None, total: int | None = None) -> People:
        """From tables with the columns of the contract, as `accounts` and `permits`.

        Anybody can name an organisation: of one that has accounts under contract, those are its accounts and no others.
        """
        return cls(
            total if total is not None or accounts is None else accounts.num_rows,
            _organisations(accounts) if accounts is not None else None,
            tuple(permits.to_pylist()) if permits is not None else None,
        )

    def permitted(self, now: datetime) -> frozenset[str]:
        """Accounts, organisations, networks and campaigns that hold a permit at `now`."""
        return frozenset(str(one["holder"]) for one in self.permits or () if one.get("holder") and _holds(one, now))


def _holds(permit: Mapping[str, Any], now: datetime) -> bool:
    begins, ends = permit.get("valid_from"), permit.get("valid_until")
    return (begins is None or in_utc(begins) <= now) and (ends is None or now < in_utc(ends))


def _organisations(accounts: pa.Table) -> dict[str, str]:
    if not {"account_id", "organisation_id"} <= set(accounts.column_names):
        return {}
    names = [one for one in ("account_id", "organisation_id", "verification") if one in accounts.column_names]
    held: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for row in accounts.select(names).filter(pc.is_valid(accounts["organisation_id"])).to_pylist():
        if row["organisation_id"]:
            held[row["organisation_id"]].append((row["account_id"], row.get("verification") == _UNDER_CONTRACT))
    return {
        account: organisation
        for organisation, mine in held.items()
        for account, contract in mine
        if contract or not any(under for _, under in mine)
    }


def read_table(named: Sequence[str], option: str, needs: Iterable[str], times: Iterable[str] = ()) -> pa.Table | None:
    """The rows of Parquet, CSV or JSON-lines files; None where no file is named.

    Columns `times` become times in UTC. Raises UsageError where a file is missing or lacks a column of `needs`,
    InputError where it cannot be read.
    """
    tables = []
    for path in (path for name in named for path in _files(name, option)):
        found = _read(path)
        for name in needs:
            if name not in found.column_names:
                raise UsageError([Mistake(f"`{option} {path}`", f"has no column `{name}`", "see docs/contract.md")])
        known = [name for name in found.column_names if name in (*_TEXTS, *times)]
        tables.append(_in_time(_as_texts(found.select(known)), path, times))
    return pa.concat_tables(tables, promote_options="permissive") if tables else None


def _files(named: str, option: str) -> list[Path]:
    """The files that a path, a folder or a glob names."""
    whole = Path(named)
    if whole.is_file():
        candidates = [whole]
    elif whole.is_dir():
        candidates = list(whole.iterdir())
    else:
        candidates = list(Path(whole.anchor or ".").glob(str(whole.relative_to(whole.anchor or "."))))
    found = sorted(path for path in candidates if path.is_file() and path.suffix in _SUFFIXES)
    if not found:
        what = "names no file that can be read"
        raise UsageError([Mistake(f"`{option} {named}`", what, "name `.parquet`, `.csv` or `.jsonl` files")])
    return found


def _read(path: Path) -> pa.Table:
    try:
        if path.suffix == ".parquet":
            return pq.read_table(path, partitioning=None)
        if path.suffix == ".csv":
            options = csv.ConvertOptions(
                column_types=dict.fromkeys(_TEXTS, pa.string()), null_values=[""], strings_can_be_null=True
            )
            return csv.read_csv(path, convert_options=options)
        return json.read_json(path)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(f"`{path}` cannot be read ({' '.join(str(error).split())[:200]}); restore it") from error


def _as_texts(table: pa.Table) -> pa.Table:
    for name in set(_TEXTS) & set(table.column_names):
        table = table.set_column(table.column_names.index(name), name, table[name].cast(pa.string()))
    return table


def _in_time(table: pa.Table, path: Path, times: Iterable[str]) -> pa.Table:
    for name in set(times) & set(table.column_names):
        column = table[name]
        if pa.types.is_null(column.type):
            continue
        try:
            cast = column.cast(pa.timestamp("us", tz="UTC"))
        except pa.ArrowException as error:
            raise InputError(f"`{path}` has times in `{name}` that cannot be read ({error}); write ISO 8601") from error
        table = table.set_column(table.column_names.index(name), name, cast)
    return table
