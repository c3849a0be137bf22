"""How a watch is doing: one small file that the watch replaces and whoever serves measures reads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

PLACE = Path("watch") / "status.json"
"""The file in a state folder."""


@dataclass(frozen=True, slots=True)
class WatchStatus:
    """A watch at a moment; all times are UTC without a zone.

    Exchanges are counted over the life of the state. `failures` and `epoch_failures` count those in a row.
    """

    at: datetime
    newest: datetime | None  # exchange in the state
    taken: int
    repeated: int
    outside: int
    quarantined: int
    failures: int
    epoch: datetime | None  # until when the run that is answered from has read
    epoch_seconds: float | None  # that the last epoch took
    epoch_failures: int

    def to_json(self) -> str:
        """The file's text."""
        return json.dumps(asdict(self), default=datetime.isoformat) + "\n"


def status_of(state: Path) -> WatchStatus | None:
    """The status of the watch of a state; None where there is none that can be read."""
    try:
        raw = json.loads((state / PLACE).read_text(encoding="utf-8"))
        times = {name: datetime.fromisoformat(raw[name]) if raw[name] else None for name in ("newest", "epoch")}
        return WatchStatus(**{**raw, **times, "at": datetime.fromisoformat(raw["at"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
