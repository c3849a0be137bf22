"""Input rows that cannot be used: the few reasons there are, and a place on disk where they wait for the quarantine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch.errors import OutputError
from stillwatch.records.inputs import QUARANTINE

BAD_UTF8 = "bad_utf8"
DUPLICATE_KEY = "duplicate_key"  # one JSON object names a column twice
IMPOSSIBLE_TIME = "impossible_time"
LINE_TOO_LONG = "line_too_long"
LONE_SURROGATE = "lone_surrogate"
MALFORMED_CSV = "malformed_csv"
MALFORMED_JSON = "malformed_json"
MISSING_KEY = "missing_key"
NOT_AN_OBJECT = "not_an_object"
NUL = "nul"
OUT_OF_RANGE = "out_of_range"
TRUNCATED_JSON = "truncated_json"
UNKNOWN_WORD = "unknown_word"
WRONG_FIELD_COUNT = "wrong_field_count"
WRONG_TYPE = "wrong_type"

RAW_CHARACTERS = 200
_BATCH = 10_000  # rejects kept in memory: 10,000 of 200 characters are a few megabytes


@dataclass(frozen=True, slots=True)
class Reject:
    """One unusable row: its 1-based line (Parquet: row), why, and the start of what stood there."""

    line: int
    reason: str
    raw: bytes | str


@dataclass(slots=True)
class Rejects:
    """Collects rejects of all sources in files of `folder`, so that a log of nothing but bad rows stays small."""

    folder: Path
    counts: Counter[int] = field(default_factory=Counter)  # by source number
    files: list[Path] = field(default_factory=list)
    _waiting: list[dict[str, object]] = field(default_factory=list)

    def add(self, number: int, shown: str, reject: Reject) -> None:
        """Keeps one reject of the source with this number and shown path; OutputError when the disk is full."""
        self.counts[number] += 1
        raw = printable(reject.raw)
        self._waiting.append({"source": shown, "line": reject.line, "reason": reject.reason, "raw": raw})
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Writes what waits in memory to a file of its own."""
        if not self._waiting:
            return
        path = self.folder / f"rejects-{len(self.files)}.parquet"
        try:
            pq.write_table(pa.Table.from_pylist(self._waiting, schema=QUARANTINE.schema), path)
        except OSError as error:
            raise OutputError(f"cannot write `{path}`: {error.strerror or error}; free space on that disk") from error
        self.files.append(path)
        self._waiting.clear()

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rejects so far, file by file."""
        self.flush()
        for path in self.files:
            yield from pq.read_table(path, schema=QUARANTINE.schema).to_batches()


def printable(raw: bytes | str) -> str:
    """At most 200 characters of `raw` in which nothing but letters, marks, signs and blanks is left unescaped."""
    if isinstance(raw, bytes):
        # four bytes are the longest character of UTF-8
        raw = raw[: 4 * RAW_CHARACTERS].decode("utf-8", errors="backslashreplace")
    kept = "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in raw[:RAW_CHARACTERS]
    )
    return kept[:RAW_CHARACTERS]
