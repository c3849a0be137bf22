"""What a run knows of networks: those that it found, and those that it remembers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.assess.latecomers import Standing
from stillwatch.errors import InputError
from stillwatch.records import Table
from stillwatch.records.outputs import NETWORK_MEMBERS, NETWORK_PROFILES, NETWORK_STANDINGS, NETWORKS
from stillwatch.watch.standing import found_by

AT = datetime(2026, 5, 1)
DEFAULTS: dict[str, Any] = {"string": "", "int64": 0, "double": 0.0, "timestamp[us]": AT, "bool": False}


def table(run: Path, one: Table, *rows: dict[str, Any]) -> None:
    def filled(row: dict[str, Any]) -> dict[str, Any]:
        return {field.name: row.get(field.name, DEFAULTS.get(str(field.type), [])) for field in one.schema}

    pq.write_table(pa.Table.from_pylist([filled(row) for row in rows], schema=one.schema), run / f"{one.name}.parquet")


def standing(network: str, remembered: bool, size: int, **levels: int) -> dict[str, Any]:
    return {"network_id": network, "campaign_id": "C1", "remembered": remembered, "accounts": size, **levels}


def shared(network: str, keyed: int, remembered: bool, claim: str = "same_address") -> dict[str, Any]:
    numbers = {"keyed": keyed, "accounts": 3, "usage": 0.5, "rate": 0.01}
    return {"network_id": network, "claim": claim, "remembered": remembered, **numbers}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """N1 is found, N2 is back and weak, N3 is remembered only."""
    table(tmp_path, NETWORKS, {"network_id": "N1", "accounts": 4}, {"network_id": "N2", "accounts": 2})
    members = [("N1", "a"), ("N1", "b"), ("N1", "c"), ("N1", "d"), ("N2", "e"), ("N2", "f")]
    table(tmp_path, NETWORK_MEMBERS, *({"network_id": one, "account_id": name} for one, name in members))
    table(
        tmp_path,
        NETWORK_STANDINGS,
        standing("N1", False, 4, act=2, review=1),
        standing("N2", False, 2, watch=2),
        standing("N2", True, 40, act=40),
        standing("N3", True, 30, act=30),
    )
    values = [shared("N1", 7, False), shared("N1", 8, False, "a claim of another version")]
    values += [shared("N2", 9, False), shared("N2", 10, True), shared("N3", 11, True)]
    table(tmp_path, NETWORK_PROFILES, *values)
    (tmp_path / "run.json").write_text('{"stages": [{"rows": {}}, {"rows": {"account_sketches": 99}}]}')
    return tmp_path


def test_each_network_stands_as_the_run_and_earlier_ones_found_it(run: Path) -> None:
    found = found_by(run)
    assert found.standings["N1", False] == Standing("C1", {"act": 0.5, "review": 0.25, "watch": 0.0})
    assert found.standings["N2", True] == Standing("C1", {"act": 1.0, "review": 0.0, "watch": 0.0})
    assert found.accounts == 99


def test_accounts_of_a_network_that_stood_higher_are_not_taken_as_judged(run: Path) -> None:
    found = found_by(run)
    assert [one.of for one in found.absent] == [("N2", True), ("N3", True)]
    assert found.members["N1", False] == found.members["N1", True] == {"a", "b", "c", "d"}
    assert found.members["N2", False] == {"e", "f"}
    assert ("N2", True) not in found.members


def test_claims_that_are_not_known_are_left_out(run: Path) -> None:
    first, *others = found_by(run).profiles
    assert (first.network, first.size, first.keyed.tolist()) == ("N1", 4, [7])
    assert [(one.of, one.size, one.keyed.tolist()) for one in others] == [
        (("N2", True), 40, [10]),
        (("N3", True), 30, [11]),
    ]


def test_a_damaged_run_is_named(run: Path) -> None:
    (run / "networks.parquet").write_bytes(b"none")
    with pytest.raises(InputError, match=r"networks\.parquet` cannot be read"):
        found_by(run)
