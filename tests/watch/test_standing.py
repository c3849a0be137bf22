"""The campaign of a network is the one that most of its accounts belong to."""

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
from stillwatch.records.outputs import CAMPAIGN_MEMBERS, CAMPAIGNS, NETWORK_MEMBERS, NETWORK_PROFILES, NETWORKS
from stillwatch.watch.standing import found_by

AT = datetime(2026, 5, 1)
DEFAULTS: dict[str, Any] = {"string": "", "int64": 0, "double": 0.0, "timestamp[us]": AT}


def table(run: Path, one: Table, *rows: dict[str, Any]) -> None:
    def filled(row: dict[str, Any]) -> dict[str, Any]:
        return {field.name: row.get(field.name, DEFAULTS.get(str(field.type), [])) for field in one.schema}

    pq.write_table(pa.Table.from_pylist([filled(row) for row in rows], schema=one.schema), run / f"{one.name}.parquet")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    table(tmp_path, NETWORKS, {"network_id": "N1", "accounts": 4}, {"network_id": "N2", "accounts": 2})
    members = [("N1", "a"), ("N1", "b"), ("N1", "c"), ("N1", "d"), ("N2", "e"), ("N2", "f")]
    table(tmp_path, NETWORK_MEMBERS, *({"network_id": one, "account_id": name} for one, name in members))
    table(tmp_path, CAMPAIGNS, {"campaign_id": "C1", "networks": ["N1"]}, {"campaign_id": "C2", "networks": ["N1"]})
    levels = [("C1", "a", "act"), ("C2", "b", "act"), ("C2", "c", "review"), ("C2", "d", "act")]
    inside = [{"campaign_id": one, "account_id": name, "level": level} for one, name, level in levels]
    table(tmp_path, CAMPAIGN_MEMBERS, *inside)
    profile = {"network_id": "N1", "claim": "same_address", "keyed": 7, "accounts": 3, "usage": 0.5, "rate": 0.01}
    table(tmp_path, NETWORK_PROFILES, profile, {**profile, "claim": "a claim of another version"})
    (tmp_path / "run.json").write_text('{"stages": [{"rows": {}}, {"rows": {"account_sketches": 99}}]}')
    return tmp_path


def test_each_network_stands_as_its_largest_campaign(run: Path) -> None:
    found = found_by(run)
    assert found.standings == {"N1": Standing("C2", {"act": 0.5, "review": 0.25})}
    assert found.members == {"N1": {"a", "b", "c", "d"}, "N2": {"e", "f"}}
    assert found.accounts == 99


def test_claims_that_are_not_known_are_left_out(run: Path) -> None:
    (profile,) = found_by(run).profiles
    assert (profile.network, profile.size, profile.keyed.tolist()) == ("N1", 4, [7])


def test_a_damaged_run_is_named(run: Path) -> None:
    (run / "campaigns.parquet").write_bytes(b"none")
    with pytest.raises(InputError, match=r"campaigns\.parquet` cannot be read"):
        found_by(run)
