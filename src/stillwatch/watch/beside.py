"""The tables beside the logs, which grow while Stillwatch watches: accounts, permits and judgements."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stillwatch import flow
from stillwatch.engine import Engine, Query, identifier, literal
from stillwatch.job import Inputs, Job, resolve
from stillwatch.records import Table
from stillwatch.records.inputs import ACCOUNTS, PERMITS

Seen = tuple[tuple[str, int, int], ...]
"""Files by path, time of change (ns) and size (bytes)."""


@dataclass(slots=True)
class Beside:
    """Accounts and permits as they are now: they are read again only when one of their files has changed.

    `inputs` are the paths as typed, so that files that are added to a folder are seen. Checked copies lie in `folder`.
    """

    inputs: Inputs
    base: Job
    folder: Path
    seen: Seen | None = None

    def job(self) -> Job:
        """The job with the files that the inputs name now; raises UsageError when some are gone."""
        found = resolve(self.inputs, self.base.window, self.base.settings, self.base.state)
        return replace(self.base, sources=found.sources)

    def accounts(self) -> pa.Table | None:
        """The accounts, None where none are named; raises RunError when they cannot be used."""
        return self._table(ACCOUNTS) if self.inputs.accounts else None

    def permits(self) -> pa.Table | None:
        """The permits, None where none are named; raises RunError when they cannot be used."""
        return self._table(PERMITS) if self.inputs.permits else None

    def view(self, engine: Engine) -> bool:
        """Makes the engine's table `accounts`; returns whether there is one."""
        if not self.inputs.accounts:
            return False
        names = ", ".join(identifier(name) for name in ACCOUNTS.names)
        file = literal(str(self._refreshed(ACCOUNTS).absolute()))
        rows = f"SELECT {names} FROM read_parquet({file}, hive_partitioning = false)"
        engine.view(ACCOUNTS.name, Query("accounts", rows))
        return True

    def _table(self, table: Table) -> pa.Table:
        return pq.read_table(self._refreshed(table), partitioning=None)

    def _refreshed(self, table: Table) -> Path:
        job = self.job()
        files = (*job.sources.accounts, *job.sources.permits)
        found = [(str(one.path), one.path.stat()) for one in files]
        now = tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in found)
        path = self.folder / f"{table.name}.parquet"
        if now != self.seen or not path.is_file():
            self.folder.mkdir(parents=True, exist_ok=True)
            flow.write_beside(job, self.folder)
            self.seen = now
        return path
