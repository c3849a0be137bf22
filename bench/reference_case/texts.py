"""Makes sketches of a drawn world's texts with the pipeline's own code, some rows at a time."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bench.reference_case.drawn import Drawn
from bench.reference_case.identifiers import counted_ids
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.key import load_key
from stillwatch.records.inputs import EXCHANGES
from stillwatch.records.sketches import EXCHANGE_SKETCHES
from stillwatch.settings import EngineSettings
from stillwatch.sketch import stream
from stillwatch.sketch.exchange import sketch_batch
from stillwatch.sketch.text import Workspace, make_workspace
from stillwatch_lab.worlds.log.files import part_table

ROWS = 40_000  # rows at a time, about 60 MB of text


def sketched(drawn: Drawn, begin: int, end: int) -> pa.Table:
    """Sketches of the exchanges `begin` to `end` - 1 of a drawn world, in its order; ids count from `begin`."""
    key = load_key(None)
    workspace = make_workspace(key)
    tables = [_some(drawn, np.arange(at, min(at + ROWS, end)), workspace) for at in range(begin, end, ROWS)]
    return pa.concat_tables(tables).combine_chunks()


def _some(drawn: Drawn, numbers: NDArray[np.int64], workspace: Workspace) -> pa.Table:
    exchanges = part_table(drawn.decided, drawn.order[numbers])
    exchanges = exchanges.set_column(
        exchanges.schema.get_field_index("exchange_id"), "exchange_id", counted_ids(numbers)
    )
    for field in EXCHANGES.schema:
        if field.name not in exchanges.column_names:
            exchanges = exchanges.append_column(field, pa.nulls(exchanges.num_rows, field.type))
    key = load_key(None)
    with (
        tempfile.TemporaryDirectory() as folder,
        DuckDBEngine(EngineSettings(threads=1, memory_limit="1GB"), Path(folder)) as engine,
    ):
        engine.store(EXCHANGES, exchanges)
        fetched = engine.batches(Query("exchanges to sketch", stream.exchanges_sql()), stream.FETCH_ROWS)
        made = [sketch_batch(batch, key, workspace) for batch in stream.regrouped(fetched, ROWS)]
    table = pa.Table.from_batches(made, schema=EXCHANGE_SKETCHES.schema)
    return table.take(pc.sort_indices(table["exchange_id"]))
