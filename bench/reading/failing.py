"""What becomes of the small failing inputs that version 0.1.0 lost or misread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

BESIDE = {"permits_quarantined.csv": "permits", "accounts_conflicting.csv": "accounts"}
LOG = "small_log.jsonl"  # which the tables beside logs go with


def cases(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Each input's name, and the files to read by table."""
    for path in sorted(folder.iterdir()):
        table = BESIDE.get(path.name)
        if table is None:
            yield path.name, {"exchanges": str(path)}
        else:
            yield f"{path.name} with {LOG}", {"exchanges": str(folder / LOG), table: str(path)}
