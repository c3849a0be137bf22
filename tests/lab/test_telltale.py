"""No format gives campaign accounts away, and the check would notice one that does."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stillwatch.lab.build import build
from stillwatch.lab.telltale import telltales
from stillwatch.records.inputs import EXCHANGES

RECIPE = """
[[population]]
kind = "letter"
count = 150
groups = 1
[[population]]
kind = "mixed"
count = 150
groups = 1
"""


@pytest.fixture(scope="module", params=[1, 2])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("telltale")
    (folder / "two.toml").write_text(RECIPE)
    build(folder / "two.toml", request.param, 2_000, 30_000, None, folder / "world")
    return folder / "world"


def test_no_column_gives_campaigns_away(world: Path) -> None:
    found = telltales(world)
    assert {one.column for one in found} >= set(EXCHANGES.names) - {"tool_names"}
    assert [one for one in found if one.speaks and not one.intended] == []


@pytest.mark.parametrize("spoil", ["id format", "missing value"])
def test_a_planted_telltale_is_found(world: Path, tmp_path: Path, spoil: str) -> None:
    truth = pq.read_table(world / "truth" / "accounts.parquet")
    guilty = {
        name
        for name, role in zip(truth["account_id"].to_pylist(), truth["role"].to_pylist(), strict=True)
        if role == "campaign"
    }
    (tmp_path / "exchanges").mkdir()
    (tmp_path / "truth").mkdir()
    pq.write_table(truth, tmp_path / "truth" / "accounts.parquet")
    column = "exchange_id" if spoil == "id format" else "client_fingerprint"
    for part in sorted((world / "exchanges").iterdir()):
        rows = pq.read_table(part)
        values = rows[column].to_pylist()
        owners = rows["account_id"].to_pylist()
        spoilt = [
            (f"{v}0" if column == "exchange_id" else None) if who in guilty else v
            for v, who in zip(values, owners, strict=True)
        ]
        index = rows.schema.get_field_index(column)
        pq.write_table(rows.set_column(index, column, [spoilt]), tmp_path / "exchanges" / part.name)
    assert any(one.column == column and one.speaks and not one.intended for one in telltales(tmp_path))
