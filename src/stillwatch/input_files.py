"""Files, folders and globs as a person typed them become a list of readable sources."""

from __future__ import annotations

import glob
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stillwatch.errors import InputError, Mistake
from stillwatch.records.inputs import QUARANTINE

SUFFIXES = (".parquet", ".jsonl", ".jsonl.gz", ".jsonl.zst", ".csv", ".csv.gz")
_KINDS = "`.parquet`, `.jsonl`, `.jsonl.gz`, `.jsonl.zst`, `.csv` or `.csv.gz`"


@dataclass(frozen=True, slots=True)
class Source:
    """One input file: where it is, how it was found, and what is in it by its name."""

    path: Path
    shown: str  # the path as found, which reports and the quarantine name
    suffix: str

    @property
    def format(self) -> str:
        """`parquet`, `jsonl` or `csv`."""
        return self.suffix.split(".")[1]

    @property
    def compression(self) -> str | None:
        """`gzip`, `zstd` or None."""
        return {".gz": "gzip", ".zst": "zstd"}.get("." + self.suffix.rpartition(".")[2])


def find(patterns: Sequence[str]) -> tuple[list[Source], list[Mistake]]:
    """The sources these patterns name, each file once, in the order of their paths; and what could not be found."""
    found: dict[str, Source] = {}
    mistakes: list[Mistake] = []
    for pattern in sorted(patterns):
        sources, wrong = _expand(pattern)
        mistakes.extend(wrong)
        for source in sources:
            found.setdefault(os.path.realpath(source.path), source)
    return sorted(found.values(), key=lambda source: source.shown), mistakes


def digest(source: Source) -> str:
    """The file's sha256 in hexadecimal; InputError when it cannot be read."""
    try:
        with source.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(source, error.strerror or str(error)) from error


def unreadable(source: Source, reason: str) -> InputError:
    """The error for a file that cannot be read at all."""
    return InputError(f"`{source.shown}` cannot be read: {reason}; mend or leave out that file")


def _expand(pattern: str) -> tuple[list[Source], list[Mistake]]:
    path = Path(pattern)
    where = f"`{pattern}`"
    if path.is_dir():
        inside = [source for source in map(_source, _walk(path)) if source is not None]
        return inside, [] if inside else [Mistake(where, f"holds no {_KINDS} file", "name another folder")]
    if path.exists():
        return _one(path, where)
    # not `Path.glob`, which refuses absolute patterns
    matches = [Path(match) for match in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207
    if not matches:
        return [], [Mistake(where, "does not exist", "name a file, a folder or a glob that matches")]
    usable = [source for source in map(_source, matches) if source is not None and source.path.is_file()]
    return usable, [] if usable else [Mistake(where, f"matches no {_KINDS} file", "name another glob")]


def _one(path: Path, where: str) -> tuple[list[Source], list[Mistake]]:
    source = _source(path)
    if source is None:
        return [], [Mistake(where, "has a name that says no known format", f"name a {_KINDS} file")]
    if not os.access(path, os.R_OK):
        return [], [Mistake(where, "may not be read by this user", "change its permissions")]
    return [source], []


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        # `_SUCCESS`, `.part.crc`, half-written `.tmp` folders: what other tools leave beside their data
        hidden = any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        # what was not usable when the sketches beside it were made
        hidden = hidden or path.name == f"{QUARANTINE.name}.parquet"
        if not hidden and path.is_file():
            yield path


def _source(path: Path) -> Source | None:
    name = path.name.lower()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.endswith(suffix):
            return Source(path, str(path), suffix)
    return None
