"""Tables that ship with the product, each with its sources: error rates, public cases, sizes of published data sets."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> dict[str, Any]:
    """A shipped table: `cases`, `data_sets`, `measured`, `likeness` or `atlas`."""
    found: dict[str, Any] = json.loads(files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return found
