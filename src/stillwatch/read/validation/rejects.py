"""The reasons why input rows are rejected, and files that hold the rejected rows until `quarantine` is written."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from stillwatch.read.spool import Spool
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
WRONG_FORMAT = "wrong_format"  # a line that is no record of the file's format
WRONG_TYPE = "wrong_type"

RAW_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Reject:
    """One unusable row: its 1-based line (in Parquet its row), the reason, its content, and the column at fault.

    `column` is None where the row as a whole cannot be read.
    """

    line: int
    reason: str
    raw: bytes | str
    column: str | None = None


@dataclass(slots=True)
class Rejects:
    """Collects the rejects of all sources on disk, so that many bad rows take little memory.

    What a row held is kept as its length and digest; its first characters only with `keep_raw`.
    """

    folder: Path
    keep_raw: bool = False
    counts: Counter[int] = field(default_factory=Counter)  # by source number
    _spool: Spool = field(init=False)

    def __post_init__(self) -> None:
        self._spool = Spool(self.folder, QUARANTINE)

    def add(self, number: int, shown: str, reject: Reject) -> None:
        """Adds a reject of the source with this number and shown path; raises OutputError when the disk is full."""
        self.counts[number] += 1
        raw = reject.raw if isinstance(reject.raw, bytes) else reject.raw.encode("utf-8", "surrogateescape")
        self._spool.add(
            {
                "source": shown,
                "line": reject.line,
                "reason": reject.reason,
                "column_name": reject.column,
                "bytes": len(raw),
                "digest": hashlib.sha256(raw).hexdigest(),
                "raw": printable(raw) if self.keep_raw else None,
            }
        )

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yields all rejects so far."""
        return self._spool.batches()


def printable(raw: bytes | str, characters: int = RAW_CHARACTERS) -> str:
    """Returns at most so many characters of `raw`; what cannot be printed, and broken bytes, are escaped."""
    if isinstance(raw, bytes):
        # A character of UTF-8 takes at most four bytes.
        raw = raw[: 4 * characters].decode("utf-8", errors="backslashreplace")
    kept = "".join(
        one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode("ascii")
        for one in raw[:characters]
    )
    return kept[:characters]
