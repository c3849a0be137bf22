"""Columns and tables as data: the one description from which every engine, reader and writer works."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

# Arrow is imported where it is needed: settings and job stand on this module, and `--help` must not wait for Arrow.

_ALIKE = 0.85  # likeness (of `difflib`) from which a name is taken for a misspelling
_LONGEST = 100  # characters of a name that are compared


class Kind(Enum):
    """The column types of the contract; the value is the DuckDB spelling."""

    STRING = "VARCHAR"
    STRINGS = "VARCHAR[]"
    TIMESTAMP = "TIMESTAMP"  # UTC, microseconds, stored without zone
    INT64 = "BIGINT"
    INT32 = "INTEGER"
    INT16 = "SMALLINT"
    FLOAT64 = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    BYTES = "BLOB"
    SHARES = "MAP(VARCHAR, DOUBLE)"

    @property
    def arrow(self) -> pa.DataType:
        """The Arrow type of this kind."""
        return _arrow_types()[self]


@cache
def _arrow_types() -> dict[Kind, pa.DataType]:
    import pyarrow as pa

    return {
        Kind.STRING: pa.string(),
        Kind.STRINGS: pa.list_(pa.string()),
        Kind.TIMESTAMP: pa.timestamp("us"),
        Kind.INT64: pa.int64(),
        Kind.INT32: pa.int32(),
        Kind.INT16: pa.int16(),
        Kind.FLOAT64: pa.float64(),
        Kind.BOOLEAN: pa.bool_(),
        Kind.BYTES: pa.binary(),
        Kind.SHARES: pa.map_(pa.string(), pa.float64()),
    }


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the contract, its kind, whether a row without it is unusable.

    `names` are what its integer codes stand for; in files they are a JSON list in the field's metadata, under `names`.
    """

    name: str
    kind: Kind
    required: bool = False
    names: tuple[str, ...] = ()

    @property
    def field(self) -> pa.Field:
        """The Arrow field."""
        import pyarrow as pa

        metadata = {"names": json.dumps(self.names)} if self.names else None
        return pa.field(self.name, self.kind.arrow, nullable=not self.required, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Table:
    """A named table, its columns in order, and the columns that order its rows when it is written."""

    name: str
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns every row must have."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema."""
        import pyarrow as pa

        return pa.schema([column.field for column in self.columns])

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def columns(kind: Kind, names: str, required: bool = False) -> tuple[Column, ...]:
    """Several columns of one kind from a blank-separated list of names."""
    return tuple(Column(name, kind, required) for name in names.split())


def nearest(name: str, among: Iterable[str]) -> str | None:
    """The one of some names that this name is probably a misspelling of, or None where it is one of them or none is
    alike."""
    known = list(among)
    if name in known:
        return None
    found = difflib.get_close_matches(name[:_LONGEST], known, n=1, cutoff=_ALIKE)
    return found[0] if found else None
