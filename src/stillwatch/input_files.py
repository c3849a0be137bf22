"""Files, folders and globs as a person typed them become a list of readable sources."""

from __future__ import annotations

import glob
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stillwatch.errors import InputError, Mistake, reason_of
from stillwatch.records.inputs import QUARANTINE

KINDS = {
    "parquet": "parquet",
    "jsonl": "json",
    "ndjson": "json",
    "json": "json",
    "log": "json",
    "csv": "csv",
    "tsv": "csv",
    "binpb": "protobuf",
    "pb": "protobuf",
}
"""What is in a file, by the ending of its name. Under `.json` and `.log` what stands in it decides further."""

_COMPRESSIONS = {"gz": "gzip", "zst": "zstd", "bz2": "bz2"}
_ENDING = re.compile(rf"\.({'|'.join(KINDS)})(\.\d{{1,8}}|-\d{{8}})?(?:\.({'|'.join(_COMPRESSIONS)}))?", re.IGNORECASE)
_KINDS = (
    "`.parquet`, `.jsonl`, `.ndjson`, `.json`, `.log`, `.csv`, `.tsv` or `.binpb` file (text may be `.gz` or `.zst`)"
)


@dataclass(frozen=True, slots=True)
class Source:
    """One input file: where it is, how it was found, and its name as whoever wrote it gave it."""

    path: Path
    shown: str  # the path as found, which reports and the quarantine name
    name: str  # the last part of the path, in lower case and without the ending of a compression

    @property
    def format(self) -> str:
        """`parquet`, `json`, `csv` or `protobuf`."""
        found = _ending(self.path.name)
        return KINDS[found[1].lower()] if found else "json"

    @property
    def compression(self) -> str | None:
        """`gzip`, `zstd`, `bz2` or None."""
        found = _ending(self.path.name)
        return _COMPRESSIONS.get((found[3] or "").lower()) if found else None


@dataclass(frozen=True, slots=True)
class Found:
    """The sources that patterns name, in the order of their paths; files in folders that are no logs by their name."""

    sources: tuple[Source, ...] = ()
    passed_over: tuple[str, ...] = ()


def find(patterns: Sequence[str]) -> tuple[Found, list[Mistake]]:
    """The sources these patterns name, each file once, and what could not be found."""
    found: dict[str, Source] = {}
    passed_over: set[str] = set()
    mistakes: list[Mistake] = []
    for pattern in sorted(patterns):
        sources, others, wrong = _expand(pattern)
        mistakes.extend(wrong)
        passed_over.update(str(path) for path in others)
        for source in sources:
            found.setdefault(os.path.realpath(source.path), source)
    return Found(tuple(sorted(found.values(), key=lambda one: one.shown)), tuple(sorted(passed_over))), mistakes


def source_at(path: Path) -> Source | None:
    """The source at a path whose name says a known kind; None for another name."""
    found = _ending(path.name)
    if found is None:
        return None
    ending = found[3]
    name = path.name[: -len(ending) - 1] if ending else path.name
    return Source(path, str(path), name.lower())


def digest(source: Source) -> str:
    """The file's sha256 in hexadecimal; InputError when it cannot be read."""
    try:
        with source.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(source, reason_of(error)) from error


def size_of(source: Source) -> int:
    """The file's size in bytes; 0 where it cannot be seen."""
    try:
        return source.path.stat().st_size
    except OSError:
        return 0


def unreadable(source: Source, reason: str, remedy: str = "mend or leave out that file") -> InputError:
    """The error for a file that cannot be read at all."""
    return InputError(f"`{source.shown}` cannot be read: {reason}; {remedy}")


def _ending(name: str) -> re.Match[str] | None:
    found = None
    for found in _ENDING.finditer(name):
        if found.end() == len(name):
            return found if found[2] is None or found[1].lower() == "log" else None
    return None


def _expand(pattern: str) -> tuple[list[Source], list[Path], list[Mistake]]:
    path = Path(pattern)
    where = f"`{pattern}`"
    if path.is_dir():
        inside, others = _sorted_out(_walk(path))
        return inside, others, [] if inside else [Mistake(where, f"holds no {_KINDS}", "name another folder")]
    if path.exists():
        return _one(path, where)
    # not `Path.glob`, which refuses absolute patterns
    matches = [Path(match) for match in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207
    if not matches:
        return [], [], [Mistake(where, "does not exist", "name a file, a folder or a glob that matches")]
    usable, others = _sorted_out(match for match in matches if match.is_file())
    return usable, others, [] if usable else [Mistake(where, f"matches no {_KINDS}", "name another glob")]


def _sorted_out(paths: Iterable[Path]) -> tuple[list[Source], list[Path]]:
    sources: list[Source] = []
    others: list[Path] = []
    for path in paths:
        source = source_at(path)
        if source is None:
            others.append(path)
        else:
            sources.append(source)
    return sources, others


def _one(path: Path, where: str) -> tuple[list[Source], list[Path], list[Mistake]]:
    source = source_at(path)
    if source is None:
        return [], [], [Mistake(where, "has a name that says no known format", f"name a {_KINDS}")]
    if not os.access(path, os.R_OK):
        return [], [], [Mistake(where, "may not be read by this user", "change its permissions")]
    return [source], [], []


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        # `_SUCCESS`, `.part.crc`, half-written `.tmp` folders: what other tools leave beside their data
        hidden = any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        # what was not usable when the sketches beside it were made
        hidden = hidden or path.name == f"{QUARANTINE.name}.parquet"
        if not hidden and path.is_file():
            yield path
