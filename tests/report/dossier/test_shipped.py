"""Shipped tables are those that were measured or published, each with its source, and accuse nobody by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillwatch.records.inputs import CAPABILITIES
from stillwatch.report.dossier.shipped import table

ROOT = Path(__file__).resolve().parents[3]


def test_error_rates_are_those_of_the_benchmark() -> None:
    shipped = table("measured")
    measured = json.loads((ROOT / shipped["source"]).read_text(encoding="utf-8"))
    (section,) = (one for one in measured["sections"] if one["name"] == "second")
    assert [one["rows"] for one in section["tables"] if one["rows"] == shipped["rows"]] == [shipped["rows"]]
    assert shipped["command"] == measured["command"]
    assert shipped["commit"] == measured["machine"]["commit"]


def test_every_case_has_a_source_and_known_capabilities() -> None:
    for case in table("cases")["cases"]:
        assert case["source"]
        assert case["by"]
        assert set(case["aims"]) <= set(CAPABILITIES)
    assert len({case["reported"] for case in table("cases")["cases"]}) == 4


def test_every_data_set_has_a_source_and_a_size() -> None:
    sets = table("data_sets")["sets"]
    assert all(one["source"] and one["examples"] > 0 for one in sets)
    assert sets == sorted(sets, key=lambda one: one["examples"])


def test_techniques_bear_the_version_of_their_release() -> None:
    found = table("atlas")
    assert found["version"] in found["about"]
    assert len({one["id"] for one in found["techniques"]}) == len(found["techniques"])


@pytest.mark.parametrize("name", ["cases", "data_sets", "measured"])
def test_tables_use_no_word_that_accuses(name: str) -> None:
    assert "fraud" not in json.dumps(table(name)).lower()
