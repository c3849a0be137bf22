"""The interface of a baseline: the logs it reads and the scores it returns; every module beside it implements it."""

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
    """The logs a baseline reads: everything our own detector sees, nothing else."""

    sketches: str
    """Path or glob of `exchange_sketches` Parquet (columns: `records/sketches.py`)."""
    accounts: str | None
    """Path of the contract's accounts table as Parquet; None where the provider has none."""


class Baseline(Protocol):
    """One public idea of how to find the accounts, as its authors describe it."""

    @property
    def name(self) -> str:
        """The claim it makes of an account with a high score, in snake case."""
        ...

    @property
    def source(self) -> str:
        """The publication of the idea."""
        ...

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """`account_id` and `score` (float64, higher is more suspicious), by account; accounts left out score 0.

        The same logs give the same scores. Raises QueryError when the logs cannot be read, UnavailableError when it
        cannot run here at all.
        """
        ...


class UnavailableError(RunError):
    """A baseline cannot run on this machine or on these logs; the message says why and what to do."""


def scored(accounts: pa.Array, scores: NDArray[np.float64]) -> pa.Table:
    """The answer of a baseline from account ids and scores, both (accounts,); zeros are left out."""
    kept = np.flatnonzero(scores != 0.0)
    columns = [accounts.take(pa.array(kept)), pa.array(scores[kept], pa.float64())]
    return pa.Table.from_arrays(columns, schema=SCORES)
