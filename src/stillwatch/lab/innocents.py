"""Groups that look guilty and are not."""

from __future__ import annotations

from collections.abc import Callable

from stillwatch.lab import campaigns
from stillwatch.lab.draft import Group, World
from stillwatch.lab.draws import Wholes
from stillwatch.lab.parameters import Parameters

Draw = Callable[[World, Wholes, Parameters], Group]
KINDS: dict[str, tuple[Draw, int, int]] = {
    "letter": (campaigns.letter, 0, 0),
    "mixed": (campaigns.mixed, 0, 0),
}
