"""Stages that do next to nothing, so that tests of the flow are about the flow."""

from __future__ import annotations

import pyarrow as pa

from stillwatch import read
from stillwatch.engine import Engine
from stillwatch.job import Job
from stillwatch.records import Table
from stillwatch.records.outputs import CAMPAIGNS, DOCUMENTS, RUN_FILES

_FOUND = tuple(table for table in RUN_FILES if table.name not in read.WRITES)
PAGE = "<!doctype html><title>report</title>"


class SmallStage:
    """Writes one row or none into each of its tables."""

    def __init__(self, name: str, tables: tuple[Table, ...], reads: tuple[str, ...]) -> None:
        self.__name__ = name
        self.tables = tables
        self.READS = reads
        self.WRITES = tuple(table.name for table in tables)

    def run(self, engine: Engine, job: Job) -> None:
        for table in self.tables:
            rows = [{"name": "report.html", "media_type": "text/html", "body": PAGE}] if table is DOCUMENTS else []
            engine.store(table, pa.Table.from_pylist(rows, schema=table.schema))


STAGES = (
    read,
    SmallStage("small.find", _FOUND, ("exchanges",)),
    SmallStage("small.report", (DOCUMENTS,), (CAMPAIGNS.name,)),
)
