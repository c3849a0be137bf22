"""Parses JSON lines and CSV once, as a stream, into typed rows with the number of their source and line."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import numpy as np
import pyarrow as pa

from stillwatch.input_files import Source
from stillwatch.read.formats.csv_rows import parse_csv
from stillwatch.read.formats.jsonl import Parsed, parse
from stillwatch.read.formats.lines import Block, blocks
from stillwatch.read.validation.checks import check
from stillwatch.read.validation.rejects import LINE_TOO_LONG, Reject, Rejects
from stillwatch.records import Column, Kind, Table
from stillwatch.settings import ReadSettings

_THREADS = 2  # Arrow parses without Python's lock; a third thread would wait for the reading and writing of blocks

Advance = Callable[[int], None]


def staged_table(table: Table) -> Table:
    """Returns the table with two more columns, each row's source number and line; no column is required."""
    columns = tuple(Column(column.name, column.kind) for column in table.columns)
    return Table(
        f"staged_{table.name}", (*columns, Column("source_number", Kind.INT64), Column("source_line", Kind.INT64))
    )


def stage(
    table: Table, sources: Iterable[tuple[int, Source]], settings: ReadSettings, rejects: Rejects, advance: Advance
) -> Iterator[pa.RecordBatch]:
    """Yields batches of `staged_table(table)` from text sources with their numbers; adds unusable rows to `rejects`.

    A batch holds rows of one source only. `advance` is called with the number of bytes read. Raises InputError when a
    file cannot be read at all.
    """
    schema = staged_table(table).schema
    for number, source in sources:
        for parsed in _parsed(table, source, settings, advance):
            for reject in parsed.rejects:
                rejects.add(number, source.shown, reject)
            usable = _usable(table, parsed, settings, partial(rejects.add, number, source.shown))
            place = {
                "source_number": np.full(usable.num_rows, number),
                "source_line": usable["source_line"],
            }
            yield from pa.table([*usable.columns[:-1], *place.values()], schema=schema).to_batches()


def _parsed(table: Table, source: Source, settings: ReadSettings, advance: Advance) -> Iterator[Parsed]:
    found = _advancing(blocks(source, settings.max_line_bytes), advance)
    if source.format == "csv":
        return parse_csv(table, source, found, settings.max_line_bytes)
    return _in_order(partial(_parse_block, table), found)


def _parse_block(table: Table, block: Block) -> Parsed:
    parsed = parse(table, block.lines.filled())
    overlong = tuple(Reject(line.number, LINE_TOO_LONG, line.data) for line in block.overlong)
    return Parsed(parsed.rows, parsed.lines, parsed.rejects + overlong)


def _usable(table: Table, parsed: Parsed, settings: ReadSettings, refuse: Callable[[Reject], None]) -> pa.Table:
    checked = check(table, parsed.rows, settings)
    rows = checked.rows.append_column("source_line", pa.array(parsed.lines.numbers))
    if not checked.reasons:
        return rows
    for index, reason in checked.reasons.items():
        line = parsed.lines.line(index)
        refuse(Reject(line.number, reason, line.data))
    unusable = np.zeros(rows.num_rows, np.bool_)
    unusable[list(checked.reasons)] = True
    return rows.filter(pa.array(~unusable))


def _advancing(found: Iterable[Block], advance: Advance) -> Iterator[Block]:
    for block in found:
        advance(len(block.lines.data) + 1)
        yield block


def _in_order(work: Callable[[Block], Parsed], found: Iterator[Block]) -> Iterator[Parsed]:
    # At most _THREADS + 1 blocks are in memory.
    with ThreadPoolExecutor(_THREADS) as pool:
        under_way: deque[Future[Parsed]] = deque(
            pool.submit(work, block) for block in itertools.islice(found, _THREADS)
        )
        while under_way:
            done = under_way.popleft().result()
            under_way.extend(pool.submit(work, block) for block in itertools.islice(found, 1))
            yield done
