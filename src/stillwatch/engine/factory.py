"""The engine that the settings name, opened for one run."""

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
def opened(settings: EngineSettings, parent: Path, kept: Path | None = None) -> Iterator[Engine]:
    """An engine with its folder in `parent`, closed at the end; EngineError when it cannot be started.

    With a folder that is `kept` the engine works there, leaves it and finds what an earlier one has saved.
    """
    if settings.name == "duckdb":
        with DuckDBEngine(settings, parent, kept) as embedded:
            yield embedded
        return
    for package in ("pyspark", "sqlglot"):
        if find_spec(package) is None:
            raise EngineError(f"`--engine spark` needs {package}: run `pip install 'stillwatch[spark]'`")
    from stillwatch.engine.spark import SparkEngine  # here: it needs the extra `spark`

    with SparkEngine(settings, parent, kept) as distributed:
        yield distributed
