"""What the snapshot says now: a thread looks for a newer one, and one that is too old counts as none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from stillwatch.settings import ServeSettings
from stillwatch.verdicts import Reader, Snapshot, Verdict

CLOCKS_APART = 300.0
"""Seconds by which a snapshot may be younger than now; beyond it, one of the two clocks is wrong."""

_TOLD_ANEW = 0.01
"""Seconds for which what a snapshot says of itself is not worked out again."""


class SnapshotAnswer(msgspec.Struct):
    """The snapshot that an answer stands on; a stale one was not used."""

    id: str
    made_at: str
    age_seconds: float
    stale: bool


class Snapshots:
    """Verdicts from the newest snapshot, while it is fresh enough to be answered from."""

    def __init__(self, folder: Path, settings: ServeSettings, clock: Callable[[], float] = time.time) -> None:
        self._reader = Reader(folder)
        self._settings = settings
        self._oldest = settings.max_age_seconds
        self._clock = clock
        self._noted: tuple[Snapshot | None, float, SnapshotAnswer] = (None, 0.0, SnapshotAnswer("", "", 0.0, True))
        self.swaps = 0

    @property
    def reader(self) -> Reader:
        """The reader of the folder."""
        return self._reader

    @property
    def age(self) -> float | None:
        """Seconds since the moment that the snapshot speaks of; None without a snapshot."""
        found = self._reader.snapshot
        return None if found is None else self._clock() - found.made_at.timestamp()

    @property
    def usable(self) -> bool:
        """Whether there is a snapshot that is neither too old nor from a time to come."""
        age = self.age
        return age is not None and -CLOCKS_APART <= age <= self._oldest

    def find(self, account_id: str) -> Verdict | None:
        """Returns the verdict on an account; None where it is unknown or the snapshot cannot be used."""
        return self.answer(account_id)[0]

    def answer(self, account_id: str) -> tuple[Verdict | None, SnapshotAnswer | None]:
        """Returns the verdict as `find` does, and what the snapshot that it stands on says of itself."""
        loaded = self._reader.loaded  # once, so that a swap meanwhile changes nothing
        if loaded is None:
            return None, None
        described = self._described(loaded.snapshot)
        return None if described.stale else loaded.find(account_id, None), described

    def described(self) -> SnapshotAnswer | None:
        """Returns what the snapshot says of itself."""
        found = self._reader.snapshot
        return None if found is None else self._described(found)

    def refresh(self) -> bool:
        """Looks for a newer snapshot, and returns whether there was one; takes a second at millions of accounts."""
        swapped = self._reader.refresh()
        self.swaps += swapped
        return swapped

    async def watch(self, swapped: Callable[[], None], refused: Callable[[str], None]) -> None:
        """Looks for newer snapshots until it is cancelled; says once why a file is refused."""
        said: str | None = None
        loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1, "snapshots")
        while True:
            await asyncio.sleep(self._settings.refresh_seconds)
            if await loop.run_in_executor(thread, self.refresh):
                swapped()
            if self._reader.refused is not None and self._reader.refused != said:
                refused(self._reader.refused)
            said = self._reader.refused

    def _described(self, found: Snapshot) -> SnapshotAnswer:
        now = self._clock()
        noted, since, described = self._noted
        if noted is found and since <= now < since + _TOLD_ANEW:
            return described
        age = now - found.made_at.timestamp()
        stale = not -CLOCKS_APART <= age <= self._oldest
        text = found.made_at.isoformat().replace("+00:00", "Z")
        described = SnapshotAnswer(found.id, text, round(age, 2), stale)
        self._noted = found, now, described
        return described
