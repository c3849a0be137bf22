"""Checks a world for label leakage: formats, missing values and combinations that reveal campaigns by mistake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from stillwatch.errors import InputError
from stillwatch_lab.leakage.intents import intent_of
from stillwatch_lab.worlds.draws import Reals, Wholes

_PATTERNS = {"digits": "[0-9]", "lower": "[a-z]", "upper": "[A-Z]", "marks": "[^0-9A-Za-z]"}
_FEWEST = 20  # distinct values on each side; with fewer a format is not evidence
_CHANCE = 4.5  # standard errors; one of a thousand features exceeds them by chance once in a hundred worlds
_USEFUL = 0.05  # least area above one half that is of practical use
_CROWDS = 10  # crowds of people with which a profile is compared
_EXPECTED = (
    8.0  # people expected with a combination if its parts were independent; with fewer, its absence is not evidence
)
_ORGANIC, _HARVEST = "organic", "harvest"

PAIRS: dict[str, tuple[tuple[str, str], ...]] = {
    "exchanges": (
        ("user_agent", "channel"),
        ("user_agent", "temperature"),
        ("user_agent", "top_p"),
        ("user_agent", "max_tokens"),
        ("user_agent", "choice_count"),
        ("user_agent", "tool_names"),
        ("user_agent", "client_fingerprint"),
        ("user_agent", "system_instructions"),
        ("user_agent", "conversation_id"),
        ("user_agent", "device_id"),
        ("user_agent", "session_id"),
        ("request_model", "reasoning_tokens"),
        ("channel", "client_address"),
        ("status_code", "output_text"),
    ),
    "accounts": (
        ("verification", "payment_country"),
        ("verification", "phone_prefix"),
        ("payment_country", "phone_prefix"),
        ("payment_country", "payment_issuer"),
        ("account_type", "organisation_id"),
        ("account_type", "email_domain"),
        ("closed_at", "closed_reason"),
    ),
}
"""Pairs of columns that a mistake in the code could combine wrongly, so that values meet that never meet at people."""

_ONLY_IF_THERE = {
    "client_fingerprint",
    "conversation_id",
    "device_id",
    "session_id",
    "reasoning_tokens",
    "client_address",
    "output_text",
    "organisation_id",
    "payment_issuer",
    "phone_prefix",
    "closed_at",
}
"""Columns of which a pair considers only whether there is a value."""


@dataclass(frozen=True, slots=True)
class Separation:
    """One feature of one column, or of two, and how well it alone separates one profile's accounts from people's.

    `auc` is the chance that it orders the two rightly, folded so that 0.5 means no separation; `error` is its standard
    error if there is no separation.
    """

    profile: str
    table: str
    column: str
    feature: str
    auc: float
    error: float

    @property
    def separates(self) -> bool:
        """True if it separates beyond chance and enough to be of practical use."""
        return self.auc - 0.5 > max(_CHANCE * self.error, _USEFUL)

    @property
    def intended(self) -> str | None:
        """The reason for which the profile intends it; None if it is a mistake."""
        return intent_of(self.profile, self.column, self.feature)


@dataclass(frozen=True, slots=True)
class _Rows:
    """A table with one row per account, prepared once for the comparison with every profile."""

    table: str
    columns: dict[str, pa.Array]
    strange: dict[str, Reals]  # by pair of columns, see _strange
    people: NDArray[np.bool_]
    crowds: dict[tuple[str, int], tuple[int, list[tuple[str, Reals]]]] = field(default_factory=dict)

    def in_crowds(self, column: str, size: int) -> tuple[int, list[tuple[str, Reals]]]:
        """The number of people's distinct values in crowds of this size, and the values' features."""
        if (column, size) not in self.crowds:
            values = _in_crowds(self.columns[column].filter(pa.array(self.people)), size)
            self.crowds[column, size] = len(values), list(_features(values))
        return self.crowds[column, size]


def separations(world: Path) -> list[Separation]:
    """Every feature of every column of the world in this folder, for every profile, strongest separation first.

    One row per account is compared, so that busy accounts do not weigh more. The features are: whether the value is
    missing; the format of the distinct values (length, classes of characters, trailing digits); and whether a value
    meets another column's value that it never meets at people. The value itself never counts. Raises InputError when
    the folder is no world.
    """
    truth = world / "truth" / "accounts.parquet"
    if not truth.is_file():
        raise InputError(f"`{world}` is no world: it has no `truth/accounts.parquet`")
    accounts = pq.read_table(truth).sort_by("account_id")
    names = accounts["account_id"].combine_chunks()
    kind, role = accounts["kind"].to_numpy(), accounts["role"].to_numpy()
    sides = {name: kind == name for name in sorted(set(kind[(role == "campaign") | (kind == _HARVEST)]))}
    found: list[Separation] = []
    for table in ("exchanges", "accounts"):
        place = world / (table if table == "exchanges" else "accounts.parquet")
        if place.exists():
            data = _one_each(ds.dataset(place), names)
            owner = pc.index_in(data["account_id"].combine_chunks(), names).to_numpy()
            rows = _rows_of(table, data, (role == _ORGANIC)[owner])
            for profile, side in sides.items():
                found += _of_profile(profile, rows, side[owner])
    return sorted(found, key=lambda one: (-one.auc, one.profile, one.table, one.column, one.feature))


def _one_each(data: ds.Dataset, names: pa.Array) -> pa.Table:
    owner = pc.index_in(data.to_table(["account_id"])["account_id"].combine_chunks(), names).to_numpy()
    rows = pa.array(np.unique(owner, return_index=True)[1])
    return pa.table({name: data.to_table([name])[name].take(rows).combine_chunks() for name in data.schema.names})


def _rows_of(table: str, data: pa.Table, people: NDArray[np.bool_]) -> _Rows:
    columns = {column: _homes(data[column].combine_chunks(), column) for column in data.column_names}
    strange = {
        f"{left} x {right}": _strange(_parts(data, left), _parts(data, right), people)
        for left, right in PAIRS[table]
        if left in columns and right in columns
    }
    return _Rows(table, columns, strange, people)


def _of_profile(profile: str, rows: _Rows, ours: NDArray[np.bool_]) -> Iterator[Separation]:
    if not (ours.any() and rows.people.any()):
        return
    for column in rows.columns:
        for one in _compared(rows, column, ours):
            yield Separation(profile, rows.table, column, *one)
    others = rows.people & ~_reference(rows.people)
    for pair, strange in rows.strange.items():
        yield Separation(profile, rows.table, pair, "contradiction", *_auc(strange[ours], strange[others]))


def _homes(values: pa.Array, column: str) -> pa.Array:
    """Cuts IPv6 addresses to their network half, since one home has a new address every day (RFC 8981)."""
    if not column.endswith("_address"):
        return values
    return pc.replace_substring_regex(values, "^([0-9a-f]+:[0-9a-f]+:[0-9a-f]+:[0-9a-f]+):.*$", r"\1")


def _compared(rows: _Rows, column: str, ours: NDArray[np.bool_]) -> Iterator[tuple[str, float, float]]:
    values = rows.columns[column]
    missing = pc.is_null(values).to_numpy(zero_copy_only=False).astype(np.float64)
    yield ("null share", *_auc(missing[ours], missing[rows.people]))
    if pa.types.is_list(values.type):
        return
    left = pc.unique(values.filter(pa.array(ours))).drop_null()
    if len(left) < _FEWEST:
        return
    count, features = rows.in_crowds(column, int(ours.sum()))
    if count < _FEWEST:
        return
    for (feature, one), (_, other) in zip(_features(left), features, strict=True):
        yield (feature, *_auc(one, other))


def _in_crowds(values: pa.Array, size: int) -> pa.Array:
    """Distinct values of people, taken in crowds as large as the campaign, one crowd after the other.

    Among more accounts a larger share of distinct values is rare, so that only crowds of one size can be compared.
    """
    crowds = min(_CROWDS, max(len(values) // size, 1))
    return pa.concat_arrays([pc.unique(values.slice(at * size, size)).drop_null() for at in range(crowds)])


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


def _parts(data: pa.Table, column: str) -> Wholes:
    """The values of a column as integers from 0; all versions of a client are one value, and so are equal lists."""
    values = data[column].combine_chunks()
    if pa.types.is_list(values.type):
        values = pc.binary_join(values, " ")
    if column in _ONLY_IF_THERE:
        values = pc.is_valid(values)
    elif column == "user_agent":
        values = pc.replace_substring_regex(values, "[0-9]+", "9")
    return np.unique(pc.fill_null(pc.cast(values, pa.string()), "").to_numpy(False).astype(str), return_inverse=True)[1]


def _reference(people: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Marks every second person; usual combinations are learnt from them, and the other people are compared."""
    return np.asarray(people & (np.cumsum(people) % 2 == 0))


def _strange(left: Wholes, right: Wholes, people: NDArray[np.bool_]) -> Reals:
    """1.0 for rows with two values that never meet among the reference people although each is common there."""
    known = _reference(people)
    seen = np.zeros((left.max() + 1, right.max() + 1))
    np.add.at(seen, (left[known], right[known]), 1.0)
    expected = seen.sum(axis=1, keepdims=True) * seen.sum(axis=0, keepdims=True) / max(known.sum(), 1)
    return np.asarray(((seen == 0) & (expected >= _EXPECTED))[left, right], dtype=np.float64)


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


def render(found: list[Separation], console: Console) -> None:
    """Prints a table of the features that separate by mistake, and one line on those that do so by intention."""
    separating = [one for one in found if one.separates]
    unintended = [one for one in separating if not one.intended]
    if unintended:
        table = Table(title="Differences that no campaign profile intends", title_justify="left")
        for heading in ("campaign profile", "table", "column", "feature", "area under the curve"):
            table.add_column(heading)
        for one in unintended:
            table.add_row(one.profile, one.table, one.column, one.feature, f"{one.auc:.3f} ± {one.error:.3f}")
        console.print(table)
    profiles = len({one.profile for one in found})
    console.print(
        f"{len(found):,} features of {profiles} campaign profiles were compared with people's: "
        f"{len(separating) - len(unintended):,} differ by intention, {len(unintended):,} by mistake."
    )
