"""Opens a file of text as pieces of bytes: decompressed, without a byte order mark, and in UTF-8 or refused."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

import pyarrow as pa

from stillwatch.errors import reason_of
from stillwatch.input_files import Source, unreadable

PIECE = (
    4_000_000  # bytes parsed at once: a call's fixed cost is small beside them, and two threads' blocks fit in a cache
)
_STEP = 1 << 18  # bytes read at once: what a broken compression loses of the last piece
_BOM = b"\xef\xbb\xbf"
_WIDE = {b"\xff\xfe\x00\x00": "UTF-32", b"\x00\x00\xfe\xff": "UTF-32", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def pieces(source: Source, size: int = PIECE) -> Iterator[bytes]:
    """Yields the file's bytes, decompressed, in pieces of at most `size`.

    Members of a gzip file follow one another, with or without zeros between and after them. Raises InputError when the
    file cannot be opened, its compression is broken, or its text is UTF-16 or UTF-32.
    """
    try:
        with _opened(source) as stream:
            read = _read(stream, size)
            first = next(read, b"")
            _refuse_wide(source, first)
            yield first.removeprefix(_BOM)
            yield from read
    except EOFError as error:
        raise unreadable(source, "its compressed data ends early") from error
    except (OSError, zlib.error, pa.ArrowException) as error:
        raise unreadable(source, reason_of(error)) from error


def _read(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Yields pieces of `size` bytes, and before the stream's own error what was read until then."""
    parts: list[bytes] = []
    held = 0
    try:
        while part := stream.read(min(_STEP, size - held)):
            parts.append(part)
            held += len(part)
            if held == size:
                yield b"".join(parts)
                parts, held = [], 0
    except (EOFError, OSError, zlib.error, pa.ArrowException):
        if parts:
            yield b"".join(parts)
        raise
    if parts:
        yield b"".join(parts)


def _opened(source: Source) -> BinaryIO:
    if source.compression == "gzip":
        # Arrow's reader refuses the zeros with which tapes and block stores fill up a file
        return cast(BinaryIO, gzip.open(source.path, "rb"))
    return cast(BinaryIO, pa.input_stream(str(source.path), compression=source.compression, buffer_size=1 << 20))


def _refuse_wide(source: Source, first: bytes) -> None:
    """Raises InputError for text in UTF-16 or UTF-32, by its byte order mark or by its zeros."""
    for mark, name in _WIDE.items():
        if first.startswith(mark):
            raise _wide(source, name)
    start = first[:200]
    for offset in (0, 1):
        half = start[offset::2]
        if len(half) >= 8 and not any(half):  # every second byte of Latin text in UTF-16 is zero
            raise _wide(source, "UTF-16")


def _wide(source: Source, name: str) -> Exception:
    how = f"convert it with `iconv -f {name} -t UTF-8 {source.path.name} > {source.path.stem}-utf8{source.path.suffix}`"
    return unreadable(source, f"this file is {name}: {how}")
