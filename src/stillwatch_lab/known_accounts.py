"""The accounts table of a world as a provider had it at a moment."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc


def known_at(accounts: pa.Table, moment: datetime) -> pa.Table:
    """The table without sign-ups and closures from `moment` (UTC) on; what has no time is kept."""
    rows = accounts
    later = pc.greater_equal(_plain(rows["closed_at"]), pa.scalar(moment, pa.timestamp("us")))
    for name in ("closed_at", "closed_reason"):
        if name in rows.column_names:
            column = pc.if_else(pc.fill_null(later, False), pa.scalar(None, rows.schema.field(name).type), rows[name])
            rows = rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), column)
    known = pc.less(_plain(rows["created_at"]), pa.scalar(moment, pa.timestamp("us")))
    return rows.filter(pc.fill_null(known, True))


def _plain(times: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times in UTC without a zone, which a provider's table may have."""
    return times.cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
