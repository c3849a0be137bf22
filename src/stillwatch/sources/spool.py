"""Records of a stream become files that `read` takes: one a batch and format, in a folder of the source's own."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from stillwatch.errors import OutputError
from stillwatch.records.exact_json import lenient, strict

LONGEST = 64_000_000  # bytes of one record, which `read` takes of a message in protobuf
FILE_BYTES = 16_000_000  # of a file of a batch, beyond which the next is begun: workers share a batch by its files
_WHITE = b" \t\r\n"
_PROTOBUF = b"\x0a"  # how a message of OTLP begins: field 1, with a length
# the time in brackets of an access log's line, as nginx and Envoy write it
_ACCESS_LOG = re.compile(rb"[^\r\n]{0,200}\[\d{1,4}[-/]\w{2,3}[-/]\d{2,4}[:T]\d\d:\d\d")


class Spool:
    """A folder that holds the files of the newest batch."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder; raises OutputError when it cannot be made."""
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from error
        self._number = 0

    def clear(self) -> None:
        """Removes the files of earlier batches, and what a killed process left."""
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def path(self, ending: str) -> Path:
        """Returns the path of a file of the next batch; each call returns another one."""
        self._number += 1
        return self.folder / f"batch-{self._number:06}{ending}"

    def records(self) -> Records:
        """Returns a writer of the records of one batch."""
        return Records(self)


@dataclass(slots=True)
class Records:
    """Writes records, each in its own format: JSON, OTLP in protobuf, or lines of an access log.

    What is none of them is written among the JSON, a line each, where `read` quarantines it.
    """

    spool: Spool
    records: int = 0
    size: int = 0  # bytes
    too_large: int = 0
    _files: dict[str, BinaryIO] = field(default_factory=dict)
    _paths: list[Path] = field(default_factory=list)
    _written: dict[str, int] = field(default_factory=dict)  # bytes of each open file

    def __enter__(self) -> Records:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for stream in self._files.values():
            stream.close()
        if isinstance(error, OSError):
            raise unwritable(self.spool.folder, error) from error

    def add(self, value: bytes) -> None:
        """Writes one record, or a batch of them; raises OutputError when the disk is full."""
        text = value.strip(_WHITE)
        if len(value) > LONGEST:
            self.too_large += 1
        elif value[:1] == _PROTOBUF and decoded(text) is None:  # a length may look like a bracket
            self._write(".binpb", len(value).to_bytes(4, "big") + value, 1)
        elif text[:1] == b"[" and not _ACCESS_LOG.match(text):
            self._lines(".jsonl", _elements(text))
        elif text[:1] == b"{" or not _ACCESS_LOG.match(text):
            self._lines(".jsonl", _objects(text))
        else:
            self._lines(".log", text.splitlines())

    def files(self) -> tuple[Path, ...]:
        """Closes the files and returns their paths; raises OutputError when the disk is full."""
        try:
            for stream in self._files.values():
                stream.close()
        except OSError as error:
            raise unwritable(self.spool.folder, error) from error
        return tuple(self._paths)

    def _lines(self, ending: str, lines: list[bytes]) -> None:
        if lines:
            self._write(ending, b"\n".join(lines) + b"\n", len(lines))

    def _write(self, ending: str, data: bytes, records: int) -> None:
        try:
            stream = self._files.get(ending)
            if stream is not None and self._written[ending] >= FILE_BYTES:
                stream.close()
                stream = None
            if stream is None:
                path = self.spool.path(ending)
                stream = self._files[ending] = path.open("wb", buffering=1 << 20)
                self._paths.append(path)
                self._written[ending] = 0
            stream.write(data)
            self._written[ending] += len(data)
        except OSError as error:
            raise unwritable(self.spool.folder, error) from error
        self.records += records
        self.size += len(data)


def one_line(text: bytes) -> bytes:
    """Returns JSON without line ends, which between its tokens are blanks and inside its texts are not allowed."""
    return text.replace(b"\n", b" ").replace(b"\r", b" ")


def _objects(text: bytes) -> list[bytes]:
    """The lines of a value: one, unless it is several objects, each on its line."""
    if b"\n" not in text:
        return [one_line(text)] if text else []
    lines = [line for line in text.splitlines() if line.strip(_WHITE)]
    return lines if all(map(_is_object, lines)) else [one_line(text)]


def _elements(text: bytes) -> list[bytes]:
    """The elements of an array, each on its line; what is no array stays one line."""
    found = decoded(text)
    if not isinstance(found, list):
        return [one_line(text)]
    return [json.dumps(one, separators=(",", ":")).encode() for one in found]


def _is_object(line: bytes) -> bool:
    return isinstance(decoded(line), dict)


TOO_DEEP = object()
"""What JSON spells that nests too deep to be decoded here; whoever reads it leaves out what lies too deep."""


def decoded(text: bytes) -> object:
    """Returns the value that JSON spells, or TOO_DEEP; None for what is no JSON.

    Lone surrogates, control characters and long integers are taken: people write them to models.
    """
    try:
        return strict(text)
    except (ValueError, RecursionError):
        pass
    try:
        return lenient(text.decode("utf-8", "replace"))
    except RecursionError:
        return TOO_DEEP
    except ValueError:
        return None


def unwritable(folder: Path, error: OSError) -> OutputError:
    """Returns the error for a folder of the state that cannot be written."""
    return OutputError(f"cannot write in `{folder}`: {error.strerror or error}; free space or name another `--state`")
