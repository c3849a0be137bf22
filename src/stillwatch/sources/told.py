"""Troubles of a stream, each told once and again only after a while, so that a long one does not fill a log."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from stillwatch.records.printable import escaped
from stillwatch.sources.interface import Trouble

AGAIN_SECONDS = 60.0
_MOST = 100


@dataclass(slots=True)
class Told:
    """What was told of one source, and what the next batch must tell."""

    where: str
    _last: dict[str, float] = field(default_factory=dict)
    _new: list[Trouble] = field(default_factory=list)

    def tell(self, what: str) -> None:
        """Adds a trouble, unless it was told within the last AGAIN_SECONDS."""
        now = time.monotonic()
        if now - self._last.get(what, -AGAIN_SECONDS) < AGAIN_SECONDS or len(self._new) >= _MOST:
            return
        if len(self._last) >= _MOST:
            self._last.clear()
        self._last[what] = now
        self._new.append(Trouble(self.where, escaped(what)))

    def new(self) -> tuple[Trouble, ...]:
        """Returns the troubles since the last call."""
        found, self._new = tuple(self._new), []
        return found
