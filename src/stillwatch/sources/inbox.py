"""Requests that were acknowledged: on the disk before they are, each once, until what came of them is committed."""

from __future__ import annotations

import hashlib
import os
import queue
import shutil
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from secrets import token_hex

from stillwatch.disk import sync
from stillwatch.sources.spool import one_line, unwritable

Kind = str
JSON, PROTOBUF = ".jsonl", ".binpb"
INBOX = "inbox"  # the folder of a source's own in which its requests wait
_SEEN = "seen"  # the file of digests in each group
_REMEMBERED_SECONDS = 600  # how long a request is known, which a client that heard no answer sends again
_MOST_REMEMBERED = 200_000
_AT_ONCE = 64_000_000  # bytes written as one group
_DIGEST = 16  # bytes
_COUNT_SECONDS = 5.0  # after which the waiting bytes are counted anew: another process may read them
MOST_BYTES = 4_000_000_000  # that wait to be read


class FullError(Exception):
    """More waits to be read than may, or the disk is full."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    kind: Kind
    data: bytes
    digest: bytes
    kept: Future[None]


class Inbox:
    """A folder of groups of requests; each group appears whole, and one flush to the disk pays for all of it.

    A group is a folder with a file for each format and the digests of its requests. The digests stay for a while after
    the requests were read, so that a request that is sent again is not taken again, even after a start.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        """Raises OutputError when the folder cannot be made or read."""
        self.folder, self._most_bytes = folder, most_bytes
        self.repeated = 0
        self._name = (f"{token_hex(4)}-{number:08}" for number in count())
        self._recent: OrderedDict[bytes, float] = OrderedDict()
        self._under_way: dict[bytes, Future[None]] = {}
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
        except OSError as error:
            raise unwritable(folder, error) from error
        self._counted, self._held = time.monotonic(), self._count()
        self._thread = threading.Thread(target=self._write_on, name="stillwatch-inbox", daemon=True)
        self._thread.start()

    def keep(self, kind: Kind, data: bytes) -> Future[None]:
        """Returns a future that is done when the request is on the disk; raises FullError, and so may the future."""
        digest = hashlib.blake2b(data, digest_size=_DIGEST, person=kind.encode()).digest()
        with self._lock:
            kept = self._under_way.get(digest)
            if kept is not None or digest in self._recent:
                self.repeated += 1
                return kept or _done()
            if self._held + len(data) > self._most_bytes:
                raise FullError("too much waits to be read")
            self._held += len(data)
            kept = self._under_way[digest] = Future()
            kept.set_running_or_notify_cancel()  # a client that leaves cancels nothing: another may wait for the same
        self._queue.put(_Waiting(kind, data, digest, kept))
        return kept

    def close(self) -> None:
        """Ends when all that came is on the disk."""
        self._queue.put(None)
        self._thread.join()

    def groups(self) -> list[Path]:
        """Returns the groups that wait to be read, in the order in which they came."""
        return sorted(self.folder.glob("g-*"))

    def forget(self, names: list[str]) -> None:
        """Removes these groups, and what is known of requests of long ago; raises OSError on a full disk."""
        now = int(time.time() / _REMEMBERED_SECONDS)
        for name in names:
            group = self.folder / name
            if group.is_dir():
                with (self.folder / f"recent-{now:012}").open("ab") as stream:
                    stream.write(_digests(group / _SEEN))
                    stream.flush()
                    os.fsync(stream.fileno())
                shutil.rmtree(group)
        for path in self.folder.glob("recent-*"):
            if path.name[7:].isdigit() and abs(int(path.name[7:]) - now) > 1:
                path.unlink(missing_ok=True)

    def _count(self) -> int:
        total = 0
        for path in self.folder.glob("g-*/requests.*"):
            with suppress(FileNotFoundError):  # it was read meanwhile
                total += path.stat().st_size
        return total

    def _write_on(self) -> None:
        ended = False
        while not ended:
            waiting: list[_Waiting] = []
            size = 0
            first = self._queue.get()
            while first is not None:
                waiting.append(first)
                size += len(first.data)
                if size > _AT_ONCE or self._queue.empty():
                    break
                first = self._queue.get()
            ended = first is None
            if waiting:
                self._write(waiting)

    def _write(self, waiting: list[_Waiting]) -> None:
        """Writes a group and answers for it."""
        failure: OSError | MemoryError | None = None
        try:
            self._group(waiting)
        except (OSError, MemoryError) as error:
            failure = error
        now = time.monotonic()
        held = self._count() if now - self._counted > _COUNT_SECONDS else None
        with self._lock:
            if held is not None:
                self._counted, self._held = now, held
            for one in waiting:
                del self._under_way[one.digest]
                if failure is None:
                    self._remember(one.digest, now)
        for one in waiting:
            if failure is None:
                one.kept.set_result(None)
            else:
                one.kept.set_exception(FullError("it cannot be written to the disk"))

    def _group(self, waiting: list[_Waiting]) -> None:
        name = f"{time.time_ns():020}-{next(self._name)}"
        fresh = self.folder / f".{name}"
        try:
            fresh.mkdir()
            for kind in {one.kind for one in waiting}:
                _put(fresh / f"requests{kind}", b"".join(_framed(one) for one in waiting if one.kind == kind))
            _put(fresh / _SEEN, b"".join(one.digest for one in waiting))
            sync(fresh)
            fresh.rename(self.folder / f"g-{name}")
            sync(self.folder)
        except OSError:
            shutil.rmtree(fresh, ignore_errors=True)
            raise

    def _remember(self, digest: bytes, now: float) -> None:
        self._recent[digest] = now
        while self._recent:
            oldest = next(iter(self._recent.values()))
            if len(self._recent) <= _MOST_REMEMBERED and now - oldest <= _REMEMBERED_SECONDS:
                break
            self._recent.popitem(last=False)

    def _sweep(self) -> None:
        """Removes what a killed process was writing, and learns which requests came lately."""
        for path in self.folder.glob(".*"):
            if time.time() - path.stat().st_mtime > _REMEMBERED_SECONDS:  # another process may be at it
                shutil.rmtree(path, ignore_errors=True)
        now = time.monotonic()
        for path in (*sorted(self.folder.glob("recent-*")), *(group / _SEEN for group in self.groups())):
            data = _digests(path)
            for at in range(0, len(data), _DIGEST):
                self._remember(data[at : at + _DIGEST], now)


def _digests(path: Path) -> bytes:
    """The whole digests in a file; a kill may have left half a one at the end."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return b""
    return data[: len(data) - len(data) % _DIGEST]


def _framed(one: _Waiting) -> bytes:
    if one.kind == PROTOBUF:
        return len(one.data).to_bytes(4, "big") + one.data
    return one_line(one.data) + b"\n"


def _put(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _done() -> Future[None]:
    found: Future[None] = Future()
    found.set_result(None)
    return found
