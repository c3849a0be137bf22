"""Rows become parts of the document with every outside text printable and bounded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.report import convert, queries
from stillwatch.report.fetch import grouped, rows
from stillwatch.report.queries import VALUES, VALUES_OF_A_CLAIM
from stillwatch.settings import EngineSettings
from tests.report.synthetic_run import HOSTILE, SyntheticRun

MOMENT = datetime(2026, 4, 22)
BEFORE = "\u202e"

NUMBERS = {
    **dict.fromkeys(["conversations", "input_tokens", "output_tokens"]),
    "campaign_id": f"C{BEFORE}1",
    "level": "act",
    "targets": [("b", 0.25), ("a", 0.25), (f"c{BEFORE}", 0.5)],
    "subjects": [("data", 0.2), ("knowledge", 0.8)],
    "forms": [("answer", 1.0)],
    "first_seen": MOMENT,
    "last_seen": MOMENT,
    "accounts": 1,
    "exchanges": 2,
    "expected_innocent_accounts": 0.1,
    "confidence": 99.0,
    "q_value": 0.01,
}


def test_targets_stand_by_share_and_then_by_name() -> None:
    made = convert.campaign_numbers(NUMBERS)
    assert [(one.capability, one.share) for one in made["targets"]] == [("c⟨U+202E⟩", 0.5), ("a", 0.25), ("b", 0.25)]
    assert made["campaign_id"] == "C⟨U+202E⟩1"
    assert [one.name for one in made["subjects"]] == ["knowledge", "data"]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_intervals_hold_their_share(share: float) -> None:
    row = NUMBERS | {"exchanges": 2_000, "forms": [("answer", share), ("grading", 1.0 - share)]}
    for shown in convert.campaign_numbers(row)["forms"]:
        assert 0.0 <= shown.low <= shown.share <= shown.high <= 1.0


def test_intervals_count_conversations_where_known() -> None:
    def width(conversations: int | None) -> float:
        row = NUMBERS | {"exchanges": 2_000, "conversations": conversations}
        answer, _ = convert.campaign_numbers(row | {"forms": [("answer", 0.6), ("grading", 0.4)]})["forms"]
        return answer.high - answer.low

    assert width(10) > width(2_000) == width(None)


def test_nothing_is_known_of_a_name_that_this_version_does_not_have() -> None:
    (found,) = convert.campaign_numbers(NUMBERS | {"forms": [("haiku", 1.0)]})["forms"]
    assert (found.low, found.high) == (0.0, 1.0)


def test_examples_are_bounded_in_number_and_length() -> None:
    row = {"claim": "same_text", "bits": 1.0, "sentence": BEFORE, "examples": [*HOSTILE]}
    made = convert.evidence(row)
    assert made.sentence == "⟨U+202E⟩"
    assert len(made.examples) == convert.EXAMPLES
    assert all(len(example) < 1_000 for example in made.examples)


def test_a_value_that_the_run_did_not_see_is_none() -> None:
    row = {
        "value_id": "v",
        "family": "payment",
        "claim": "same_card",
        "accounts": 2,
        "outside_accounts": 0,
        "bits": 3.0,
    }
    assert convert.value({**row, "shown": None}).shown is None
    assert convert.value({**row, "shown": f"4242{BEFORE}"}).shown == "4242⟨U+202E⟩"


def test_one_claim_does_not_hide_the_others(tmp_path: Path) -> None:
    run = SyntheticRun()
    for number in range(60):
        claim, bits = ("same_phrase", 900.0) if number < 50 else (f"same_{number % 5}", 1.0)
        run.rows["network_values"].append(
            {
                "network_id": "N1",
                "value_id": f"v{number:02}",
                "family": "content",
                "claim": claim,
                "accounts": 3,
                "outside_accounts": 0,
                "bits": bits,
                "shown": None,
            }
        )
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        run.store(engine)
        found = grouped(engine, queries.values_sql(["N1", "N2"]), "network_id")
        assert rows(engine, queries.values_sql([])) == []
    assert list(found) == ["N1"]
    claims = [row["claim"] for row in found["N1"]]
    assert claims[:VALUES_OF_A_CLAIM] == ["same_phrase"] * VALUES_OF_A_CLAIM
    assert len(claims) == VALUES_OF_A_CLAIM + 10 <= VALUES
    assert len(set(claims)) == 6
