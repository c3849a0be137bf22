"""The reasons why input rows are rejected, and files that hold the rejected rows until `quarantine` is written."""

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
_BATCH = 10_000  # rejects held in memory: 10,000 of 200 characters take a few megabytes


@dataclass(frozen=True, slots=True)
class Reject:
    """One unusable row: its 1-based line (in Parquet its row), the reason, and the start of its content."""

    line: int
    reason: str
    raw: bytes | str


@dataclass(slots=True)
class Rejects:
    """Collects the rejects of all sources in files of `folder`, so that many bad rows take little memory."""

    folder: Path
    counts: Counter[int] = field(default_factory=Counter)  # by source number
    files: list[Path] = field(default_factory=list)
    _waiting: list[dict[str, object]] = field(default_factory=list)

    def add(self, number: int, shown: str, reject: Reject) -> None:
        """Adds a reject of the source with this number and shown path; raises OutputError when the disk is full."""
        self.counts[number] += 1
        raw = printable(reject.raw)
        self._waiting.append({"source": shown, "line": reject.line, "reason": reject.reason, "raw": raw})
        if len(self._waiting) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Writes the rejects in memory to a new file; raises OutputError when the disk is full."""
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
        """Yields all rejects so far, file by file."""
        self.flush()
        for path in self.files:
            yield from pq.read_table(path, schema=QUARANTINE.schema).to_batches()


def printable(raw: bytes | str) -> str:
    """Returns at most 200 characters of `raw`; characters that cannot be printed, and broken bytes, are escaped."""
    if isinstance(raw, bytes):
        # A character of UTF-8 takes at most four bytes.
        raw = raw[: 4 * RAW_CHARACTERS].decode("utf-8", errors="backslashreplace")
    kept = "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in raw[:RAW_CHARACTERS]
    )
    return kept[:RAW_CHARACTERS]
