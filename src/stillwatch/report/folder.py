"""Opens a finished run folder as tables, so that the same SQL serves a running scan and a finished one."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from stillwatch.disk import sweep
from stillwatch.engine import Engine, Query, literal
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.errors import Mistake, UsageError
from stillwatch.records import Table
from stillwatch.records.inputs import (
    ALTERED_ACCOUNTS,
    ALTERED_VALUES,
    CONFLICTING_ROWS,
    EVIDENCE_SOURCES,
    SOURCES,
    UNREAD_FILES,
)
from stillwatch.records.outputs import (
    CAMPAIGN_TEXTS,
    CAMPAIGN_USAGE,
    DOORS,
    LOOKS,
    NETWORK_STANDINGS,
    REFERENCE_SHARES,
    REGIONS,
    RESELLERS,
    RESOLD_ACCOUNTS,
    RUN_FILES,
    SEEN_INDICATORS,
)
from stillwatch.report.document import UNDATED, RunFacts
from stillwatch.settings import AssessSettings, EngineSettings, ReadSettings, RegionSettings

_KEYS = ("stillwatch", "settings", "window", "inputs", "channels_off")  # of `run.json`

# runs of version 0.1.0 have none of these
_LATER = (
    ALTERED_VALUES,
    ALTERED_ACCOUNTS,
    CONFLICTING_ROWS,
    UNREAD_FILES,
    CAMPAIGN_USAGE,
    CAMPAIGN_TEXTS,
    NETWORK_STANDINGS,
    LOOKS,
    SEEN_INDICATORS,
    DOORS,
    RESELLERS,
    RESOLD_ACCOUNTS,
    REGIONS,
    REFERENCE_SHARES,
)
_NEEDED = tuple(table for table in RUN_FILES if table not in _LATER)


@contextmanager
def opened(run: Path, settings: EngineSettings | None = None) -> Iterator[tuple[Engine, RunFacts]]:
    """Yields an engine over the folder's Parquet files and `run.json`, and the facts of that run.

    Raises UsageError listing every missing or unreadable file at once.
    """
    record = _record(run)
    scratch = Path(tempfile.gettempdir())
    sweep(scratch)
    with DuckDBEngine(settings or EngineSettings(), scratch) as engine:
        for table in RUN_FILES:
            if not _path(run, table.name).is_file():
                _store(engine, table, [])
                continue
            path = literal(str(_path(run, table.name)))
            engine.view(table.name, Query(f"run {table.name}", f"SELECT * FROM read_parquet({path})"))
        _store(engine, SOURCES, list(record["inputs"]))
        _store(
            engine,
            EVIDENCE_SOURCES,
            [
                {"name": name, "available": False, "sentence": sentence}
                for name, sentence in record["channels_off"].items()
            ],
        )
        yield engine, _facts(record)


def _path(run: Path, table: str) -> Path:
    return run / f"{table}.parquet"


def _store(engine: Engine, table: Table, rows: list[Mapping[str, Any]]) -> None:
    engine.store(table, pa.Table.from_pylist(rows, schema=table.schema))


def _record(run: Path) -> dict[str, Any]:
    remedy = "name a folder that `stillwatch scan` wrote"
    missing = [f"{table.name}.parquet" for table in _NEEDED if not _path(run, table.name).is_file()]
    try:
        loaded = json.loads((run / "run.json").read_text(encoding="utf-8"))
        record: dict[str, Any] = loaded if isinstance(loaded, dict) else {}
        absent = [key for key in _KEYS if key not in record]
        mistakes = [Mistake(f"`{run / 'run.json'}`", f"has no `{key}`", remedy) for key in absent]
    except OSError as error:
        mistakes = [Mistake(f"`{run / 'run.json'}`", f"cannot be read ({error.strerror})", remedy)]
    except ValueError as error:
        mistakes = [Mistake(f"`{run / 'run.json'}`", f"is not JSON ({error})", remedy)]
    mistakes += [Mistake(f"`{run / name}`", "is missing", remedy) for name in missing]
    if mistakes:
        raise UsageError(mistakes)
    return record


def _facts(record: Mapping[str, Any]) -> RunFacts:
    window = record["window"]
    return RunFacts(
        version=str(record["stillwatch"]),
        false_discovery_rate=float(record["settings"]["assess"]["false_discovery_rate"]),
        since=_moment(window["since"]),
        until=_moment(window["until"]),
        made_at=_moment(record.get("finished_at")) or UNDATED,
        most_lost=float(record["settings"].get("read", {}).get("most_lost", ReadSettings().most_lost)),
        prior=_prior(record["settings"]["assess"]),
        addresses_wrong=float(record["settings"].get("regions", {}).get("wrong_share", RegionSettings().wrong_share)),
    )


def _prior(assess: Mapping[str, Any]) -> float:
    name = "prior_campaigns_per_1000_networks"
    return float(assess.get(name, getattr(AssessSettings(), name))) / 1000


def _moment(stamp: str | None) -> datetime | None:
    return None if stamp is None else datetime.fromisoformat(stamp.removesuffix("Z"))
