"""Looks at the start of a file: what shape its text has, which columns it names, and what its first records hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from stillwatch.errors import InputError
from stillwatch.input_files import Source
from stillwatch.read.formats.csv_rows import first_rows
from stillwatch.read.formats.documents import Limits, UndecodableError, decode, objects
from stillwatch.read.formats.stream import pieces
from stillwatch.settings import ReadSettings

_START = 1 << 20  # bytes looked at
_RECORDS = 100  # records looked at: a column of a log appears in most of its first records
LINES, DOCUMENT, TEXT, CSV = "lines", "document", "text", "csv"


@dataclass(frozen=True, slots=True)
class Look:
    """The start of a text file.

    `shape` is `lines` (one JSON object a line), `document` (JSON objects that span lines, or an array of them), `csv`,
    or `text` (lines that are no JSON). `names` are the columns in the order in which they appear, `records` the first
    records, `lines` the first lines of a `text`.
    """

    shape: str
    names: tuple[str, ...]
    records: tuple[object, ...]
    lines: tuple[bytes, ...] = ()


def look(source: Source, settings: ReadSettings) -> Look:
    """Returns what the start of a text file shows; raises InputError when it cannot be read."""
    if source.format == "csv":
        names, rows = first_rows(source, pieces(source, _START), settings.max_line_bytes, _RECORDS)
        return Look(CSV, tuple(names), tuple(rows))
    found = pieces(source, _START)
    start = next(found, b"")
    try:
        whole = next(found, b"") == b""
    except InputError:  # whoever reads on says so
        whole = False
    lines = [line for line in start.split(b"\n") if line.strip()]
    if not whole and len(lines) > 1:
        lines.pop()  # it may go on
    shape = _shape(lines)
    if shape == TEXT and ".log" not in source.name:  # under every other name it should be JSON
        shape = LINES
    if shape == TEXT:
        return Look(TEXT, (), (), tuple(lines[:_RECORDS]))
    texts = lines if shape == LINES else [one.data for one in objects([start], Limits.of(_START)) if one.whole]
    records = tuple(islice(_decoded(texts), _RECORDS))
    keys = dict.fromkeys(str(name) for record in records if isinstance(record, dict) for name in record)
    return Look(shape, tuple(keys), records)


def _shape(lines: list[bytes]) -> str:
    if not lines:
        return LINES
    first = lines[0].lstrip()
    if first.startswith(b"[") and not _is_words(first):
        return DOCUMENT
    starts = [line for line in lines if line.startswith(b"{")]
    # a document that spans lines has few that begin so, and lines that a program cut short all do
    if len(starts) == len(lines) or (first.startswith(b"{") and len(lines) == 1):
        return LINES
    if any(_is_object(line) for line in starts):
        return LINES
    return DOCUMENT if first.startswith(b"{") else (LINES if starts else TEXT)


def _is_words(line: bytes) -> bool:
    """Whether a line that begins with a bracket is none of JSON, as `[2026-05-01 10:00:00] started` is none."""
    return line[1:].lstrip()[:1] not in (b"{", b"[", b"]", b'"', b"")


def _is_object(line: bytes) -> bool:
    return sum(one.whole for one in objects([line], Limits.of(_START))) == 1


def _decoded(texts: list[bytes]) -> Iterator[object]:
    for text in texts:
        try:
            yield decode(text)[0]
        except UndecodableError:
            continue  # the quarantine reports it
