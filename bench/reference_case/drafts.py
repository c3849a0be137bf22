"""The draws of a replica of the people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.reference_case import identifiers

MINUTE = 60_000_000  # µs


@dataclass(frozen=True, slots=True)
class Replica:
    """The draws of one replica: its account ids, and the minutes by which each account's times are shifted."""

    number: int
    own: np.uint64
    ids: pa.Array
    shift: NDArray[np.int64]

    def key(self, purpose: str) -> np.uint64:
        """The replica's key for one purpose."""
        return identifiers.purpose_key(self.own, purpose)
