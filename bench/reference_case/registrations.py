"""Registrations, permits and truth of a replica's people."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bench.reference_case import identifiers
from bench.reference_case.drafts import MINUTE, Replica
from bench.reference_case.pool import LEAST_POPULAR, POPULAR_SHARE, Pool
from bench.reference_case.wordings import drawn
from stillwatch.records.inputs import ACCOUNTS, PERMITS
from stillwatch_lab.worlds import draws

_OPAQUE = {"organisation_id": 16, "email_hash": 32, "payment_fingerprint": 16}
_DRAWN = ("payment_issuer", "signup_fingerprint", "email_shape", "referrer")
_OCTETS = 256
_DAY = 86_400_000_000  # µs
EARLIER = {False: 30, True: 1}
"""The most days by which a sign-up is moved back, by whether the unit is new in the world: new ones then ask soon."""


def accounts_of(pool: Pool, replica: Replica) -> pa.Table:
    """The contract's accounts table of one replica, in order of id."""
    made = {name: pool.accounts[name].combine_chunks() for name in ACCOUNTS.names}
    made["account_id"] = replica.ids
    for name, digits in _OPAQUE.items():
        made[name] = _renamed(made[name], replica, name, digits)
    made["organisation_name"] = _mapped(made["organisation_name"], lambda name: _firm(name, replica))
    made["email_domain"] = _unless_popular(made["email_domain"], pool, lambda name: _domain(name, replica))
    for name in _DRAWN:
        made[name] = _redrawn(made[name], pool, replica.key(name))
    made["signup_address"] = _mapped(made["signup_address"], lambda name: _address(name, replica))
    made["closed_at"] = _moved(made["closed_at"], replica.shift * MINUTE)
    made["created_at"] = _moved(made["created_at"], replica.shift * MINUTE - _earlier(pool, replica))
    return pa.table(made, schema=ACCOUNTS.schema).sort_by("account_id")


def permits_of(pool: Pool, replica: Replica) -> pa.Table:
    """The contract's permits table of one replica, in order of id."""
    made = {name: pool.permits[name].combine_chunks() for name in PERMITS.names}
    made["permit_id"] = identifiers.named(replica.key("permit"), pool.permits.num_rows, 16)
    before = pool.accounts["organisation_id"].combine_chunks()
    after = _renamed(before, replica, "organisation_id", _OPAQUE["organisation_id"])
    made["holder"] = after.take(pc.index_in(made["holder"], before))
    return pa.table(made, schema=PERMITS.schema).sort_by("permit_id")


def truth_of(pool: Pool, replica: Replica) -> pa.Table:
    """The truth about one replica's accounts, as the lab writes it, in order of id."""
    made = {name: pool.truth[name].combine_chunks() for name in pool.truth.column_names}
    made["account_id"] = replica.ids
    made["group_id"] = _renamed(made["group_id"], replica, "group_id", 12)
    return pa.table(made, schema=pool.truth.schema).sort_by("account_id")


def _renamed(column: pa.Array, replica: Replica, purpose: str, digits: int) -> pa.Array:
    """The column with opaque texts of this replica; equal texts stay equal."""
    coded = column.dictionary_encode()
    return identifiers.named(replica.key(purpose), len(coded.dictionary), digits).take(coded.indices)


def _mapped(column: pa.Array, change: Callable[[str], str]) -> pa.Array:
    coded = column.dictionary_encode()
    return pa.array([change(text) for text in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def _unless_popular(column: pa.Array, pool: Pool, change: Callable[[str], str]) -> pa.Array:
    """The column with all but the popular texts changed."""
    pairs = pa.table({"text": column, "unit": pool.unit}).group_by(["text", "unit"]).aggregate([])
    held = pairs.group_by("text").aggregate([("unit", "count")])
    many = pc.greater_equal(held["unit_count"], max(LEAST_POPULAR, POPULAR_SHARE * pool.units))
    popular = pc.is_in(column, held["text"].combine_chunks().filter(many.combine_chunks()))
    return pc.if_else(popular, column, _mapped(column, change))


def _mark(text: str, replica: Replica, digits: int) -> str:
    number = draws.key_of(text, int(replica.key("text")))
    return f"{number:016x}"[:digits]


def _domain(text: str, replica: Replica) -> str:
    return f"{_mark(text, replica, 7)}.{text.rpartition('.')[2]}"


def _firm(text: str, replica: Replica) -> str:
    return f"{text.rpartition(' ')[0]} {draws.key_of(text, int(replica.key('firm'))) % 997}"


def _address(text: str, replica: Replica) -> str:
    """Another address in the same provider's network; neighbouring addresses stay neighbours."""
    key = int(replica.key("address"))
    if ":" in text:
        first, second, third, rest = text.split(":", 3)
        return f"{first}:{second}:{(int(third, 16) + key) % 65_536:x}:{rest}"
    first, second, third, last = text.split(".")
    street = (int(third) * (2 * (key % 128) + 1) + key // 128) % _OCTETS
    house = (int(last) * (2 * (key // 4096 % 128) + 1) + key // 65_536) % _OCTETS
    return f"{first}.{second}.{street}.{house}"


def _moved(column: pa.Array, by: NDArray[np.int64]) -> pa.Array:
    moved = column.cast(pa.int64()).fill_null(0).to_numpy() + by
    return pa.array(moved, mask=np.asarray(column.is_null())).cast(column.type)


def _earlier(pool: Pool, replica: Replica) -> NDArray[np.int64]:
    """The time by which each account's sign-up is moved back (µs), with one draw per unit."""
    created = pool.accounts["created_at"].combine_chunks().cast(pa.int64()).to_numpy()
    first = np.full(pool.units, np.iinfo(np.int64).max)
    np.minimum.at(first, pool.unit, created)
    begins = np.asarray(pool.columns["started_at"], np.int64).min()
    days = np.where(first >= begins, EARLIER[True], EARLIER[False])
    drawn = draws.uniform(identifiers.keys(replica.key("earlier"), pool.units), "days") * days * _DAY
    return np.asarray(drawn.astype(np.int64)[pool.unit], np.int64)


def _redrawn(column: pa.Array, pool: Pool, key: np.uint64) -> pa.Array:
    """The column with values drawn anew in proportion to their units; equal values within a unit stay equal."""
    coded = column.dictionary_encode()
    stated = coded.indices.is_valid().to_numpy(zero_copy_only=False)
    code = coded.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    pairs = np.unique(code[stated] * pool.units + pool.unit[stated])
    units = np.bincount(pairs // pool.units, minlength=len(coded.dictionary))
    found = drawn(code, pool.unit, units, np.ones(len(units), np.bool_), key)
    return coded.dictionary.take(pa.array(found, mask=~stated))
