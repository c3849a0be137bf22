"""A real data set as the input tables of the product: exchanges, accounts, and who operates which account."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

UNKNOWN = np.iinfo(np.int64).min  # as numpy counts a time that is not there


@dataclass(frozen=True, slots=True)
class RealSet:
    """Exchanges and accounts under the names of the contract, and what is known of who operates the accounts.

    `operator` names the operator of each coordinated account; accounts without one are strangers where `labelled`, and
    unknown where not. Times of use mean something where `timed`.
    `note` says what the columns were made of. `source` is the publication.
    """

    name: str
    source: str
    note: str
    exchanges: pa.Table
    accounts: pa.Table | None = None
    operator: Mapping[str, str] = field(default_factory=dict)
    labelled: bool = True
    timed: bool = True

    def write(self, folder: Path) -> tuple[Path, Path | None]:
        """Writes the tables as Parquet into `folder`; returns their paths."""
        exchanges, accounts = folder / "exchanges.parquet", folder / "accounts.parquet"
        ids = pa.array([f"e{row:08d}" for row in range(len(self.exchanges))])
        pq.write_table(self.exchanges.append_column("exchange_id", ids), exchanges)
        if self.accounts is None:
            return exchanges, None
        pq.write_table(self.accounts, accounts)
        return exchanges, accounts


def read_columns(path: Path, *names: str) -> dict[str, list[Any]]:
    """Columns of a CSV file as text, None where empty."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        options = csv.ConvertOptions(
            include_columns=list(names),
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            null_values=["", "NA", "NULL"],
        )
        parse = csv.ParseOptions(newlines_in_values=True)
        rows = csv.read_csv(file, convert_options=options, parse_options=parse)
    return {name: rows[name].to_pylist() for name in names}


def times(microseconds: Int64) -> pa.Array:
    """Times as the contract wants them, from µs since 1970; null for UNKNOWN."""
    return pa.array(microseconds, pa.timestamp("us", tz="UTC"), mask=microseconds == UNKNOWN)


def seconds(values: list[Any]) -> Int64:
    """µs since 1970 from texts of seconds."""
    return np.round(np.array(values, dtype=np.float64) * 1e6).astype(np.int64)


def moments(values: list[Any]) -> Int64:
    """µs since 1970 from texts of dates and times in UTC; UNKNOWN for None."""
    written = [value.rstrip("Z").replace(" ", "T") if value else "NaT" for value in values]
    return np.array(written, "datetime64[us]").astype(np.int64)
