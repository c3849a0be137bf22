"""A folder in which logs appear and grow: new lines and finished files become batches, each byte once.

What was taken is known by device and inode, and by a file's first line and the CRC-32 of all that was taken of it: so
a log that was renamed, copied and cut, or compressed is gone on with, and nothing of it is taken again.
"""

from __future__ import annotations

import time
from pathlib import Path

from stillwatch.sources.files import Files
from stillwatch.sources.interface import Batch, Offset
from stillwatch.sources.journal import Journal
from stillwatch.sources.listing import Changes, Listing
from stillwatch.sources.spool import Spool
from stillwatch.sources.taking import SETTLE_SECONDS, Taking

_PAUSE = 0.2  # seconds at least between looks while a poll waits
_RARER = 10  # times as long as a look takes passes until the next


class FolderSource:
    """The logs of one folder and of those inside it."""

    def __init__(self, name: str, root: str, own: Path, settle_seconds: float = SETTLE_SECONDS) -> None:
        """Keeps its journal and the files of a batch in `own`; raises OutputError when that cannot be written.

        A file that is taken whole, and a last line without an end, must have been unchanged for `settle_seconds`.
        """
        self._name, self._root, self._settle = name, root, settle_seconds
        self._spool = Spool(own / "batch")
        self._journal = Journal(name, own)
        self._offset: Offset | None = None
        self._taking: Taking | None = None
        self._first = True
        self._next_look = 0.0

    @property
    def name(self) -> str:
        """The folder's path."""
        return self._name

    def close(self) -> None:
        """Has nothing to end."""

    def poll(self, offset: Offset | None, most_bytes: int, wait_seconds: float) -> Batch | None:
        """Returns what came after the committed offset; see `Source.poll`."""
        taking = self._taking
        if taking is None or offset != self._offset:
            taking = self._load(offset)
        else:
            self._journal.forget_others()
        self._spool.clear()
        until = time.monotonic() + wait_seconds
        while True:
            try:
                batch = self._look(taking, max(1, most_bytes))
            except BaseException:
                self._taking = None  # what it took without handing it out must be taken again
                raise
            left = until - time.monotonic()
            if batch is not None or left <= 0:
                return batch
            time.sleep(min(max(_PAUSE, self._next_look - time.monotonic()), left))

    def _load(self, offset: Offset | None) -> Taking:
        self._journal.load(offset)
        listing = Listing(self._root)
        self._taking = Taking(listing, Files(self._journal, listing), self._spool, self._settle)
        self._offset, self._first, self._next_look = offset, True, 0.0
        return self._taking

    def _look(self, taking: Taking, most_bytes: int) -> Batch | None:
        changes = self._changes(taking)
        taken = taking.batch(changes, most_bytes)
        if not taken.says_something:
            return None
        self._offset = self._journal.write(taking.files.changed)
        taking.files.changed.clear()
        return taken.batch(self._offset)

    def _changes(self, taking: Taking) -> Changes:
        """Looks at the folder, unless it is large, was looked at a moment ago, and files of then still wait."""
        began = time.monotonic()
        if taking.waiting and began < self._next_look:
            return Changes()
        changes = taking.listing.look()
        taking.files.reconcile(changes, self._first)
        self._first &= not changes.complete
        ended = time.monotonic()
        self._next_look = ended + _RARER * (ended - began)
        return changes
