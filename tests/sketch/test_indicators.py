"""A reported value has the keyed value that an exchange with it has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.key import Key
from stillwatch.records.inputs import INDICATORS
from stillwatch.settings import EngineSettings
from stillwatch.sketch import indicators
from stillwatch.sketch.address import address_values
from stillwatch.sketch.values import column_values

KEY = Key(b"a key for tests, sixteen or more")
COLUMNS = {
    "same_user_agent": "user_agent",
    "same_client_fingerprint": "client_fingerprint",
    "same_device": "device_id",
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as opened:
        yield opened


def keyed(engine: DuckDBEngine, claim: str, *values: str) -> list[int]:
    rows = [{"partner": "n", "claim": claim, "value": value, "weight": 0.5} for value in values]
    engine.store(INDICATORS, pa.Table.from_pylist(rows, schema=INDICATORS.schema))
    indicators.run(engine, KEY)
    found: list[int] = engine.fetch(Query("keyed", "SELECT keyed FROM indicator_sketches ORDER BY value"))[
        "keyed"
    ].to_pylist()
    return found


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7"])
def test_addresses_and_ranges(engine: DuckDBEngine, address: str) -> None:
    logged = pa.array([f"[{address}]:4711" if ":" in address else f"{address}:4711"])
    whole, subnet, _ = (column.to_pylist() for column in address_values(logged, KEY, 0))
    within = "203.0.113.0/24" if "." in address else "2001:db8::/48"
    assert keyed(engine, "same_address", address) == whole
    assert keyed(engine, "same_subnet", within) == subnet


@pytest.mark.parametrize(("claim", "column"), COLUMNS.items())
def test_programs_and_devices(engine: DuckDBEngine, claim: str, column: str) -> None:
    assert keyed(engine, claim, "collector-1.2") == column_values(pa.array(["collector-1.2"]), KEY, column).to_pylist()


def test_what_is_no_value_says_nothing(engine: DuckDBEngine) -> None:
    assert keyed(engine, "same_address", "10.0.0.1", "nowhere", "") == []
    assert keyed(engine, "same_subnet", "203.0.0.0/8", "0.0.0.0/0") == []
    assert keyed(engine, "same_organisation", "firm-1") == []


def test_without_reports_there_is_an_empty_table(engine: DuckDBEngine) -> None:
    indicators.run(engine, KEY)
    assert engine.fetch(Query("rows", "SELECT * FROM indicator_sketches")).num_rows == 0
