"""Values that are not used as they stand, and files that hold their counts until their tables are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from stillwatch.read.spool import Spool
from stillwatch.read.validation.rejects import printable
from stillwatch.records import Kind, Table
from stillwatch.records.columns import columns
from stillwatch.records.inputs import TEXTS

REPLACED = "replaced"  # characters that no text holds were left out or replaced
CUT = "cut"  # the text was longer than is read, or an object was nested deeper
ALTERED = (REPLACED, CUT)
"""The reasons under which the rest of the value is used; under every other reason the value counts as absent."""

EXAMPLE_CHARACTERS = 60

ALTERED_BY_ACCOUNT = Table(
    "altered_by_account",
    (
        *columns(Kind.STRING, "account_id column_name", required=True),
        *columns(Kind.INT64, "rows", required=True),
    ),
)
UNUSED_BY_COLUMN = Table(
    "unused_by_column",
    (
        *columns(Kind.INT64, "number", required=True),  # of the source
        *columns(Kind.STRING, "column_name reason", required=True),
        *columns(Kind.INT64, "rows line", required=True),
        *columns(Kind.STRING, "example"),
    ),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A value of one row (its index in a batch) that is not used as it stands, and why."""

    index: int
    column: str
    reason: str
    value: object


@dataclass(slots=True)
class Faults:
    """Counts faults by source and column, and those that a client brings about in its texts by account as well."""

    folder: Path
    _by_column: Spool = field(init=False)
    _by_account: Spool = field(init=False)

    def __post_init__(self) -> None:
        self._by_column = Spool(self.folder, UNUSED_BY_COLUMN)
        self._by_account = Spool(self.folder, ALTERED_BY_ACCOUNT)

    def add(
        self, number: int, faults: Iterable[Fault], line: Callable[[int], int], accounts: pa.ChunkedArray | None
    ) -> None:
        """Adds the faults of one batch of rows of the source with this number.

        `line` gives the line of a row by its index, `accounts` (rows,) are the rows' accounts, None for tables without.
        """
        first: dict[tuple[str, str], Fault] = {}
        counts: Counter[tuple[str, str]] = Counter()
        by_account: Counter[tuple[str, str]] = Counter()
        for fault in faults:
            key = (fault.column, fault.reason)
            first.setdefault(key, fault)
            counts[key] += 1
            if accounts is not None and fault.reason in ALTERED:
                by_account[accounts[fault.index].as_py(), fault.column] += 1
        for key, fault in first.items():
            self.count(number, key, (counts[key], line(fault.index)), fault.value)
        for (account, column), rows in by_account.items():
            self.count_account(account, column, rows)

    def count(self, number: int, key: tuple[str, str], rows_and_line: tuple[int, int], value: object) -> None:
        """Adds a number of rows whose value in a column has one fault; `key` is the column and the reason.

        `rows_and_line` are how many and the first line, `value` is the value in that line.
        """
        column, reason = key
        rows, line = rows_and_line
        self._by_column.add(
            {
                "number": number,
                "column_name": column,
                "reason": reason,
                "rows": rows,
                "line": line,
                "example": example(column, reason, value),
            }
        )

    def count_account(self, account: str, column: str, rows: int) -> None:
        """Adds a number of rows in which an account's text was altered."""
        self._by_account.add({"account_id": account, "column_name": column, "rows": rows})

    def columns(self) -> Iterator[pa.RecordBatch]:
        """Yields the counts by column so far."""
        return self._by_column.batches()

    def accounts(self) -> Iterator[pa.RecordBatch]:
        """Yields the counts by account so far."""
        return self._by_account.batches()


def example(column: str, reason: str, value: object) -> str | None:
    """The value as a report may show it: shortened and printable; None where a person or a model wrote it."""
    if column in TEXTS or reason in ALTERED or value is None:
        return None
    return printable(value if isinstance(value, str | bytes) else repr(value), EXAMPLE_CHARACTERS)
