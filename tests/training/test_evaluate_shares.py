"""Made campaigns know their truth, and rates that are theirs work it back."""

from __future__ import annotations

import pytest
from training.evaluate_naming import GUISES, Named
from training.evaluate_shares import EXCHANGES, Made, capability, lines, mixtures, without
from training.examples import Group
from training.naming_rates import rates


def source(group: str, subject: str, form: str, right: int) -> list[Named]:
    """A source of which `right` of ten prompts are given their form, the others `answer`."""
    made = Group(group, subject, form, ("prompt",), group)
    return [Named(made, guise, ([subject] * 10, [form] * right + ["answer"] * (10 - right))) for guise in GUISES]


FOUND = [
    one
    for group, subject, form, right in (
        ("a", "knowledge", "grading", 5),
        ("b", "knowledge", "grading", 5),
        ("c", "software", "answer", 10),
        ("d", "software", "answer", 10),
    )
    for one in source(group, subject, form, right)
]


def test_a_campaign_counts_names_and_knows_its_truth() -> None:
    made = Made((FOUND[0], FOUND[6]), (0.5, 0.5))
    assert made.counts.sum() == pytest.approx(EXCHANGES)
    assert made.targets == {"grading": 0.5, "software_engineering": 0.5}
    assert made.truth(0) == {"knowledge": 0.5, "software": 0.5}


def test_mixtures_are_the_same_each_time() -> None:
    assert list(mixtures(FOUND, 3)) == list(mixtures(FOUND, 3)) != list(mixtures(FOUND, 4))


def test_the_groups_of_a_campaign_are_left_out_of_its_rates() -> None:
    measured = rates(FOUND)
    left = dict(zip(without(measured, "forms", {"a"}).names, without(measured, "forms", {"a"}).by_name, strict=True))
    assert len(left["grading"]) == 1
    assert len(left["answer"]) == 2
    both = without(measured, "forms", {"a", "b"})
    assert len(both.by_name[both.names.index("grading")]) == 2  # else nothing would be known


def test_shares_are_worked_back_where_groups_err_alike() -> None:
    single, mixed, *_ = lines(FOUND, rates(FOUND), 1)
    assert single.startswith("one source, 12 campaigns: total variation 0.25 -> 0.0")
    assert mixed.startswith("mixtures, 300 campaigns")


def test_a_source_without_labels_has_no_capability() -> None:
    assert [capability(one) for one in source("e", "", "answer", 10)] == [""] * 3
    assert capability(source("f", "", "planning", 3)[0]) == "long_horizon_planning"
