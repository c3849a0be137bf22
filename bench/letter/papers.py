"""What a copy's people showed at sign-up, what they are permitted, and what is true of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.letter import marks
from bench.letter.copies import MINUTE, Copy
from bench.letter.pool import LEAST_POPULAR, POPULAR_SHARE, Pool
from stillwatch.lab import draws
from stillwatch.records.inputs import ACCOUNTS, PERMITS

_OPAQUE = {"organisation_id": 16, "email_hash": 32, "payment_fingerprint": 16}
_OCTETS = 256


def accounts_of(pool: Pool, copy: Copy) -> pa.Table:
    """The contract's accounts table of one copy, by id."""
    made = {name: pool.accounts[name].combine_chunks() for name in ACCOUNTS.names}
    made["account_id"] = copy.ids
    for name, digits in _OPAQUE.items():
        made[name] = _renamed(made[name], copy, name, digits)
    made["organisation_name"] = _mapped(made["organisation_name"], lambda name: _firm(name, copy))
    made["email_domain"] = _unless_popular(made["email_domain"], pool, lambda name: _domain(name, copy))
    made["signup_fingerprint"] = _unless_popular(made["signup_fingerprint"], pool, lambda name: _mark(name, copy, 16))
    made["signup_address"] = _mapped(made["signup_address"], lambda name: _address(name, copy))
    for name in ("created_at", "closed_at"):
        made[name] = _moved(made[name], copy)
    return pa.table(made, schema=ACCOUNTS.schema).sort_by("account_id")


def permits_of(pool: Pool, copy: Copy) -> pa.Table:
    """The contract's permits table of one copy, by id."""
    made = {name: pool.permits[name].combine_chunks() for name in PERMITS.names}
    made["permit_id"] = marks.named(copy.key("permit"), pool.permits.num_rows, 16)
    before = pool.accounts["organisation_id"].combine_chunks()
    after = _renamed(before, copy, "organisation_id", _OPAQUE["organisation_id"])
    made["holder"] = after.take(pc.index_in(made["holder"], before))
    return pa.table(made, schema=PERMITS.schema).sort_by("permit_id")


def truth_of(pool: Pool, copy: Copy) -> pa.Table:
    """The truth about one copy's accounts, as the lab writes it, by id."""
    made = {name: pool.truth[name].combine_chunks() for name in pool.truth.column_names}
    made["account_id"] = copy.ids
    made["group_id"] = _renamed(made["group_id"], copy, "group_id", 12)
    return pa.table(made, schema=pool.truth.schema).sort_by("account_id")


def _renamed(column: pa.Array, copy: Copy, purpose: str, digits: int) -> pa.Array:
    """Opaque texts of this copy in place of those, equal where those are."""
    coded = column.dictionary_encode()
    return marks.named(copy.key(purpose), len(coded.dictionary), digits).take(coded.indices)


def _mapped(column: pa.Array, change: object) -> pa.Array:
    assert callable(change)
    coded = column.dictionary_encode()
    return pa.array([change(text) for text in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def _unless_popular(column: pa.Array, pool: Pool, change: object) -> pa.Array:
    """The same texts where many unconnected people have them, changed ones elsewhere."""
    pairs = pa.table({"text": column, "unit": pool.unit}).group_by(["text", "unit"]).aggregate([])
    held = pairs.group_by("text").aggregate([("unit", "count")])
    many = pc.greater_equal(held["unit_count"], max(LEAST_POPULAR, POPULAR_SHARE * pool.units))
    popular = pc.is_in(column, held["text"].combine_chunks().filter(many.combine_chunks()))
    return pc.if_else(popular, column, _mapped(column, change))


def _mark(text: str, copy: Copy, digits: int) -> str:
    number = draws.key_of(text, int(copy.key("text")))
    return f"{number:016x}"[:digits]


def _domain(text: str, copy: Copy) -> str:
    return f"{_mark(text, copy, 7)}.{text.rpartition('.')[2]}"


def _firm(text: str, copy: Copy) -> str:
    return f"{text.rpartition(' ')[0]} {draws.key_of(text, int(copy.key('firm'))) % 997}"


def _address(text: str, copy: Copy) -> str:
    """Another home in the same provider's network; homes of one street stay neighbours."""
    key = int(copy.key("address"))
    if ":" in text:
        first, second, third, rest = text.split(":", 3)
        return f"{first}:{second}:{(int(third, 16) + key) % 65_536:x}:{rest}"
    first, second, third, last = text.split(".")
    street = (int(third) * (2 * (key % 128) + 1) + key // 128) % _OCTETS
    house = (int(last) * (2 * (key // 4096 % 128) + 1) + key // 65_536) % _OCTETS
    return f"{first}.{second}.{street}.{house}"


def _moved(column: pa.Array, copy: Copy) -> pa.Array:
    moved = column.cast(pa.int64()).fill_null(0).to_numpy() + copy.shift * MINUTE
    return pa.array(moved, mask=np.asarray(column.is_null())).cast(column.type)
