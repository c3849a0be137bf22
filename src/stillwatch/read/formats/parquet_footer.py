"""Reads the footer of a Parquet file without trusting it: what it claims must fit the file that it describes."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from stillwatch.read.formats.parquet_schema import Columns, Leaf, read_columns
from stillwatch.read.formats.thrift import DamagedError, Reader, nested

MAGIC, _ENCRYPTED = b"PAR1", b"PARE"
TAIL = 8  # bytes: the footer's length and the magic
_LARGEST = 1 << 26  # bytes of a footer, enough for some 10,000 row groups of 30 columns
# Every row has a key, which takes some of a byte even where keys are consecutive and compressed. Many more rows than
# bytes were never written: a page of ten bytes can claim 2^31 nulls.
_ROWS_A_BYTE, _ROWS_ANYWAY = 1_000, 10_000_000
_CODECS = ("none", "snappy", "gzip", "LZO", "brotli", "LZ4", "zstd", "LZ4")
_NO_CODECS = ("LZO",)  # known, and read by no engine

_STATISTICS = nested({3: Reader.number, 5: Reader.text, 6: Reader.text})
_META = nested(
    {
        1: Reader.number,
        4: Reader.number,
        5: Reader.number,
        6: Reader.number,
        7: Reader.number,
        9: Reader.number,
        11: Reader.number,
        12: _STATISTICS,
    }
)
_CHUNK = {1: Reader.text, 3: _META, 8: nested({})}
_PAIR = {1: Reader.text, 2: Reader.text}


@dataclass(frozen=True, slots=True)
class Chunk:
    """The pages of one stored column in one row group: where they lie, and how many values they hold."""

    leaf: Leaf
    start: int
    size: int
    values: int
    codec: int


@dataclass(frozen=True, slots=True)
class Group:
    """A row group: its number of rows, and the least and greatest value of each column as bytes, where stated."""

    rows: int
    ends: tuple[tuple[bytes | None, bytes | None], ...]


@dataclass(slots=True)
class Claims:
    """What a footer says of its file, after it was compared with the file's size.

    `filled` are the top-level columns that are not entirely null; `closed` gives the reason why one cannot be read.
    `schema` and `pairs` are the places in `data` of the schema and of the pairs of metadata.
    """

    data: bytes
    columns: Columns = field(default_factory=lambda: Columns((), ()))
    rows: int = 0
    filled: set[int] = field(default_factory=set)
    closed: dict[int, str] = field(default_factory=dict)
    metadata: dict[bytes, bytes] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    schema: tuple[int, int] = (0, 0)
    pairs: tuple[int, int] = (0, 0)


def read_claims(path: Path, each: Callable[[Chunk], None] | None = None) -> Claims:
    """Reads a file's footer; `each` is called with every column chunk that has values.

    Raises DamagedError for a file that is no whole Parquet or whose footer cannot be true, OSError when the file cannot
    be read.
    """
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        data = _footer_bytes(stream, size)
    return _Footer(data, size, each or (lambda _: None)).read()


def _footer_bytes(stream: BinaryIO, size: int) -> bytes:
    if size < len(MAGIC) + TAIL:
        raise DamagedError("it is too short to be Parquet")
    stream.seek(size - TAIL)
    tail = stream.read(TAIL)
    if tail[4:] == _ENCRYPTED:
        raise DamagedError("it is encrypted; write it without encryption")
    if tail[4:] != MAGIC:
        raise DamagedError("it does not end as Parquet does, as if it were cut or not yet written whole")
    length = int.from_bytes(tail[:4], "little")
    if length > min(size - TAIL - len(MAGIC), _LARGEST):
        raise DamagedError(f"its description claims {length:,} bytes, which it cannot have")
    stream.seek(size - TAIL - length)
    return stream.read(length)


class _Footer:
    """One reading of a footer."""

    def __init__(self, data: bytes, size: int, each: Callable[[Chunk], None]) -> None:
        self._reader, self._size, self._each = Reader(data), size, each
        self._pages_end = size - TAIL - len(data)
        self._claims = Claims(data)
        self._read = {2: self._schema, 4: self._groups, 5: self._pairs}

    def read(self) -> Claims:
        reader, claims = self._reader, self._claims
        claimed = 0
        for number, kind in reader.fields():
            if number == 3:
                claimed = reader.number(kind)
            elif number in self._read:
                self._read[number]()
            else:
                reader.skip(kind)
        if claimed != claims.rows:
            raise DamagedError(f"it claims {claimed:,} rows, but its row groups claim {claims.rows:,}")
        return claims

    def _schema(self) -> None:
        start = self._reader.at
        self._claims.columns = read_columns(self._reader)
        self._claims.schema = (start, self._reader.at)

    def _pairs(self) -> None:
        start = self._reader.at
        for _ in self._reader.structs():
            pair = self._reader.struct(_PAIR)
            self._claims.metadata[pair.get(1, b"")] = pair.get(2, b"")
        self._claims.pairs = (start, self._reader.at)

    def _groups(self) -> None:
        for _ in self._reader.structs():
            chunks: list[dict[int, Any]] = []
            rows = 0
            for number, kind in self._reader.fields():
                if number == 1:
                    chunks = self._chunks()
                elif number == 3:
                    rows = self._reader.number(kind)
                else:
                    self._reader.skip(kind)
            self._add_group(rows, chunks)

    def _chunks(self) -> list[dict[int, Any]]:
        most = len(self._claims.columns.leaves)
        chunks = []
        for index in self._reader.structs():
            if index >= most:
                raise DamagedError("a row group has more columns than the file")
            chunks.append(self._reader.struct(_CHUNK))
        return chunks

    def _add_group(self, rows: int, chunks: list[dict[int, Any]]) -> None:
        claims = self._claims
        if len(chunks) != len(claims.columns.leaves):
            raise DamagedError("a row group has fewer columns than the file")
        claims.rows += self._plausible(rows)
        ends = []
        for leaf, chunk in zip(claims.columns.leaves, chunks, strict=True):
            meta = chunk.get(3, {})
            if 8 in chunk:
                claims.closed[leaf.column] = "is encrypted; write it without encryption"
            else:
                self._add_chunk(leaf, rows, chunk, meta)
            known = meta.get(12, {})
            ends.append((known.get(6), known.get(5)))
            if known.get(3, -1) < meta.get(5, 0):
                claims.filled.add(leaf.column)
        claims.groups.append(Group(rows, tuple(ends)))

    def _plausible(self, rows: int) -> int:
        if not 0 <= rows <= _ROWS_ANYWAY + _ROWS_A_BYTE * self._size - self._claims.rows:
            raise DamagedError(f"it claims {rows:,} rows, which {self._size:,} bytes cannot hold")
        return rows

    def _add_chunk(self, leaf: Leaf, rows: int, chunk: dict[int, Any], meta: dict[int, Any]) -> None:
        name = self._claims.columns.types[leaf.column][0]
        if meta.get(1) != leaf.physical:
            raise DamagedError(f"its column `{name}` is said to be of two types")
        values, codec = meta.get(5, 0), meta.get(4, 0)
        if values < rows or (values > rows and not leaf.repeats):
            raise DamagedError(f"its column `{name}` claims {values:,} values in {rows:,} rows")
        self._plausible(values)
        if chunk.get(1):
            self._claims.closed[leaf.column] = "lies in another file; write it into this one"
        elif not 0 <= codec < len(_CODECS) or _CODECS[codec] in _NO_CODECS:
            by = _CODECS[codec] if 0 <= codec < len(_CODECS) else f"the unknown codec {codec}"
            self._claims.closed[leaf.column] = f"is compressed by {by}; write it with zstd"
        elif values:
            self._each(self._placed(leaf, name, meta))

    def _placed(self, leaf: Leaf, name: str, meta: dict[int, Any]) -> Chunk:
        start, size = meta.get(9, 0), meta.get(7, 0)
        if 0 < meta.get(11, 0) < start:
            start = meta[11]  # the dictionary comes first
        if not (start > 0 and 0 < size <= self._pages_end - start and meta.get(6, 0) >= 0):
            raise DamagedError(f"its column `{name}` is said to lie where the file has no room for it")
        return Chunk(leaf, start, size, meta[5], meta.get(4, 0))
