"""Groups are scored by their size first, counted against the truth, and linkers share one form of answer."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from bench.beside.linkers import acted, judged, network_scores

from stillwatch_lab.baselines.interface import SCORES
from tests.lab.baselines.planted import write_truth


def test_an_account_scores_the_others_of_its_largest_network_and_its_probability(tmp_path: Path) -> None:
    pq.write_table(pa.table({"network_id": ["N1", "N2"], "accounts": [2, 9]}), tmp_path / "networks.parquet")
    members = {"network_id": ["N1", "N1", "N2"], "account_id": ["b", "a", "b"], "probability": [0.5, 0.25, 0.75]}
    pq.write_table(pa.table(members), tmp_path / "members.parquet")
    found = network_scores(tmp_path / "networks.parquet", tmp_path / "members.parquet")
    assert found.schema == SCORES
    assert found.to_pylist() == [{"account_id": "a", "score": 1.25}, {"account_id": "b", "score": 8.75}]


def test_groups_are_counted_by_their_least_size(tmp_path: Path) -> None:
    ids = [f"a{number}" for number in range(10)]
    write_truth(tmp_path / "accounts.parquet", ids, ["person"] * 6 + ["letter"] * 4)
    # a pair as Splink scores it, seven certain accounts, eight as Splink and as the others score them
    scores = {"a0": 1.9, "a6": 7.0, "a7": 7.6, "a1": 7.5, "a8": 8.0}
    pq.write_table(
        pa.table({"account_id": list(scores), "score": list(scores.values())}, schema=SCORES), tmp_path / "s.parquet"
    )
    found = judged(tmp_path / "s.parquet", tmp_path)
    assert (found["campaign_accounts"], found["innocents"]) == (4, 6)
    assert found["grouped"]["2"] == {"campaign_accounts": 3, "innocents": 2, "innocent_kinds": {"person": 2}}
    assert found["grouped"]["8"] == {"campaign_accounts": 2, "innocents": 1, "innocent_kinds": {"person": 1}}
    assert found["recall"] == 0.5  # the two above the first innocent


def test_only_accounts_at_act_are_counted_as_acted_on(tmp_path: Path) -> None:
    write_truth(tmp_path / "accounts.parquet", ["a", "b", "c"], ["person", "letter", "letter"])
    members = {"account_id": ["a", "b", "b", "c"], "level": ["act", "act", "act", "review"]}
    pq.write_table(pa.table(members), tmp_path / "campaign_members.parquet")
    assert acted(tmp_path, tmp_path) == {"campaign_accounts": 1, "innocents": 1}
