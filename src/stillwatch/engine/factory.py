"""Opens the engine that the settings name, for one run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.engine.interface import Engine
from stillwatch.errors import EngineError
from stillwatch.settings import EngineSettings


@contextmanager
def open_engine(settings: EngineSettings, parent: Path, checkpoint: Path | None = None) -> Iterator[Engine]:
    """Yields an engine with its private folder in `parent`, and closes it at the end.

    With a `checkpoint` folder the engine works there instead, finds every table that an earlier engine has saved
    there, and leaves the folder behind. Raises EngineError when the engine cannot be started.
    """
    if settings.name == "duckdb":
        with DuckDBEngine(settings, parent, checkpoint) as embedded:
            yield embedded
        return
    for package in ("pyspark", "sqlglot"):
        if find_spec(package) is None:
            raise EngineError(f"`--engine spark` needs {package}: run `pip install 'stillwatch[spark]'`")
    from stillwatch.engine.spark import SparkEngine  # here: it needs the extra `spark`

    with SparkEngine(settings, parent, checkpoint) as distributed:
        yield distributed
