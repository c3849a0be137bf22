"""The interface of a baseline, which the modules of this folder implement: logs go in and scores come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stillwatch.engine import Engine
from stillwatch.errors import RunError

SCORES = pa.schema([pa.field("account_id", pa.string()), pa.field("score", pa.float64())])


@dataclass(frozen=True, slots=True)
class Logs:
    """The logs that a baseline reads, which are the same that Stillwatch reads."""

    sketches: str
    """Path or glob of `exchange_sketches` Parquet (columns: `records/sketches.py`)."""
    accounts: str | None
    """Path of the contract's accounts table as Parquet; None where the provider has none."""


class Baseline(Protocol):
    """One published method to find the accounts of a campaign, as its authors describe it."""

    @property
    def name(self) -> str:
        """The statement that the method makes about an account with a high score, in snake case."""
        ...

    @property
    def source(self) -> str:
        """The publication of the method."""
        ...

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """`account_id` and `score` (float64, higher is more suspicious), by account; accounts left out score 0.

        The same logs give the same scores. Raises QueryError when the logs cannot be read, UnavailableError when the
        method cannot run at all.
        """
        ...


class UnavailableError(RunError):
    """A baseline cannot run on this machine or on these logs; the message gives the reason and the remedy."""


def scored(accounts: pa.Array, scores: NDArray[np.float64]) -> pa.Table:
    """The table of a baseline's scores from account ids and scores, both (accounts,); zeros are left out."""
    kept = np.flatnonzero(scores != 0.0)
    columns = [accounts.take(pa.array(kept)), pa.array(scores[kept], pa.float64())]
    return pa.Table.from_arrays(columns, schema=SCORES)
