"""Reads the footer of a Parquet file, which describes its rows, and gives a file another where an engine needs it."""

from __future__ import annotations

import base64
import binascii
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa

from stillwatch.engine import Engine, Query, identifier, literal
from stillwatch.engine.factory import open_engine
from stillwatch.errors import InputError, OutputError, QueryError, QueryErrorKind, reason_of
from stillwatch.input_files import Source, unreadable
from stillwatch.read.formats.parquet_footer import MAGIC, TAIL, Claims, read_claims
from stillwatch.read.formats.parquet_pages import check_page_headers
from stillwatch.read.formats.parquet_rewrite import rewritten_footer
from stillwatch.read.formats.thrift import DamagedError
from stillwatch.records import Table
from stillwatch.records.inputs import ACCOUNTS, EXCHANGES, INDICATORS, JUDGEMENTS, PERMITS
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch.settings import EngineSettings

KEY_ID = b"stillwatch.key_id"
_PLACES = ("file_index", "file_row_number", "filename")  # what the engine calls a row's place
_KNOWN = {
    *EXCHANGES.names,
    *ACCOUNTS.names,
    *PERMITS.names,
    *JUDGEMENTS.names,
    *INDICATORS.names,
    *EXCHANGE_SKETCHES.names,
}


@dataclass(frozen=True, slots=True)
class Footer:
    """The footer of a Parquet file.

    `types` are (column, type) in file order, `filled` the columns that are not entirely null, `rows` the number of
    rows, and `key_id` the key of its sketches. `closed` are (column, reason) of those that cannot be read. `groups`
    are, for sketches, the first and last account and the number of rows of each row group.
    """

    types: tuple[tuple[str, pa.DataType], ...]
    filled: frozenset[str]
    rows: int
    key_id: str | None
    closed: tuple[tuple[str, str], ...] = ()
    groups: tuple[tuple[str | None, str | None, int], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The column names in file order."""
        return tuple(name for name, _ in self.types)

    def holds_sketches(self) -> bool:
        """Returns whether the file has all columns of the textless sketches."""
        return set(EXCHANGE_SKETCHES.names) <= set(self.names)


def footer(source: Source) -> Footer:
    """Reads the file's footer; raises InputError for what is not whole Parquet and for sketches of another version.

    No library reads it: whatever the bytes are, they can at most be refused.
    """
    claims = _claims(source)
    types = claims.columns.types
    key_id = claims.metadata.get(KEY_ID)
    found = Footer(
        types,
        frozenset(types[column][0] for column in claims.filled),
        claims.rows,
        key_id.decode("utf-8", "replace") if key_id else None,
        tuple((types[column][0], reason) for column, reason in sorted(claims.closed.items())),
    )
    _check_version(source, found.names, claims)
    return replace(found, groups=tuple(_groups(claims))) if found.holds_sketches() else found


def check_columns(source: Source, footer: Footer, table: Table) -> None:
    """Raises InputError when a column of the table cannot be read, or when the file has it twice."""
    for name, reason in footer.closed:
        if name in table.names:
            raise unreadable(source, f"its column `{name}` {reason}")
    for name, times in Counter(footer.names).items():
        if times > 1 and name in table.names:
            raise unreadable(source, f"it has {times} columns named `{name}`; rename all but one")


def check_headers(sources: Iterable[Source], counts: bool = True) -> None:
    """Reads the header of every page; raises InputError for a file in which one cannot be true.

    Without `counts` a column may hold more or fewer values than the footer says: the engine finds that by itself.
    """
    for source in sources:
        try:
            check_page_headers(source.path, counts)
        except (OSError, DamagedError) as error:
            raise unreadable(source, reason_of(error)) from error


def check_pages(sources: Iterable[Source], folder: Path) -> None:
    """Reads every page of known columns in a database of its own, which may write to `folder`.

    Raises InputError for a file in which one cannot be read.
    """
    with open_engine(EngineSettings(threads=1), folder) as engine:
        for source in sources:
            try:
                _read_all(engine, source)
            except QueryError as error:
                raise broken_page(source, error) from error


def broken_page(source: Source, error: QueryError) -> InputError:
    """Returns the error for a file whose pages an engine could not read: what is wrong with them, or what it said."""
    try:
        check_headers([source])
    except InputError as found:
        return found
    return unreadable(source, error.reason.strip().partition("\n")[0])


def with_plain_names(source: Source, footer: Footer, table: Table, folder: Path) -> Source:
    """Returns the source, or a copy in `folder` when an unread column is named like one that is read, but for the case.

    Raises OutputError when the disk is full.
    """
    taken = {name.lower() for name in (*table.names, *_PLACES)}
    names = {
        column: f"unread_{column}"
        for column, name in enumerate(footer.names)
        if name not in table.names and name.lower() in taken
    }
    return _copy(source, folder, names, texts=False) if names else source


def text_as_bytes(source: Source, folder: Path) -> Source:
    """Writes a copy to `folder` in which all texts are bytes, so that an engine reads what is no UTF-8.

    Raises OutputError when the disk is full.
    """
    return _copy(source, folder, {}, texts=True)


def _copy(source: Source, folder: Path, names: Mapping[int, str], texts: bool) -> Source:
    """Copies the pages as they are, under another footer."""
    claims = _claims(source)
    new = rewritten_footer(claims, names, texts)
    path = folder / f"copy-{len(list(folder.glob('copy-*')))}.parquet"
    try:
        shutil.copyfile(source.path, path)
        with path.open("r+b") as stream:
            stream.seek(-len(claims.data) - TAIL, os.SEEK_END)
            stream.truncate()
            stream.write(new + len(new).to_bytes(4, "little") + MAGIC)
    except OSError as error:
        raise OutputError(f"cannot write `{path}`: {error.strerror or error}; free space on that disk") from error
    return Source(path, source.shown, source.name)


def _claims(source: Source) -> Claims:
    try:
        return read_claims(source.path)
    except OSError as error:
        raise unreadable(source, reason_of(error)) from error
    except DamagedError as error:
        raise unreadable(source, str(error)) from error


def _check_version(source: Source, names: Sequence[str], claims: Claims) -> None:
    """Raises InputError for sketches whose columns, or the names of whose codes, are of another version."""
    if not {"payload_value", "content_features"} <= set(names):
        return  # no sketches
    stored = _arrow_schema(claims)
    if set(EXCHANGE_SKETCHES.names) <= set(names) and all(
        own.name not in stored or _names(stored[own.name]) in (None, _names(own)) for own in EXCHANGE_SKETCHES.schema
    ):
        return
    raise unreadable(source, "it holds sketches of another version: sketch its logs again")


def _arrow_schema(claims: Claims) -> dict[str, pa.Field]:
    """Returns the fields as Arrow stored them beside Parquet's own, by name; none where that cannot be read."""
    try:
        written = base64.b64decode(claims.metadata.get(b"ARROW:schema", b""), validate=True)
        return {field.name: field for field in pa.ipc.read_schema(pa.py_buffer(written))}
    except (binascii.Error, ValueError, OSError, pa.ArrowException):
        return {}


def _names(field: pa.Field) -> bytes | None:
    """What a field's codes stand for, as stored; None where nothing is."""
    return (field.metadata or {}).get(b"names")


def _groups(claims: Claims) -> Iterator[tuple[str | None, str | None, int]]:
    """Yields the first and last account of each row group, from its statistics, and its number of rows."""
    names = [name for name, _ in claims.columns.types]
    place = next(at for at, leaf in enumerate(claims.columns.leaves) if names[leaf.column] == "account_id")
    for group in claims.groups:
        first, last = (_text(end) for end in group.ends[place])
        yield first, last, group.rows


def _text(end: bytes | None) -> str | None:
    try:
        return None if end is None else end.decode()
    except UnicodeDecodeError:
        return None


def _read_all(engine: Engine, source: Source) -> None:
    known = _KNOWN.intersection(name for name, _ in _claims(source).columns.types)
    values = ", ".join(map(identifier, sorted(known))) or "NULL"
    sql = "SELECT bit_xor(hash({values})) AS every FROM read_parquet({path}, hive_partitioning = false)"
    for path in (source.path, None):
        at = path or text_as_bytes(source, engine.folder).path
        try:
            engine.fetch(Query("every page", sql.format(values=values, path=literal(str(at.absolute())))))
        except QueryError as error:
            if path is None or error.kind is not QueryErrorKind.BROKEN_TEXT:
                raise
        else:
            return
