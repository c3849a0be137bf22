"""Reads the tables of a finished run, for whoever needs a few of them and no engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.errors import InputError, reason_of


def table_of(run: Path, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Returns a table of a run folder, or some of its columns; raises InputError when it cannot be read."""
    path = run / f"{name}.parquet"
    try:
        # a folder above that is called `a=b` is no column
        return pq.read_table(path, columns=columns, partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"`{path}` cannot be read ({reason_of(error)}); scan again") from error
