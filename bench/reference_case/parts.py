"""Parts of a world: files that are written completely or not at all, each with a marker of its size and digest."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.measure import say
from stillwatch.errors import OutputError
from stillwatch.key import load_key
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch_lab.benchmark.cost import peak_bytes

GROUP_ROWS = 122_880  # rows of a row group, as in the engine's exports
_LEVEL = 9  # of zstd; it saves 4 bytes an exchange against level 1
_PAGE = 1 << 23
COUNTED = {"exchange_id": "DELTA_BYTE_ARRAY", "started_at": "DELTA_BINARY_PACKED"}
_DISTINCT = ("conversation_value", "payload_value", "simhash", "minhash", "content_features")
_DICTIONARY = [name for name in EXCHANGE_SKETCHES.names if name not in (*COUNTED, *_DISTINCT)]


@dataclass(frozen=True, slots=True)
class Marker:
    """The size and digest of a finished part."""

    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Work:
    """One part to make: its file, and the function that writes its rows to a path and returns their number."""

    path: Path
    write: Callable[[Path], int]


@dataclass(frozen=True, slots=True)
class Done:
    """The result of writing: parts written and parts already there, and the writers' highest peak memory."""

    written: int = 0
    kept: int = 0
    peak_bytes: int = 0

    def __add__(self, other: Done) -> Done:
        return Done(self.written + other.written, self.kept + other.kept, max(self.peak_bytes, other.peak_bytes))


_work: Sequence[Work] = ()


def make(work: Sequence[Work], processes: int) -> Done:
    """Makes the missing parts in forked processes, which share this process's memory."""
    global _work
    missing = [index for index, one in enumerate(work) if marker(one.path) is None]
    _work, peak = work, 0
    for done, (name, memory) in enumerate(_made(missing, processes), start=1):
        peak = max(peak, memory)
        say(f"{name}: {done} of {len(missing)}")
    _work = ()
    return Done(len(missing), len(work) - len(missing), peak)


def _made(missing: Sequence[int], processes: int) -> Iterator[tuple[str, int]]:
    if processes > 1 and len(missing) > 1 and "fork" in multiprocessing.get_all_start_methods():
        with multiprocessing.get_context("fork").Pool(min(processes, len(missing))) as pool:
            yield from pool.imap_unordered(_make, missing)
    else:
        yield from map(_make, missing)


def _make(index: int) -> tuple[str, int]:
    path = _work[index].path
    partial = path.with_name(f".{path.name}.partial")
    with _full_disk_said(path):
        rows = _work[index].write(partial)
        found = Marker(rows, partial.stat().st_size, _digest(partial))
        partial.replace(path)
        text = json.dumps(asdict(found)) + "\n"
        beside = _marker_path(path).with_suffix(".partial")
        beside.write_text(text, encoding="utf-8")
        beside.replace(_marker_path(path))
    return path.name, peak_bytes()


@contextmanager
def _full_disk_said(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"cannot write `{path}`: {reason}; free space there, then run this again to go on") from None


def marker(path: Path) -> Marker | None:
    """The marker of a part; None if the part is not complete."""
    beside = _marker_path(path)
    if not path.is_file() or not beside.is_file():
        return None
    found = Marker(**json.loads(beside.read_text(encoding="utf-8")))
    return found if path.stat().st_size == found.bytes else None


def _marker_path(path: Path) -> Path:
    return path.with_name(f".{path.name}.done")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_sketches(path: Path, tables: Iterable[pa.Table]) -> int:
    """Writes exchange sketches as one Parquet part with a row group per table; returns the number of rows."""
    schema = EXCHANGE_SKETCHES.schema.with_metadata({"stillwatch.key_id": load_key(None).key_id})
    rows = 0
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=_LEVEL,
        use_dictionary=_DICTIONARY,
        column_encoding=COUNTED,
        data_page_size=_PAGE,
    ) as writer:
        for table in tables:
            writer.write_table(table.cast(schema), row_group_size=GROUP_ROWS)
            rows += table.num_rows
    return rows


def write_table(path: Path, table: pa.Table) -> int:
    """Writes a small table as one Parquet file; returns the number of rows."""
    pq.write_table(table, path, compression="zstd")
    return int(table.num_rows)


def folder(path: Path) -> Path:
    """The folder, which is created if missing; raises OutputError when that fails."""
    with _full_disk_said(path):
        path.mkdir(parents=True, exist_ok=True)
    return path
