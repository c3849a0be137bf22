"""Groups of worlds with known truth, each with the one kind that it is of, as files of `training.groups` hold them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stillwatch.assess.alternatives import TELLS_CUSTOMERS
from stillwatch.assess.thresholds import BEYOND_STRANGERS
from training.facets import taught
from training.groups import opened

PURE = 0.8  # share of a group's exchanges from which it is of one kind


@dataclass(frozen=True)
class Group:
    """One group of a world: what it is, and its measures."""

    world: str
    kind: str
    extraction: bool
    values: dict[str, float] = field(repr=False)
    sort: int = 0  # of world: groups of one kind are compared between sorts to see how far a measure moves
    beyond: float = math.inf  # bits an account of shared values that strangers do not come to share

    @property
    def open_to_act(self) -> bool:
        """Whether `stillwatch.assess.alternatives` leaves the group's level to its probability."""
        return self.beyond >= BEYOND_STRANGERS and TELLS_CUSTOMERS in self.values

    @property
    def hypothesis(self) -> str:
        """The hypothesis that is true of the group."""
        return taught(self.kind, self.extraction).hypothesis


def load(paths: Sequence[Path]) -> list[Group]:
    """The groups of these files that are of one kind; each file is one sort of worlds."""
    found = []
    for sort, path in enumerate(paths):
        with opened(path, "rt") as lines:
            found += [group_of(json.loads(line), sort) for line in lines]
    return [one for one in found if one is not None]


def group_of(one: dict[str, Any], sort: int = 0) -> Group | None:
    """One line of `training.groups` as a group; None where it is of no one kind."""
    extraction, innocent = one["truth"]["extraction"], one["truth"]["innocent"]
    share = sum(extraction.values())
    if 1.0 - PURE < share < PURE:
        return None
    parts = extraction if share >= PURE else innocent
    kind = max(parts, key=lambda name: (parts[name], name))
    return Group(one["world"], kind, share >= PURE, one["measures"], sort, one["beyond"])
