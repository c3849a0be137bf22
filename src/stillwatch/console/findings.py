"""The newest run of a state, opened for pages: engines over its files, an index of accounts, and what was read once."""

from __future__ import annotations

import json
import logging
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from stillwatch.console import queries
from stillwatch.disk import private
from stillwatch.engine import Engine, Query, literal
from stillwatch.errors import InputError, QueryError, RunError, UsageError, reason_of
from stillwatch.report import folder
from stillwatch.report.fetch import Rows, rows
from stillwatch.runs import epochs
from stillwatch.runs.folder import MARKER
from stillwatch.serve import logs
from stillwatch.settings import EngineSettings

ENGINES = EngineSettings(threads=1, memory_limit="1GB")
"""Of each of a run's engines; pages of several people are read beside each other, and beside an epoch."""
MOST_ENGINES = 3
MOST_KEPT = 4_096
"""Things read once of a run that are kept."""
PLACES = "places"
Made = TypeVar("Made")


class NoRunError(RunError):
    """There is no run that could be read; the message is for people."""


class Run:
    """One finished run; several threads may read it, each with an engine of its own."""

    def __init__(self, path: Path) -> None:
        """Opens it and writes its index of accounts; raises NoRunError where it cannot be read."""
        self.path, self.name = path, path.name
        self._engines = ExitStack()
        self._free: list[Engine] = []
        self._lock, self._there = threading.Lock(), threading.Semaphore(MOST_ENGINES)
        self._kept: OrderedDict[Any, Any] = OrderedDict()
        self._folder = self._engines.enter_context(private(Path(tempfile.gettempdir()), "console"))
        try:
            self.record: dict[str, Any] = json.loads((path / MARKER).read_text(encoding="utf-8"))
            engine, self.facts = self._engines.enter_context(folder.opened(path, ENGINES))
            engine.view(queries.PLACES_MADE.name, queries.places_sql())
            engine.export(queries.PLACES_MADE, self._folder / "places.parquet")
            self._index(engine)
        except (OSError, ValueError, KeyError, UsageError, RunError) as error:
            self._engines.close()
            raise NoRunError(f"the run `{path.name}` cannot be read ({reason_of(error)})") from error
        self._free.append(engine)

    @contextmanager
    def reading(self) -> Iterator[Engine]:
        """Yields an engine over the run's tables that nobody else uses meanwhile."""
        with self._there:
            with self._lock:
                engine = self._free.pop() if self._free else None
            engine = engine or self._another()
            try:
                yield engine
            finally:
                with self._lock:
                    self._free.append(engine)

    def once(self, key: Any, make: Callable[[Engine], Made]) -> Made:
        """What `make` reads of the run, kept under the key, since a run never changes; raises NoRunError."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast(Made, self._kept[key])
        try:
            with self.reading() as engine:
                made = make(engine)
        except (QueryError, InputError) as error:
            raise NoRunError(f"the run `{self.name}` is gone or damaged; open the page again") from error
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return made

    def rows(self, query: Query) -> Rows:
        """The rows of a query, read once."""
        return self.once(query.sql, lambda engine: rows(engine, query))

    def close(self) -> None:
        """Ends the engines once nobody reads."""
        for _ in range(MOST_ENGINES):
            self._there.acquire()
        self._engines.close()

    def _another(self) -> Engine:
        engine, _ = self._engines.enter_context(folder.opened(self.path, ENGINES))
        self._index(engine)
        return engine

    def _index(self, engine: Engine) -> None:
        path = literal(str(self._folder / "places.parquet"))
        engine.view(PLACES, Query("places", f"SELECT * FROM read_parquet({path})"))


class Findings:
    """The run that `runs/latest` of a state names; a newer one is opened before pages move to it."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._run: Run | None = None
        self._lock = threading.Lock()
        self.refused: str | None = None  # why the newest run is not used

    @property
    def run(self) -> Run:
        """The run that pages are made of; raises NoRunError where there is none."""
        found = self._run
        if found is None:
            self.refresh()
            found = self._run
        if found is None:
            raise NoRunError(self.refused or "no run has finished yet: `stillwatch watch` makes the first")
        return found

    @property
    def run_if_any(self) -> Run | None:
        """The run that pages are made of, or None: what the ledger says stands without one."""
        try:
            return self.run
        except NoRunError:
            return None

    def refresh(self) -> bool:
        """Opens the newest run where it is another one, and returns whether it was; takes seconds at millions."""
        with self._lock:
            path = epochs.latest(self._state)
            if path is None or (self._run is not None and self._run.path == path):
                return False
            try:
                fresh = Run(path)
            except NoRunError as error:
                self.refused = str(error)
                return False
            before, self._run, self.refused = self._run, fresh, None
        if before is not None:
            threading.Thread(target=before.close, daemon=True).start()
        logs.note("run opened", logging.INFO, run=fresh.name)
        return True

    def close(self) -> None:
        """Ends what is open."""
        if self._run is not None:
            self._run.close()


def newest(run: Run) -> datetime | None:
    """The newest exchange that any network of the run has, in UTC without a zone."""
    found = run.rows(queries.newest_sql())
    return cast("datetime | None", found[0]["newest"])
