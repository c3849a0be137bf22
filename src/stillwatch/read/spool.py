"""Rows that are written while files are read, kept on disk until their table is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.errors import OutputError
from stillwatch.records import Table

_BATCH = 10_000  # rows held in memory: of some hundred bytes each, they take a few megabytes


@dataclass(slots=True)
class Spool:
    """Rows of one table, in files of `folder` that nobody else writes."""

    folder: Path
    table: Table
    _files: list[Path] = field(default_factory=list)
    _waiting: list[Mapping[str, object]] = field(default_factory=list)

    def add(self, row: Mapping[str, object]) -> None:
        """Adds a row; raises OutputError when the disk is full."""
        self._waiting.append(row)
        if len(self._waiting) >= _BATCH:
            self._flush()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yields all rows so far, file by file; raises OutputError when the disk is full."""
        self._flush()
        for path in self._files:
            yield from pq.read_table(path, schema=self.table.schema).to_batches()

    def _flush(self) -> None:
        if not self._waiting:
            return
        path = self.folder / f"spool-{self.table.name}-{len(self._files)}.parquet"
        try:
            pq.write_table(pa.Table.from_pylist(self._waiting, schema=self.table.schema), path)
        except OSError as error:
            raise OutputError(f"cannot write `{path}`: {error.strerror or error}; free space on that disk") from error
        self._files.append(path)
        self._waiting.clear()
