"""Indicators of partners become keyed values, as exchanges have them."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from stillwatch.engine import Engine, Query
from stillwatch.key import Key
from stillwatch.records.indicators import ADDRESS, DEVICE, FINGERPRINT, INDICATOR_CLAIMS, SUBNET, USER_AGENT, canonical
from stillwatch.records.inputs import INDICATORS
from stillwatch.records.sketches import INDICATOR_SKETCHES
from stillwatch.sketch.address import address_values
from stillwatch.sketch.values import column_values


def _addresses(place: int) -> Callable[[pa.Array, Key], pa.Array]:
    def keyed(texts: pa.Array, key: Key) -> pa.Array:
        whole = pa.array([text.partition("/")[0] for text in texts.to_pylist()], pa.string())
        return address_values(whole, key, 0)[place]

    return keyed


def _column(name: str) -> Callable[[pa.Array, Key], pa.Array]:
    return lambda texts, key: column_values(texts, key, name)


_KEYED = {
    ADDRESS: _addresses(0),
    SUBNET: _addresses(1),
    FINGERPRINT: _column("client_fingerprint"),
    USER_AGENT: _column("user_agent"),
    DEVICE: _column("device_id"),
}
"""By claim: the value as `sketch_batch` makes it of a column."""


def run(engine: Engine, key: Key) -> None:
    """Writes `indicator_sketches`; what is no value of its claim, as `records.indicators` has them, says nothing."""
    if not engine.columns(INDICATORS.name):
        engine.store(INDICATOR_SKETCHES, INDICATOR_SKETCHES.schema.empty_table())
        return
    rows = engine.fetch(Query("indicators", f"SELECT {', '.join(INDICATORS.names)} FROM indicators"))
    parts = [_of_claim(rows.filter(pc.equal(rows["claim"], claim)), claim, key) for claim in INDICATOR_CLAIMS]
    engine.store(INDICATOR_SKETCHES, pa.concat_tables(parts))


def _of_claim(rows: pa.Table, claim: str, key: Key) -> pa.Table:
    texts = [canonical(claim, text) for text in rows["value"].to_pylist()]
    known = pa.array([text is not None for text in texts], pa.bool_())
    rows = rows.filter(known)
    values = pa.array([text for text in texts if text is not None], pa.string())
    columns = {name: rows[name] for name in INDICATORS.names} | {"value": values, "keyed": _KEYED[claim](values, key)}
    table = pa.table({name: columns[name] for name in INDICATOR_SKETCHES.names}).cast(INDICATOR_SKETCHES.schema)
    return table.filter(pc.is_valid(table["keyed"]))
