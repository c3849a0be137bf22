"""The baselines beside the detector: the same worlds, the same sketches, the same number of innocents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stillwatch.engine import Engine
from stillwatch_lab.baselines import BASELINES, Logs, UnavailableError
from stillwatch_lab.baselines.ranking import compare


def names() -> tuple[str, ...]:
    """Every baseline, in the order they are shown."""
    return tuple(one.name for one in BASELINES)


def compared(engine: Engine, name: str, logs: Logs, truth: Path, allowed: Sequence[int]) -> dict[str, Any]:
    """The finds of the baseline of that name for each number of innocents that its score may accuse.

    `at` is empty, and `why_not` says why, where the baseline cannot run.
    """
    one = next(baseline for baseline in BASELINES if baseline.name == name)
    found: dict[str, Any] = {"name": name, "source": one.source, "why_not": None, "at": {}}
    try:
        scores = one.scores(engine, logs)
    except UnavailableError as reason:
        return found | {"why_not": str(reason)}
    for innocents in allowed:
        ranked = asdict(compare(scores, truth, innocents))
        del ranked["threshold"]  # infinite where nobody can be accused, which JSON cannot say; recall says it too
        found["at"][str(innocents)] = ranked
    return found
