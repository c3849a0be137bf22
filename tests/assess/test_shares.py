"""The shares of a campaign add up and name what was asked for; a code without a name is unclear."""

from __future__ import annotations

from typing import Any

import pytest

from stillwatch.assess.shares import shares_of
from stillwatch.records.naming import FORMS, SUBJECTS


def row(subject: str, form: str, exchanges: int, campaign: str = "C1") -> dict[str, Any]:
    return {
        "campaign_id": campaign,
        "subject": SUBJECTS.index(subject),
        "form": FORMS.index(form),
        "exchanges": exchanges,
    }


def test_shares_of_each_axis_add_up() -> None:
    rows = [row("software", "answer", 700), row("knowledge", "grading", 300), row("data", "answer", 9, "C2")]
    found = shares_of(rows)
    assert found.keys() == {"C1", "C2"}
    for columns in found.values():
        assert columns.keys() == {"targets", "subjects", "forms"}
        for shares in columns.values():
            assert sum(shares.values()) == pytest.approx(1.0, abs=1e-4)
            assert list(shares) == sorted(shares)
            assert min(shares.values()) > 0.0


def test_what_is_often_missed_is_worked_back() -> None:
    # half of the prompts that plan are named an answer, and hardly any answer is named planning
    found = shares_of([row("knowledge", "planning", 2_000), row("knowledge", "answer", 2_000)])["C1"]
    assert found["forms"]["planning"] > 0.7
    assert found["targets"]["long_horizon_planning"] == pytest.approx(found["forms"]["planning"], abs=1e-5)


def test_a_code_without_a_name_is_unclear() -> None:
    rows = [{"campaign_id": "C1", "subject": -1, "form": 99, "exchanges": 500}]
    assert shares_of(rows)["C1"]["targets"]["unclear"] > 0.9


def test_no_exchanges_give_no_shares() -> None:
    assert shares_of([]) == {}
