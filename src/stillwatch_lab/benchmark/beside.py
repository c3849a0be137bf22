"""The baselines on the same worlds and sketches as the detector, at the same number of accused innocents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from stillwatch.engine import Engine
from stillwatch_lab.baselines import BASELINES, Logs, UnavailableError
from stillwatch_lab.baselines.ranking import compare


def names() -> tuple[str, ...]:
    """The names of all baselines, in the order in which they are shown."""
    return tuple(one.name for one in BASELINES)


def compared(engine: Engine, name: str, logs: Logs, truth: Path, allowed: Sequence[int]) -> dict[str, Any]:
    """The result of the baseline of that name for each number of innocents that it may accuse.

    If the baseline cannot run, `at` is empty, and `why_not` is the reason.
    """
    one = next(baseline for baseline in BASELINES if baseline.name == name)
    found: dict[str, Any] = {"name": name, "source": one.source, "why_not": None, "at": {}}
    try:
        scores = one.scores(engine, logs)
    except UnavailableError as reason:
        return found | {"why_not": str(reason)}
    for innocents in allowed:
        ranked = asdict(compare(scores, truth, innocents))
        del ranked["threshold"]  # it can be infinite, which JSON does not allow
        found["at"][str(innocents)] = ranked
    return found
