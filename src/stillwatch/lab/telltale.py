"""Looks for tell-tales: columns whose mere format would give campaign accounts away, which no real log offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from numpy.typing import NDArray

from stillwatch.lab.draws import Reals, Wholes

_PATTERNS = {"digits": "[0-9]", "lower": "[a-z]", "upper": "[A-Z]", "marks": "[^0-9A-Za-z]"}
_FEWEST = 20  # distinct values on each side, below which a format says nothing
_CHANCE = 4.0  # standard errors that one of some hundred features may stray by chance

INTENDED: dict[str, str] = {
    "system_instructions": "frames may stand there",
    "input_text": "payload reads like payload",
    "output_text": "answers follow the payload",
    "input_tokens": "payload has its own length",
    "user_agent": "a relay sends one client's headers",
    "channel": "follows the client",
    "conversation_id": "some clients send none",
    "device_id": "some clients send none",
    "session_id": "some clients send none",
    "cached_tokens": "only some clients cache",
    "reasoning_tokens": "only the new model thinks",
    "max_tokens": "parameters are the relay's",
    "temperature": "parameters are the relay's",
    "top_p": "parameters are the relay's",
    "choice_count": "parameters are the relay's",
    "tool_names": "tools are the relay's",
    "finish_reason": "follows limits and tools",
    "request_model": "campaigns move on release day",
    "email_shape": "generated names",
    "email_domain": "few domains",
    "payment_fingerprint null share": "nearly all campaign accounts pay",
    "payment_issuer null share": "nearly all campaign accounts pay",
    "payment_country null share": "nearly all campaign accounts pay",
    "verification": "nearly all campaign accounts pay",
    "account_type": "programmes for research and start-ups are used",
    "closed_at": "campaign accounts are closed",
    "closed_reason": "campaign accounts are closed",
}
"""Columns, or features of columns, that a rung means to differ in, and why; everything else must not."""


@dataclass(frozen=True, slots=True)
class Telltale:
    """One feature of one column's format, and how well it alone tells campaign from organic.

    `auc` is the chance that it orders the two rightly, folded so that 0.5 is blindness; `error` its standard error
    under blindness.
    """

    table: str
    column: str
    feature: str
    auc: float
    error: float

    @property
    def speaks(self) -> bool:
        """Whether it separates beyond chance and to any practical use."""
        return self.auc - 0.5 > max(_CHANCE * self.error, 0.05)

    @property
    def intended(self) -> bool:
        """Whether a rung means it."""
        return self.column in INTENDED or f"{self.column} {self.feature}" in INTENDED


def telltales(world: Path) -> list[Telltale]:
    """Every feature of every column of the world in this folder, strongest first.

    One row an account is looked at, so that busy accounts do not speak louder: whether the value is missing, and over
    the distinct values its format (length, classes of characters, trailing digits). What a value is never counts.
    """
    truth = pq.read_table(world / "truth" / "accounts.parquet").sort_by("account_id")
    role = truth["role"].to_numpy()
    names = truth["account_id"].combine_chunks()
    found = []
    for table in ("exchanges", "accounts"):
        place = world / (table if table == "exchanges" else "accounts.parquet")
        if not place.exists():
            continue
        data = ds.dataset(place)
        owner = pc.index_in(data.to_table(["account_id"])["account_id"].combine_chunks(), names).to_numpy()
        for column in data.schema.names:
            values = data.to_table([column])[column].combine_chunks()
            found += [Telltale(table, column, *one) for one in _compared(values, owner, role)]
    return sorted(found, key=lambda one: (-one.auc, one.table, one.column, one.feature))


def _compared(values: pa.Array, owner: Wholes, role: NDArray[np.object_]) -> Iterator[tuple[str, float, float]]:
    _, one_each = np.unique(owner, return_index=True)
    missing = pc.is_null(values).to_numpy(zero_copy_only=False).astype(np.float64)[one_each]
    sides = [role[owner[one_each]] == which for which in ("campaign", "organic")]
    if all(side.any() for side in sides):
        yield ("null share", *_auc(missing[sides[0]], missing[sides[1]]))
    if pa.types.is_list(values.type):
        return
    ours, theirs = (pc.unique(values.take(pa.array(one_each[side]))).drop_null() for side in sides)
    if min(len(ours), len(theirs)) < _FEWEST:
        return
    for (feature, left), (_, right) in zip(_features(ours), _features(theirs), strict=True):
        yield (feature, *_auc(left, right))


def _features(values: pa.Array) -> Iterator[tuple[str, Reals]]:
    if pa.types.is_string(values.type):
        yield "length", _numbers(pc.utf8_length(values))
        for name, pattern in _PATTERNS.items():
            yield name, _numbers(pc.count_substring_regex(values, pattern))
    elif pa.types.is_timestamp(values.type):
        micros = pc.cast(values, pa.int64()).to_numpy(zero_copy_only=False)
        yield "part of a second", (micros % 1_000_000).astype(np.float64)
        yield "last digit", (micros % 10).astype(np.float64)
    elif pa.types.is_floating(values.type):
        numbers = _numbers(values) * 100
        yield "decimals", (np.abs(numbers - np.round(numbers)) > 1e-9).astype(np.float64)


def _numbers(values: pa.Array) -> Reals:
    numbers: Reals = pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)
    return numbers


def _auc(ours: Reals, theirs: Reals) -> tuple[float, float]:
    """Folded area under the curve, and its standard error when both sides are alike (Mann and Whitney 1947)."""
    order = np.sort(theirs)
    below = np.searchsorted(order, ours, side="left")
    tied = np.searchsorted(order, ours, side="right") - below
    share = float((below + tied / 2).mean()) / len(theirs)
    error = float(np.sqrt((len(ours) + len(theirs) + 1) / (12 * len(ours) * len(theirs))))
    return max(share, 1 - share), error
