"""JSON that has one spelling: what is not spelt so was changed, even where it means the same."""

from __future__ import annotations

import json
from typing import Any


def canonical(value: object) -> bytes:
    """The value as JSON on one line of ASCII, keys in order, without blanks; raises ValueError for NaN and infinity."""
    spelt = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return spelt.encode("ascii")


def parsed(line: bytes) -> Any:
    """The value of a line that is spelt as `canonical` spells it; raises ValueError for any other line."""
    try:
        value = json.loads(line)
        if canonical(value) != line:
            raise ValueError("it is not spelt as it was written")
    except (UnicodeDecodeError, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    return value
