"""What was last said of newcomers, as tables in a state's folder: who may be an earlier operator, and birth cohorts.

A watch adds to them, and so does `stillwatch screen --returns`; the console shows them. The oldest rows go when a table
is full.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stillwatch.disk import replaced
from stillwatch.errors import OutputError
from stillwatch.records import Table
from stillwatch.records.outputs import NEWCOMERS
from stillwatch.screening.kept import FOLDER

MOST_ROWS = 20_000


def load(state: Path, table: Table = NEWCOMERS) -> pa.Table:
    """The rows that are kept, the newest first; none where the file cannot be read, since they can be made again."""
    try:
        rows = pq.read_table(state / FOLDER / f"{table.name}.parquet", partitioning=None)
        return rows.select(list(table.names)).cast(table.schema)
    except (OSError, KeyError, ValueError, pa.ArrowException):
        return table.schema.empty_table()


def keep(state: Path, fresh: pa.Table, table: Table = NEWCOMERS) -> None:
    """Adds rows, which take the place of earlier ones of the same account or cohort; raises OutputError where they
    cannot be written."""
    earlier, of = load(state, table), table.order[0]
    others = earlier.filter(pc.invert(pc.is_in(earlier[of], fresh[of].combine_chunks())))
    order = [("said_at", "descending"), *((name, "ascending") for name in table.order)]
    try:
        (state / FOLDER).mkdir(0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write in `{state}`: {error.strerror or error}") from error
    with replaced(state / FOLDER / f"{table.name}.parquet", "--state") as path:
        pq.write_table(pa.concat_tables([fresh, others]).sort_by(order).slice(0, MOST_ROWS), path)
