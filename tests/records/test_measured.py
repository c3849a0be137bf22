"""Measured claims: each has a sentence that states the group's number and the ordinary one."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import pytest

from stillwatch.records.group_claim import GroupClaim
from stillwatch.records.measured import MEASURED_CLAIMS

GOLDEN = tomllib.loads((Path(__file__).parent / "golden_measured.toml").read_text(encoding="utf-8"))["sentence"]


def named(name: str) -> GroupClaim:
    (claim,) = [one for one in MEASURED_CLAIMS if one.name == name]
    return claim


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["claim"])
def test_sentences_of_made_values(row: dict[str, Any]) -> None:
    claim = named(row["claim"])
    own, people = (None if value == "unknown" else value for value in row["given"])
    assert claim.sentence is not None
    # what a number speaks for is the assessment's to say
    assert [claim.sentence(own, people, bits) for bits in (-2.0, 0.0, 2.0)] == [row["reads"]] * 3


def test_every_measured_claim_has_a_golden_sentence() -> None:
    assert [row["claim"] for row in GOLDEN] == [claim.name for claim in MEASURED_CLAIMS]
    assert len(MEASURED_CLAIMS) == 34


def test_a_statistic_stands_beside_its_reference_as_difference_or_ratio() -> None:
    difference, ratio = named("changes_settings"), named("covers_the_pool")
    assert (difference.beside(2.0, 0.5), ratio.beside(-0.1, -0.4)) == (1.5, 0.25)
    assert difference.beside(2.0, None) == 2.0
    assert math.isnan(ratio.beside(2.0, None))
    assert math.isnan(ratio.beside(2.0, 0.0))
