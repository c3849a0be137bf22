"""Partial results of accounts on disk: all that linking computes of an account's own exchanges, in chunks of accounts.

Those of a large log do not fit in memory. In a watch the files stay from epoch to epoch, and a partial result is used
again as long as its account's exchanges are the same. Their number and digest, which a state keeps, tell: a file that a
killed run, an earlier epoch or another state left can be of no use, but not wrong. Files are not changed once written.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stillwatch import records
from stillwatch.engine.parquet_files import disk_error
from stillwatch.errors import OutputError
from stillwatch.runs.folder import code_digest

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

SUPERSEDED = 0.5  # exchanges of partial results that hold no longer, over those of the others, beyond which chunks go
_OURS = re.compile(r"\.?partials-(\d{6,})\.npz")


class UnusableError(OutputError):
    """A file of partial results that is damaged, and was removed."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """All accounts by ascending index: ids, and the number and the digest of their exchanges."""

    ids: pa.StringArray
    exchanges: Int64
    digest: Int64


@dataclass(frozen=True, slots=True)
class Chunk:
    """A file with the partial results of some accounts, ascending by id.

    `index` (accounts of the chunk,) is the account index now, -1 for an account whose partial result is not used.
    """

    path: Path
    index: Int32

    def read(self, name: str) -> NDArray[Any]:
        """One array of the file; raises UnusableError where it is damaged, and removes it."""
        try:
            with np.load(self.path, allow_pickle=False) as arrays:
                found: NDArray[Any] = arrays[name]
                return found
        except _DAMAGE as error:
            _remove(self.path)
            raise UnusableError(f"`{self.path}` is damaged; its disk may be faulty") from error

    def indices(self, count: Int32) -> Int32:
        """The account index of every entry (entries,), of which each account of the chunk has so many."""
        return np.repeat(self.index, count)


_DAMAGE = (
    *(OSError, EOFError, KeyError, ValueError, TypeError, SyntaxError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error, struct.error),
)
"""What reading a damaged file raises: each was met where single bytes were changed, or is what its readers say."""


def current(folder: Path, accounts: Accounts) -> list[Chunk]:
    """The chunks of a folder that hold partial results of `accounts` as they are now; other files of ours are removed.

    Where much is superseded, chunks that hold little of use are removed as well. Raises OutputError when a file cannot
    be removed.
    """
    claimed = np.zeros(len(accounts.exchanges), np.bool_)
    found: list[tuple[Chunk, int, int]] = []  # with its exchanges of use, and superseded
    for path in sorted(folder.iterdir(), reverse=True):  # the newest first, whose chunks have most of use
        if _OURS.fullmatch(path.name):
            one = _held(path, accounts, claimed)
            if one is None:
                _remove(path)
            else:
                found.append(one)
    found.sort(key=lambda one: one[1] / (one[1] + one[2]), reverse=True)
    used = sum(one[1] for one in found)
    while sum(one[2] for one in found) > SUPERSEDED * used:
        _remove(found.pop()[0].path)
    return [chunk for chunk, _, _ in found]


def _held(path: Path, accounts: Accounts, claimed: Flags) -> tuple[Chunk, int, int] | None:
    """A chunk with the number of exchanges of use and of others, None without the first; marks in `claimed` (accounts,)
    what it holds."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if path.name.startswith(".") or str(arrays["made_by"]) != made_by():
                return None
            names = _names(arrays["id_bytes"], arrays["id_ends"])
            exchanges, digest = arrays["exchanges"], arrays["digest"]
    except _DAMAGE:
        return None
    index = pc.fill_null(pc.index_in(names, accounts.ids), -1).to_numpy().astype(np.int32)
    if len(exchanges) != len(index) or len(digest) != len(index):
        return None
    same = (index >= 0) & (accounts.exchanges[index] == exchanges) & (accounts.digest[index] == digest)
    same &= ~claimed[index]
    if not same.any():
        return None
    claimed[index[same]] = True
    used = int(exchanges[same].sum())
    return Chunk(path, np.where(same, index, np.int32(-1))), used, int(exchanges.sum()) - used


def write(folder: Path, accounts: Accounts, index: Int32, arrays: Mapping[str, Any]) -> Chunk:
    """Writes the partial results `arrays` of the accounts `index` (ascending) as a new chunk of the folder.

    Raises OutputError when the disk is full.
    """
    number = 1 + max((int(found[1]) for path in folder.iterdir() if (found := _OURS.fullmatch(path.name))), default=0)
    path, fresh = folder / f"partials-{number:06}.npz", folder / f".partials-{number:06}.npz"
    ids = accounts.ids.take(pa.array(index))
    ends = np.cumsum(pc.binary_length(ids).to_numpy(), dtype=np.int64)
    about = {
        "made_by": np.array(made_by()),
        "id_bytes": np.frombuffer("".join(ids.to_pylist()).encode(), np.uint8),
        "id_ends": ends,
        "exchanges": accounts.exchanges[index],
        "digest": accounts.digest[index],
    }
    try:
        np.savez(fresh, allow_pickle=False, **about, **arrays)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise disk_error(path, error) from error
    return Chunk(path, index)


@cache
def made_by() -> str:
    """A digest of the code by which partial results are computed."""
    folders = (Path(__file__).parent, Path(records.__file__).parent)
    return " ".join(code_digest(folder, ()) for folder in folders)


def _names(id_bytes: NDArray[np.uint8], id_ends: Int64) -> pa.StringArray:
    offsets = pa.py_buffer(np.concatenate([[0], id_ends]).astype(np.int64).tobytes())
    names = pa.LargeStringArray.from_buffers(len(id_ends), offsets, pa.py_buffer(id_bytes.tobytes()))
    names.validate(full=True)
    return names.cast(pa.string())


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot remove `{path}`: {error.strerror or error}; remove it") from error
