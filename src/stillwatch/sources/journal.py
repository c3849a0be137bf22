"""What a folder's files were when they were taken: a journal that only grows, of which an offset names a beginning.

The offset stays small however many files there are, and is committed elsewhere. A change is appended and reaches the
disk before the offset that includes it is handed out; what lies behind a committed offset is cut off on the next start.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from stillwatch.disk import sync
from stillwatch.sources.interface import Offset, unusable
from stillwatch.sources.spool import unwritable

_LARGE = 4_000_000  # bytes below which a journal is not worth writing anew
_ENTRY = 200  # bytes of an entry, about


@dataclass(slots=True)
class Known:
    """One file as far as it was taken.

    `taken` counts bytes of its content and `checksum` is their CRC-32; `head` is a digest of its first line. `form` is
    `lines` (it may grow), `sealed` (it was taken whole), or `unpacked` (a compressed file that goes on from a log whose
    first `taken` bytes were taken before it was compressed). `gone` is when it vanished, in seconds, or 0; `unread` are
    the bytes that it then still had.
    """

    key: int
    path: str
    device: int
    inode: int
    size: int
    changed: int  # when it was last written, in nanoseconds, as the folder says
    taken: int
    checksum: int
    head: str
    form: str
    gone: int = 0
    unread: int = 0
    finished: bool = False  # nothing is left of a compressed file
    tail: str = ""  # a digest of the last bytes that were taken, where the file has lines

    @property
    def place(self) -> tuple[int, int]:
        """The device and the inode."""
        return self.device, self.inode


class Journal:
    """The files of one source, by key, and the journal in `folder` that keeps them."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name, self._folder = name, folder
        self._generation, self._bytes = 0, 0
        self._digest = hashlib.blake2b(digest_size=16)
        self.known: dict[int, Known] = {}
        self._next = 1

    def load(self, offset: Offset | None) -> None:
        """Goes back to what the offset names; raises InputError when it is not there, OutputError on a full disk."""
        self.known, self._next = {}, 1
        self._digest = hashlib.blake2b(digest_size=16)
        self._generation, self._bytes = (0, 0) if offset is None else self._read(offset)
        self.forget_others()

    def _read(self, offset: Offset) -> tuple[int, int]:
        generation, size, digest = (offset.get(name) for name in ("journal", "bytes", "digest"))
        if not isinstance(generation, int) or not isinstance(size, int):
            raise unusable(self._name, "it names no journal")
        path = self._path(generation)
        try:
            with path.open("r+b") as stream:
                data = stream.read(size)
                self._digest.update(data)
                if len(data) < size or self._digest.hexdigest() != digest:
                    raise unusable(self._name, f"`{path}` is damaged")
                stream.truncate(size)
        except FileNotFoundError as error:
            raise unusable(self._name, f"`{path}` is missing") from error
        except OSError as error:
            raise unwritable(self._folder, error) from error
        for line in data.splitlines():
            self._apply(json.loads(line))
        return generation, size

    def _apply(self, record: list[object]) -> None:
        key = record[0]
        assert isinstance(key, int)  # the digest vouches for what stands there
        if len(record) == 1:
            self.known.pop(key, None)
        else:
            self.known[key] = Known(*record)  # type: ignore[arg-type]
        self._next = max(self._next, key + 1)

    def forget_others(self) -> None:
        """Removes journals that no committed offset can name any more."""
        for path in self._folder.glob("files-*.journal"):
            if path != self._path(self._generation):
                path.unlink(missing_ok=True)

    def new_key(self) -> int:
        """Returns a key that no file has."""
        self._next += 1
        return self._next - 1

    def write(self, changed: Iterable[int]) -> Offset:
        """Appends the files with these keys, or that they are forgotten, and returns the offset that includes it.

        Raises OutputError when the disk is full.
        """
        live = len(self.known) * _ENTRY
        keys: Iterable[int] = sorted(changed)
        if self._generation == 0 or self._bytes > max(_LARGE, 4 * live):
            self._generation, self._bytes = self._generation + 1, 0
            self._digest = hashlib.blake2b(digest_size=16)
            keys = list(self.known)
        data = b"".join(self._lines(keys))
        path = self._path(self._generation)
        try:
            # an attempt that failed halfway, on a full disk, may have left bytes behind the last offset
            with open(path, "r+b" if self._bytes else "wb") as stream:  # noqa: PTH123  a mode that is computed
                stream.seek(self._bytes)
                stream.write(data)
                stream.truncate()
                stream.flush()
                os.fsync(stream.fileno())
            if not self._bytes:
                sync(self._folder)
        except OSError as error:
            raise unwritable(self._folder, error) from error
        self._bytes += len(data)
        self._digest.update(data)
        return {"journal": self._generation, "bytes": self._bytes, "digest": self._digest.copy().hexdigest()}

    def _lines(self, keys: Iterable[int]) -> Iterator[bytes]:
        for key in keys:
            known = self.known.get(key)
            record = [key] if known is None else list(astuple(known))
            yield json.dumps(record, separators=(",", ":")).encode() + b"\n"

    def _path(self, generation: int) -> Path:
        return self._folder / f"files-{generation:06}.journal"
