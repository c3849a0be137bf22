"""The baselines beside the detector: the same worlds, the same number of innocents."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from stillwatch.engine import Engine
from stillwatch.lab.baselines import BASELINES
from stillwatch.lab.baselines.logs import Logs
from stillwatch.lab.baselines.ranking import compare


def names() -> tuple[str, ...]:
    """Every baseline, in the order they are shown."""
    return tuple(one.name for one in BASELINES)


def compared(
    engine: Engine, name: str, logs: tuple[Path, Path | None], truth: Path, allowed: list[int]
) -> dict[str, Any]:
    """What the baseline of that name finds when its score may accuse so many innocents, by that number."""
    one = next(baseline for baseline in BASELINES if baseline.name == name)
    scores = one.scores(engine, Logs(*logs))
    found = {str(innocents): compare(scores, truth, innocents) for innocents in allowed}
    return {"name": name, "source": one.source, "at": {key: _plain(value) for key, value in found.items()}}


def _plain(value: Any) -> Any:
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
