"""A source that is a receiver of OTLP: it listens on a thread of its own, and gives what is in its inbox."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from pathlib import Path
from typing import Any

from stillwatch.errors import Mistake, UsageError
from stillwatch.sources.addresses import Address
from stillwatch.sources.inbox import INBOX, JSON, PROTOBUF, Inbox
from stillwatch.sources.interface import Allowed, Batch, Counts, Offset, unusable
from stillwatch.sources.otlp import Receiver
from stillwatch.sources.spool import FILE_BYTES, Spool, unwritable

_MOST_GROUPS = 500  # of one batch
_PAUSE = 0.1
_START_SECONDS = 10.0


class OtlpSource:
    """The requests that collectors send to one address."""

    def __init__(self, address: Address, own: Path, allowed: Allowed) -> None:
        """Begins to listen, unless another program does; raises UsageError when that cannot be."""
        self._address = address
        self._spool = Spool(own / "batch")
        self._offset: Offset | None = None
        self._told = 0  # repeated requests that were counted
        self._server: Any = None
        listener = _listener(address) if address.listens else None
        self._inbox = Inbox(own / INBOX)
        if listener is not None:
            self.port = int(listener.getsockname()[1])
            try:
                self._server, self._thread = _served(Receiver(self._inbox, allowed), listener)
            except UsageError:
                listener.close()
                self._inbox.close()
                raise

    @property
    def name(self) -> str:
        """The address at which it listens."""
        return self._address.name

    def close(self) -> None:
        """Ends listening once all that came is on the disk and answered."""
        if self._server is not None:
            self._server.should_exit = True
            self._thread.join()
        self._inbox.close()

    def poll(self, offset: Offset | None, most_bytes: int, wait_seconds: float) -> Batch | None:
        """Returns requests that were not committed; see `Source.poll`."""
        names = self._names(offset)
        try:
            self._inbox.forget(names)
        except OSError as error:
            raise unwritable(self._inbox.folder, error) from error
        self._spool.clear()
        until = time.monotonic() + wait_seconds
        while not (groups := self._inbox.groups()) and time.monotonic() < until:
            time.sleep(_PAUSE)
        if not groups:
            return None
        return self._batch(groups[:_MOST_GROUPS], most_bytes)

    def _batch(self, groups: list[Path], most_bytes: int) -> Batch:
        taken: list[str] = []
        files: list[Path] = []
        size = records = 0
        try:
            for group in groups:
                if size >= most_bytes:
                    break
                for kind in (JSON, PROTOBUF):
                    size += self._add(group / f"requests{kind}", kind, files)
                records += (group / "seen").stat().st_size // 16
                taken.append(group.name)
        except OSError as error:
            raise unwritable(self._spool.folder, error) from error
        repeated, self._told = self._inbox.repeated - self._told, self._inbox.repeated
        counts = Counts(records, size, repeated)
        return Batch(tuple(files), (self.name,) * len(files), {"groups": taken}, counts)

    def _add(self, path: Path, kind: str, files: list[Path]) -> int:
        """Adds the requests of one file to the batch's last file of their format; returns how many bytes they are."""
        if not path.exists():
            return 0
        target = next((one for one in reversed(files) if one.suffix == kind), None)
        if target is None or target.stat().st_size >= FILE_BYTES:
            target = self._spool.path(kind)
            files.append(target)
        with path.open("rb") as stream, target.open("ab") as out:
            shutil.copyfileobj(stream, out, 1 << 20)
            return stream.tell()

    def _names(self, offset: Offset | None) -> list[str]:
        found = [] if offset is None else offset.get("groups")
        if not isinstance(found, list) or not all(isinstance(one, str) and one.startswith("g-") for one in found):
            raise unusable(self.name, "it names no groups of requests")
        if any("/" in one for one in found):
            raise unusable(self.name, "it names no groups of requests")
        return found


def _listener(address: Address) -> socket.socket:
    host, _, port = address.servers[0].rpartition(":")
    try:
        return socket.create_server(
            (host.strip("[]"), int(port)), family=socket.AF_INET6 if host[:1] == "[" else socket.AF_INET
        )
    except OSError as error:
        raise UsageError(
            [
                Mistake(
                    f"`{address.name}`", f"cannot be listened at: {os.strerror(error.errno or 0)}", "name another port"
                )
            ]
        ) from error


def _served(app: Receiver, listener: socket.socket) -> tuple[Any, threading.Thread]:
    """Serves on a thread, and returns when it listens."""
    try:
        from stillwatch.sources.connections import server
    except ImportError as error:
        raise UsageError(
            [Mistake("receiving OTLP", "needs `uvicorn`", "run `pip install 'stillwatch[otlp]'`")]
        ) from error
    serving = server(app)
    thread = threading.Thread(target=serving.run, args=([listener],), name="stillwatch-otlp", daemon=True)
    thread.start()
    until = time.monotonic() + _START_SECONDS
    while not serving.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise UsageError([Mistake("receiving OTLP", "the server does not start", "see its package, `uvicorn`")])
        time.sleep(0.01)
    return serving, thread
