"""What the snapshot says now: a thread looks for a newer one, and one that is too old counts as none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from stillwatch.settings import ServeSettings
from stillwatch.verdicts import Reader, Verdict

CLOCKS_APART = 300.0
"""Seconds by which a snapshot may be younger than now; beyond it, one of the two clocks is wrong."""


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
        self._clock = clock
        self._made_at, self._text = 0.0, ""
        self.swaps = 0
        self._note()

    @property
    def reader(self) -> Reader:
        """The reader of the folder."""
        return self._reader

    @property
    def age(self) -> float | None:
        """Seconds since the moment that the snapshot speaks of; None without a snapshot."""
        return None if self._reader.snapshot is None else self._clock() - self._made_at

    @property
    def usable(self) -> bool:
        """Whether there is a snapshot that is neither too old nor from a time to come."""
        age = self.age
        return age is not None and -CLOCKS_APART <= age <= self._settings.max_age_seconds

    def find(self, account_id: str) -> Verdict | None:
        """Returns the verdict on an account; None where it is unknown or the snapshot cannot be used."""
        return self._reader.find(account_id) if self.usable else None

    def described(self) -> SnapshotAnswer | None:
        """Returns what the snapshot says of itself."""
        found = self._reader.snapshot
        if found is None:
            return None
        age = self._clock() - self._made_at
        stale = not -CLOCKS_APART <= age <= self._settings.max_age_seconds
        return SnapshotAnswer(found.id, self._text, round(age, 3), stale)

    def refresh(self) -> bool:
        """Looks for a newer snapshot, and returns whether there was one; takes a second at millions of accounts."""
        swapped = self._reader.refresh()
        if swapped:
            self._note()
            self.swaps += 1
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

    def _note(self) -> None:
        found = self._reader.snapshot
        if found is not None:
            self._made_at, self._text = found.made_at.timestamp(), found.made_at.isoformat().replace("+00:00", "Z")
