"""Statistics by generator: kinds come from either truth; a separation or a move that was put in comes back."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bench.statistics_by_generator import Group, account_kinds, groups, main, movement, separation


def write(path: Path, **columns: list[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)


@pytest.fixture
def world(tmp_path: Path) -> tuple[Path, Path]:
    """A run of two candidates and its truth, as the lab writes it."""
    write(
        tmp_path / "truth" / "accounts.parquet",
        account_id=["a", "b", "c", "d"],
        kind=["hydra", "hydra", "person", "reseller"],
        campaign_id=["1", "1", None, None],
    )
    write(
        tmp_path / "run" / "candidate_members.parquet",
        candidate_id=["C1", "C1", "C1", "C2"],
        account_id=["a", "b", "c", "d"],
    )
    write(
        tmp_path / "run" / "group_tests.parquet",
        candidate_id=["C1", "C1", "C2"],
        test=["changes_settings", "covers_the_pool", "changes_settings"],
        statistic=[0.5, -0.1, None],
        reference=[0.25, -0.4, 0.25],
    )
    return tmp_path / "run", tmp_path / "truth"


def test_a_candidate_is_what_most_of_its_members_are(world: tuple[Path, Path]) -> None:
    first, second = groups("lab", *world)
    assert (first.kind, first.extraction, second.kind, second.extraction) == ("hydra", True, "reseller", False)
    assert first.values == pytest.approx({"changes_settings": 0.25, "covers_the_pool": 0.25})
    assert second.values == {}


def test_kinds_of_the_second_generator_have_the_labs_names(tmp_path: Path) -> None:
    write(
        tmp_path / "truth_accounts.parquet",
        account_id=["a", "b"],
        kind=["campaign", "eval_harness"],
        network=["hydra-1", "eval-0"],
        campaign=["hydra-1", None],
    )
    assert account_kinds(tmp_path) == {"a": ("hydra", True), "b": ("evaluation_harness", False)}


def made(generator: str, kind: str, extraction: bool, *values: float) -> list[Group]:
    return [Group(generator, kind, extraction, {"x": value}) for value in values]


def test_separation_counts_every_kind_alike() -> None:
    extraction = made("lab", "hydra", True, 5.0)
    innocent = made("lab", "person", False, *[1.0] * 9) + made("lab", "class", False, 9.0)
    assert separation(extraction + innocent, "x").area == 0.5
    assert separation(extraction + innocent[:9], "x").area == 1.0
    assert separation([*extraction, Group("lab", "person", False, {})], "x").present == 0.5
    assert math.isnan(separation(extraction, "x").area)
    assert math.isnan(separation([*extraction, *made("lab", "harvest", False, 1.0)], "x").area)


def test_movement_is_that_of_kinds_that_both_generators_have() -> None:
    values = [float(value) for value in range(11)]
    first, second = made("a", "person", False, *values), made("b", "person", False, *[value + 4 for value in values])
    low, high = np.quantile([one.values["x"] for one in first + second], (0.1, 0.9))
    assert movement(first + second, "x") == pytest.approx(4.0 / (high - low))
    assert math.isnan(movement(first + made("b", "class", False, 1.0), "x"))
    assert math.isnan(movement(first, "y"))


def test_the_tables_name_every_statistic_and_kind(world: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    run, truth = world
    assert main([f"lab={run}:{truth}"]) == 0
    printed = capsys.readouterr().out
    for words in ("changes_settings", "covers_the_pool", "hydra (extraction)", "0.25 [0.25 to 0.25] of 1"):
        assert words in printed
