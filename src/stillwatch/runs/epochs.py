"""The runs in a state folder: what each is called, which are finished, and which one answers come from."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from stillwatch.runs.folder import MARKER

RUNS, LATEST = "runs", "latest"


def name_of(until: datetime) -> str:
    """The name of an epoch that has read exchanges until then (UTC); names ascend with time."""
    return until.strftime("%Y%m%dT%H%M%S.%fZ")


def until_of(name: str) -> datetime:
    """The time (UTC) until which the epoch of that name has read; raises ValueError for another name."""
    return datetime.strptime(name, "%Y%m%dT%H%M%S.%fZ")


def finished(state: Path) -> list[Path]:
    """The folders of finished epochs, oldest first."""
    found = []
    for path in sorted((state / RUNS).glob("*")):
        try:
            until_of(path.name)
        except ValueError:
            continue
        if (path / MARKER).is_file():
            found.append(path)
    return found


def latest(state: Path) -> Path | None:
    """The folder of the epoch that was adopted last; None before the first."""
    try:
        name = (state / RUNS / LATEST).read_text(encoding="utf-8").strip()
        until_of(name)
    except (OSError, ValueError):
        return None
    folder = state / RUNS / name
    return folder if (folder / MARKER).is_file() else None
