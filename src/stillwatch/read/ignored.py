"""Finds the columns of a file that its table does not have, so that `check` can report a misspelt name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice

from stillwatch.input_files import Source
from stillwatch.read.formats.csv_rows import header_of
from stillwatch.read.formats.lines import blocks
from stillwatch.read.validation.rejects import printable
from stillwatch.records import Table
from stillwatch.settings import ReadSettings

_LINES = 100  # JSON objects read: a column of a log appears in most of its first lines
_NAMES = 20  # names reported: enough to see a misspelling, few enough to print


def ignored_columns(
    table: Table, source: Source, settings: ReadSettings, stored: Sequence[str] | None = None
) -> list[str]:
    """Returns printable names of columns that are not read, ascending, at most 20.

    `stored` are the columns of a Parquet file; without it, the start of the text file is read. Raises InputError when
    that cannot be read.
    """
    if stored is None and source.format == "csv":
        stored = header_of(source, blocks(source, settings.max_line_bytes))
    elif stored is None:
        stored = _json_names(source, settings)
    return sorted({printable(name) for name in stored if name not in table.names})[:_NAMES]


def _json_names(source: Source, settings: ReadSettings) -> list[str]:
    names: set[str] = set()
    for block in blocks(source, settings.max_line_bytes):
        for line in islice(block.lines, _LINES):
            try:
                value = json.loads(line.data)
            except (ValueError, RecursionError):
                continue  # the quarantine reports this line
            names.update(value if isinstance(value, dict) else ())
        break
    return sorted(names)
