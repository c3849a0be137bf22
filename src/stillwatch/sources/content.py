"""What stands in a file: how its name and its first line say it is taken, its digests, and its whole lines."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

import pyarrow as pa

from stillwatch.errors import reason_of
from stillwatch.input_files import KINDS, source_at
from stillwatch.sources.spool import decoded

Form = Literal["lines", "sealed"]

HEAD = 4096  # bytes in which a first line is looked for
LONGEST_LINE = 256_000_000  # bytes: a longer line is passed over
_ENDINGS = {"parquet": ".parquet", "json": ".json", "csv": ".csv", "protobuf": ".binpb"}
_COMPRESSED = {"gzip": ".gz", "zstd": ".zst", "bz2": ".bz2"}
_STEP = 1 << 20
_TAIL = 512  # bytes before the place to which a file was taken, by which it is known again
_LONGEST_TAIL = 64_000_000  # bytes of a last line without an end that are looked at
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_GOES_ON = (b"{", b"[", b",", b":", b"(")  # how a line ends that is only the beginning of a JSON document


class MovedError(OSError):
    """Another file lies where one was seen a moment ago."""


class BrokenError(OSError):
    """A compressed file cannot be decompressed."""


def is_log(path: str) -> bool:
    """Whether the name says a kind of file that `read` knows."""
    return source_at(Path(path)) is not None


def ending_of(path: str) -> str:
    """Returns the ending under which `read` takes what it takes under this name."""
    source = source_at(Path(path))
    assert source is not None  # a name without a kind is passed over
    kind = _ENDINGS[source.format]
    for other in (".log", ".tsv"):
        if other in source.name and source.format == KINDS[other[1:]]:
            kind = other
    return kind + _COMPRESSED.get(source.compression or "", "")


def form_of(path: str, head: bytes) -> Form:
    """Whether a file grows by whole lines or is taken whole, from its name and its first line."""
    source = source_at(Path(path))
    if source is None or source.format != "json" or source.compression is not None or head.startswith(_WIDE):
        return "sealed"
    if ".jsonl" in source.name or ".ndjson" in source.name:
        return "lines"
    line = head.strip().removeprefix(b"\xef\xbb\xbf")
    if line.startswith(b"["):
        return "sealed" if line[1:].lstrip()[:1] in (b"{", b"[", b"]", b'"', b"") else "lines"
    goes_on = len(head) < HEAD and line.startswith(b"{") and line.endswith(_GOES_ON) and decoded(line) is None
    return "sealed" if goes_on else "lines"


def is_compressed(path: str) -> bool:
    """Whether the name says a text that is compressed."""
    source = source_at(Path(path))
    return source is not None and source.compression is not None


@contextmanager
def opened(path: str, place: tuple[int, int]) -> Iterator[BinaryIO]:
    """Yields the bytes of the file with this device and inode; raises MovedError when another lies there."""
    # without following a link, and without waiting for the other end of a pipe
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb", buffering=0) as stream:  # noqa: PTH123  a handle
        status = os.fstat(handle)
        if (status.st_dev, status.st_ino) != place:
            raise MovedError(f"`{path}` is another file now")
        yield cast(BinaryIO, stream)


@contextmanager
def unpacked(path: str, place: tuple[int, int]) -> Iterator[BinaryIO]:
    """Yields the text of a file, decompressed as its name says; raises BrokenError when it cannot be."""
    source = source_at(Path(path))
    compression = None if source is None else source.compression
    with opened(path, place) as raw:
        try:
            if compression == "gzip":
                yield cast(BinaryIO, gzip.GzipFile(fileobj=raw))
            elif compression == "bz2":
                yield cast(BinaryIO, bz2.BZ2File(raw))
            elif compression is not None:
                yield cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(raw, "r"), compression))
            else:
                yield raw
        except (EOFError, zlib.error, gzip.BadGzipFile, pa.ArrowException) as error:
            raise BrokenError(f"its compression is broken: {error}") from error
        except OSError as error:  # bz2 has no error of its own, and one of the disk has a number
            if error.errno is not None or isinstance(error, MovedError):
                raise
            raise BrokenError(f"its compression is broken: {reason_of(error)}") from error


def first_line(stream: BinaryIO) -> bytes:
    """Returns the first line with its end, or its first HEAD bytes; without an end where the file has none yet."""
    data = b""
    while len(data) < HEAD and b"\n" not in data and (piece := stream.read(HEAD - len(data))):
        data += piece
    return data[: data.find(b"\n") + 1] or data


def head_of(line: bytes) -> str:
    """Returns the digest of a first line, which is the same once its end is written."""
    return hashlib.blake2b(line.removesuffix(b"\n"), digest_size=12).hexdigest()


def tail_of(stream: BinaryIO, taken: int) -> str:
    """Returns a digest of the last bytes before this place of a file."""
    start = max(0, taken - _TAIL)
    stream.seek(start)
    data = b""
    while len(data) < taken - start and (piece := stream.read(taken - start - len(data))):
        data += piece
    return hashlib.blake2b(data, digest_size=12).hexdigest()


def checksums(stream: BinaryIO, places: Iterable[int], start: int = 0) -> dict[int, int]:
    """Returns the CRC-32 of the first bytes of a stream, up to each of these places that it reaches.

    `start` is the checksum of what came before the stream's beginning.
    """
    found: dict[int, int] = {}
    checksum, at = start, 0
    for place in sorted(set(places)):
        while at < place and (piece := stream.read(min(_STEP, place - at))):
            checksum = zlib.crc32(piece, checksum)
            at += len(piece)
        if at < place:
            break
        found[place] = checksum
    return found


@dataclass(frozen=True, slots=True)
class Slice:
    """What was taken: bytes, lines, the checksum with what came before, and bytes of a line too long to be read.

    `tail` is the digest of its last bytes.
    """

    bytes: int = 0
    lines: int = 0
    checksum: int = 0
    skipped: int = 0
    tail: str = ""


def skip(stream: BinaryIO, size: int) -> None:
    """Moves a stream, which may be compressed, behind its first `size` bytes; raises MovedError where it is shorter."""
    at = 0
    while at < size:
        piece = stream.read(min(_STEP, size - at))
        if not piece:
            raise MovedError("it was cut while it was read")
        at += len(piece)


@dataclass(slots=True)
class LineCopy:
    """Copies whole lines from where `stream` stands to the empty file `out`.

    At most `most` bytes are taken, or one longer line, and nothing behind the first `end` bytes.
    """

    stream: BinaryIO
    out: BinaryIO
    checksum: int
    at: int = 0  # bytes read
    kept: int = 0  # bytes of whole lines
    lines: int = 0
    _ahead: int = 0  # the checksum of all that was read

    def run(self, most: int, end: int, tail: Literal["no", "whole", "any"]) -> Slice:
        """Returns what was taken.

        A last line without an end is left, unless `tail` is `any`, or is `whole` and the line is a whole JSON object.
        """
        self._ahead = self.checksum
        while self.at < end and (self.at < most or not self.kept):
            room = most - self.at if self.at < most else _STEP
            piece = self.stream.read(min(_STEP, end - self.at, room))
            if not piece:
                end = self.at
                break
            self._take(piece, first=self.at >= most)
        if tail != "no" and self.at >= end and self.kept < self.at and (tail == "any" or self._tail_is_whole()):
            self.kept, self.checksum, self.lines = self.at, self._ahead, self.lines + 1
        skipped = self.kept if self.kept > LONGEST_LINE and self.lines == 1 else 0
        self.out.truncate(0 if skipped else self.kept)
        return Slice(self.kept, 0 if skipped else self.lines, self.checksum, skipped)

    def _take(self, piece: bytes, first: bool) -> None:
        cut = (piece.find(b"\n") if first else piece.rfind(b"\n")) + 1
        if cut:
            self.checksum = zlib.crc32(memoryview(piece)[:cut], self._ahead)
            self.kept = self.at + cut
            self.lines += 1 if first else piece.count(b"\n")
        self._ahead = zlib.crc32(piece, self._ahead)
        self.at += len(piece)
        if self.kept or self.at <= LONGEST_LINE:  # of a longer line nothing need be on the disk
            self.out.write(piece)

    def _tail_is_whole(self) -> bool:
        if self.at - self.kept > _LONGEST_TAIL:
            return False
        self.out.seek(self.kept)
        return isinstance(decoded(self.out.read(self.at - self.kept)), dict)
