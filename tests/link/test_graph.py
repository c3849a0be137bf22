"""The graph read through the engine holds exactly the values that accounts share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.link.account_reading import partial_results
from stillwatch.link.graph import Graph, Groups, load
from stillwatch.link.values import ATTRIBUTES, POOL
from stillwatch.records.inputs import ACCOUNTS
from stillwatch.records.sketches import ACCOUNT_SKETCHES, EXCHANGE_SKETCHES
from stillwatch.settings import EngineSettings

NAMES = ("anna", "bert", "cleo", "dora")
USED = [  # account, µs, address value
    ("anna", 10, -7),
    ("anna", 5, -7),
    ("anna", 6, 3),
    ("bert", 9, -7),
    ("bert", 8, 4),
    ("cleo", 7, 3),
    ("dora", 1, None),
]
DOMAINS = ("zebra.example", "árbol.example", "árbol.example", "zebra.example")  # bytes order: z before á


NO_GROUPS = Groups(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int64), np.array([1, 0, 1, 1], bool))


def filled(table: object, columns: dict[str, pa.Array]) -> pa.Table:
    schema = table.schema  # type: ignore[attr-defined]
    rows = len(next(iter(columns.values())))
    zero = {pa.int64(): 0, pa.int32(): 0, pa.timestamp("us"): 0, pa.string(): ""}
    full = {f.name: pa.array([None if f.nullable else zero.get(f.type)] * rows, f.type) for f in schema}
    return pa.table({**full, **columns}, schema=schema)


def graph_of(folder: Path, order: list[int], threads: int = 1) -> Graph:
    used = [USED[i] for i in order]
    with DuckDBEngine(EngineSettings(threads=threads), folder) as engine:
        exchanges = {
            "exchange_id": pa.array([str(i) for i in order]),
            "account_id": pa.array([row[0] for row in used]),
            "started_at": pa.array([row[1] for row in used], pa.timestamp("us")),
            "address_value": pa.array([row[2] for row in used], pa.int64()),
        }
        engine.store(EXCHANGE_SKETCHES, filled(EXCHANGE_SKETCHES, exchanges))
        sketches = {"account_id": pa.array(NAMES), "account_index": pa.array(range(4), pa.int32())}
        engine.store(ACCOUNT_SKETCHES, filled(ACCOUNT_SKETCHES, sketches))
        stated = {"account_id": pa.array(NAMES), "email_domain": pa.array(DOMAINS)}
        engine.store(ACCOUNTS, filled(ACCOUNTS, stated))
        with partial_results(engine) as partials:
            return load(engine, partials, 4, frozenset()).graph({POOL: NO_GROUPS})


@pytest.mark.parametrize("order", [list(range(7)), [6, 3, 5, 1, 0, 4, 2]])
def test_shared_values_with_holders_and_first_times(tmp_path: Path, order: list[int]) -> None:
    graph = graph_of(tmp_path, order, threads=1 + (order[0] > 0))
    claims = [ATTRIBUTES[code].claim for code in graph.attribute]
    assert claims == ["same_address", "same_address", "same_email_domain", "same_email_domain"]
    held = [graph.holder[a:b].tolist() for a, b in zip(graph.value_start, graph.value_start[1:], strict=False)]
    assert held == [[0, 1], [0, 2], [0, 3], [1, 2]]
    assert graph.first_at[:4].tolist() == [5, 9, 6, 7]
    assert graph.distinct_count[0].tolist() == [2, 2, 1, 0]
    assert graph.distinct_count[POOL].tolist() == [1, 0, 1, 1]


def test_accounts_hold_what_values_are_held_by(tmp_path: Path) -> None:
    graph = graph_of(tmp_path, list(range(7)))
    by_account = [graph.held[a:b].tolist() for a, b in zip(graph.account_start, graph.account_start[1:], strict=False)]
    assert by_account == [[0, 1, 2], [0, 3], [1, 3], [2]]
    assert graph.values == 4
    assert np.diff(graph.value_start).min() > 1
