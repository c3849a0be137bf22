"""Looks at the start of a file: what shape its text has, which columns it names, and what its first records hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice

from stillwatch.errors import InputError
from stillwatch.input_files import Source
from stillwatch.read.formats.csv_rows import first_rows
from stillwatch.read.formats.documents import Limits, Scanner, UndecodableError, decode, objects
from stillwatch.read.formats.lines import blocks
from stillwatch.read.formats.stream import pieces
from stillwatch.read.gateways.unpackers import ROWS_IN
from stillwatch.settings import ReadSettings

_START = 1 << 20  # bytes looked at, and the longest line that is looked at whole
_FURTHEST = 1 << 28  # bytes looked at where the first lines are so long that the start holds few of them
_ENOUGH = 10  # records: with fewer, what follows them is looked at too
_RECORDS = 100  # records looked at: a column of a log appears in most of them
_GOLDEN = 0.6180339887498949  # its multiples lie evenly between whole numbers, and fall in with no period of a log
_ROWS_IN = frozenset({""}).union(*ROWS_IN.values())
LINES, DOCUMENT, TEXT, CSV = "lines", "document", "text", "csv"


@dataclass(frozen=True, slots=True)
class Look:
    """The start of a text file.

    `shape` is `lines` (one JSON object a line), `document` (JSON objects that span lines, or an array of them), `csv`,
    or `text` (lines that are no JSON). `names` are the columns in the order in which they appear, `records` are among
    the first records, without the ends of texts in very large ones, and `lines` among the first lines of a log that are
    mostly no JSON.
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
    others = _readable(found)
    second = next(others, b"")
    lines = [line for line in start.split(b"\n") if line.strip()]
    if second and len(lines) > 1:
        lines.pop()  # it may go on
    shape = _shape(lines)
    log = ".log" in source.name  # under every other name it should be JSON
    if shape == TEXT and not log:
        shape = LINES
    first = islice(chain([start, second], others), _FURTHEST // _START)
    texts = _enough(_documents(first) if shape == DOCUMENT else _lines(first))
    plain = _spread(lines if shape == DOCUMENT else texts) if log and not _mostly(_starts(lines), lines) else []
    if shape == TEXT:
        return Look(TEXT, (), (), tuple(plain))
    records = tuple(_decoded(_spread(texts)))
    keys = dict.fromkeys(str(name) for record in records if isinstance(record, dict) for name in record)
    return Look(shape, tuple(keys), records, tuple(plain))


def _readable(found: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from found
    except InputError:
        return  # whoever reads on says so


def _lines(found: Iterator[bytes]) -> Iterator[list[bytes]]:
    for block in blocks(found, _START, _ROWS_IN):
        yield [line.data for line in block.lines.filled()] + [one.data for one in block.overlong if one.whole]


def _documents(found: Iterator[bytes]) -> Iterator[list[bytes]]:
    scanner = Scanner(Limits.of(_START, _ROWS_IN))
    for piece in found:
        yield [one.data for one in scanner.feed(piece) if one.whole]


def _enough(found: Iterator[list[bytes]]) -> list[bytes]:
    texts: list[bytes] = []
    for some in found:
        texts += some
        if len(texts) >= _ENOUGH:
            break
    return texts


def _spread(texts: list[bytes]) -> list[bytes]:
    """Texts from everywhere, since the first of a log may be of a kind that is rare later."""
    if len(texts) <= _RECORDS:
        return texts
    return [texts[place] for place in sorted({int(len(texts) * (n * _GOLDEN % 1)) for n in range(_RECORDS)})]


def _shape(lines: list[bytes]) -> str:
    """The shape that most lines have, so that a stray one decides nothing."""
    if not lines:
        return LINES
    first, starts = lines[0].lstrip(), _starts(lines)
    ended = [line for line in starts if line.rstrip().endswith(b"}")]  # an element of an array has a comma
    if first.startswith(b"[") and not _is_words(first) and not _mostly(ended, lines):
        return DOCUMENT
    # a document that spans lines has few that begin so, and lines that a program cut short all do
    if _mostly(starts, lines) or (first.startswith(b"{") and len(lines) == 1):
        return LINES
    if _mostly([line for line in starts if _is_object(line)], starts):
        return LINES
    return DOCUMENT if first.startswith(b"{") else (LINES if starts else TEXT)


def _starts(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines if line.startswith(b"{")]


def _mostly(some: list[bytes], lines: list[bytes]) -> bool:
    return 2 * len(some) > len(lines)


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
