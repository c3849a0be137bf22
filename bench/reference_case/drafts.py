"""The draws of a replica of the people, made before anything is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.reference_case import identifiers

MINUTE = 60_000_000  # µs


@dataclass(frozen=True, slots=True)
class Replica:
    """The draws of one replica: account ids, and minutes by which each account is moved."""

    number: int
    own: np.uint64
    ids: pa.Array
    shift: NDArray[np.int64]

    def key(self, purpose: str) -> np.uint64:
        """The key of one purpose."""
        return identifiers.purpose_key(self.own, purpose)
