"""A stream of NATS: messages after our own sequence number, since a server that was killed gives some again."""

from __future__ import annotations

import time
from importlib.util import find_spec
from pathlib import Path

from stillwatch.errors import Mistake, UsageError
from stillwatch.sources.addresses import Address
from stillwatch.sources.interface import Batch, Counts, Offset, unusable
from stillwatch.sources.pulling import AwayError, Pulled, Pulling
from stillwatch.sources.spool import Records, Spool
from stillwatch.sources.told import Told

_PATIENCE = 10.0  # seconds within which a server must say that nothing more is there
_CHECKS = 5.0  # seconds after which a silent stream is asked whether it has more than it gave
_PAUSE = 0.05
_AT_ONCE = 1_000  # messages pulled at once


class NatsSource:
    """One stream, in the order of its sequence numbers."""

    def __init__(self, address: Address, own: Path) -> None:
        """Connects with the first poll; raises UsageError when the package is missing."""
        if find_spec("nats") is None:
            raise UsageError([Mistake(f"`{address.name}`", "needs `nats-py`", "run `pip install 'stillwatch[nats]'`")])
        self._address = address
        self._spool = Spool(own / "batch")
        self._told = Told(address.name)
        self._pulling = Pulling(address)
        self._offset: Offset | None = None
        self._taken: int | None = None  # the last sequence number that was taken; None before the first start
        self._created = ""
        self._begun = False
        self._checked = 0.0  # when the stream was last asked what it holds
        self._ended = False

    @property
    def name(self) -> str:
        """The servers and the stream."""
        return self._address.name

    def close(self) -> None:
        """Leaves the server."""
        self._pulling.close()

    def poll(self, offset: Offset | None, most_bytes: int, wait_seconds: float) -> Batch | None:
        """Returns what came after the committed offset within `wait_seconds`; see `Source.poll`."""
        try:
            return self._poll(offset, most_bytes, wait_seconds)
        except BaseException:
            self._begun = False  # what it took without handing it out must be taken again
            raise

    def _poll(self, offset: Offset | None, most_bytes: int, wait_seconds: float) -> Batch | None:
        if offset != self._offset:
            self._begun = False
        if not self._begun:
            self._taken, self._created = self._read(offset)
            self._offset = offset
        self._spool.clear()
        began = time.monotonic()
        lost = repeated = 0
        with self._spool.records() as records:
            while records.size < most_bytes:
                try:
                    lost += self._begin()
                    repeated += self._take(self._pulling.pull(_AT_ONCE, most_bytes - records.size), records)
                except AwayError as error:
                    self._begun = self._ended = False
                    self._told.tell(f"cannot be read: {error}; what is there is read when it can")
                passed = time.monotonic() - began
                if passed >= wait_seconds and (records.records or self._ended or passed > _PATIENCE):
                    break
                if self._ended or not self._begun:
                    time.sleep(max(0.0, min(_PAUSE if self._begun else 1.0, max(wait_seconds, _PAUSE) - passed)))
            return self._batch(records, repeated, lost)

    def _batch(self, records: Records, repeated: int, lost: int) -> Batch | None:
        files = records.files()
        if records.too_large:
            self._told.tell(f"{records.too_large:,} messages are too large to be read")
        troubles = self._told.new()
        if not files and not troubles and not repeated and not lost:
            return None
        if self._taken is not None:
            self._offset = {"sequence": self._taken, "created": self._created}
        counts = Counts(records.records, records.size, repeated, lost + records.too_large)
        return Batch(files, (self.name,) * len(files), self._offset or {}, counts, troubles)

    def _read(self, offset: Offset | None) -> tuple[int | None, str]:
        if not offset:
            return None, ""
        sequence, created = offset.get("sequence"), offset.get("created")
        if not isinstance(sequence, int) or sequence < 0 or not isinstance(created, str):
            raise unusable(self.name, "it names no sequence number")
        return sequence, created

    def _begin(self) -> int:
        """Begins after what was taken, unless that goes on; returns how many messages are no longer there."""
        now = time.monotonic()
        silent = self._ended and now - self._checked > _CHECKS
        if self._begun and not silent:
            return 0
        stand = self._pulling.stand()
        self._checked = now
        if self._begun and self._taken is not None and stand.last <= self._taken and stand.created == self._created:
            return 0
        if self._created and stand.created != self._created:
            self._told.tell(
                f"was made anew; what it has up to {self._taken:,} is passed over (add `?as=NAME` to begin anew)"
            )
        elif self._taken is not None and stand.last < self._taken:
            self._told.tell(f"ends at {stand.last:,}, but was taken to {self._taken:,}: the server lost messages")
        lost = max(0, stand.first - 1 - self._taken) if self._taken is not None else 0
        if lost:
            self._told.tell(f"{lost:,} messages were removed before they were read")
        self._taken = max(self._taken or 0, stand.first - 1)
        self._created = stand.created
        self._pulling.begin(min(self._taken, stand.last) + 1)
        self._begun, self._ended = True, False
        return lost

    def _take(self, pulled: Pulled, records: Records) -> int:
        """Writes messages; returns how many were taken before."""
        repeated = 0
        self._ended = pulled.ended and not pulled.wrong
        self._begun = not pulled.wrong or bool(pulled.messages)
        for sequence, value in pulled.messages:
            if sequence <= (self._taken or 0):
                repeated += 1
                continue
            self._taken = sequence
            if value:
                records.add(value)
        return repeated
