"""Blanked sketches are the sketches of logs without those columns: two routes, one table."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stillwatch import flow
from stillwatch.job import Inputs, resolve
from stillwatch_lab.benchmark.blanked import SKETCHED_FROM, write_blanked

DROPPED = {"text": ["system_instructions", "input_text", "output_text"], "addresses": ["client_address"]}


@pytest.fixture(scope="module")
def logs(organic_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    part = sorted((organic_world / "exchanges").glob("*.parquet"))[0]
    pq.write_table(pq.read_table(part).slice(0, 2_000), folder / "logs.parquet")
    return folder / "logs.parquet"


def sketched(logs: Path, out: Path) -> Path:
    flow.write_sketches(resolve(Inputs((str(logs),))), out)
    return out / "exchange_sketches.parquet"


@pytest.mark.parametrize("missing", SKETCHED_FROM)
def test_it_makes_no_difference_whether_columns_go_before_or_after_sketching(
    logs: Path, tmp_path: Path, missing: str
) -> None:
    write_blanked(sketched(logs, tmp_path / "whole"), missing, tmp_path / "blanked.parquet")
    pq.write_table(pq.read_table(logs).drop_columns(DROPPED[missing]), tmp_path / "less.parquet")
    blanked = pq.read_table(tmp_path / "blanked.parquet")
    assert blanked.equals(pq.read_table(sketched(tmp_path / "less.parquet", tmp_path / "less")))
    kept = pq.read_table(tmp_path / "whole" / "exchange_sketches.parquet")
    assert blanked.drop_columns(list(SKETCHED_FROM[missing])).equals(kept.drop_columns(list(SKETCHED_FROM[missing])))
    assert blanked.schema.metadata == kept.schema.metadata  # the key's id goes with it
