"""Passes over the pages of a Parquet file by their headers, and refuses those whose claims cannot be true."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

from stillwatch.read.formats.parquet_footer import Chunk, read_claims
from stillwatch.read.formats.thrift import DamagedError, Reader, nested

_HEADER = 1 << 12  # bytes that hold most headers
_LONGEST_HEADER = 1 << 24  # one holds the least and the greatest value of its page
_LARGEST_PAGE = 1 << 30  # bytes; writers make pages of about 1 MB, of one value each where values are larger
_DICTIONARY, _DATA = 2, (0, 3)
_VALUES = nested({1: Reader.number})
_PAGE = {1: Reader.number, 2: Reader.number, 3: Reader.number, 5: _VALUES, 7: _VALUES, 8: _VALUES}
_VALUES_OF = {0: 5, _DICTIONARY: 7, 3: 8}  # the field of a page's own header, by its type


def check_page_headers(path: Path, counts: bool = True) -> None:
    """Reads the header of every page; raises DamagedError for what cannot be true, OSError when reading fails.

    Without `counts` a column may hold more or fewer values than the footer says.
    """
    with path.open("rb") as stream:
        read_claims(path, lambda chunk: _check_chunk(stream, chunk, counts))


def _check_chunk(stream: BinaryIO, chunk: Chunk, counts: bool) -> None:
    at, end, left = chunk.start, chunk.start + chunk.size, chunk.values
    while at < end and left > 0:
        page, length = _page(stream, at, end)
        kind, compressed = page.get(1, -1), page.get(3, -1)
        values = page.get(_VALUES_OF.get(kind, -1), {}).get(1, -1)
        at += length
        if not 0 <= compressed <= end - at:
            raise DamagedError(f"a page at byte {at:,} claims {compressed:,} bytes, which its column has not")
        _check_size(chunk, page.get(2, -1), compressed, at)
        if kind in _VALUES_OF and values < 0:
            raise DamagedError(f"a page at byte {at:,} claims {values:,} values")
        at += compressed
        left -= values if kind in _DATA else 0
    if left and counts:
        raise DamagedError(f"the pages of a column hold {chunk.values - left:,} values instead of {chunk.values:,}")


def _check_size(chunk: Chunk, size: int, compressed: int, at: int) -> None:
    if not 0 <= size <= _LARGEST_PAGE:
        raise DamagedError(f"a page at byte {at:,} claims {size:,} bytes; the most is {_LARGEST_PAGE:,}")
    if not chunk.codec and size != compressed:
        raise DamagedError(f"a page at byte {at:,} claims both {size:,} and {compressed:,} bytes")


def _page(stream: BinaryIO, at: int, end: int) -> tuple[dict[int, Any], int]:
    """Returns the wanted fields of the page header at this byte, and the header's length."""
    size = _HEADER
    while True:
        stream.seek(at)
        reader = Reader(stream.read(min(size, end - at)))
        try:
            return reader.struct(_PAGE), reader.at
        except DamagedError:
            if size >= min(end - at, _LONGEST_HEADER):
                raise
        size *= 16
