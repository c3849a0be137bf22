"""Rates give each group of sources one row, whatever its size, and their file reads back."""

from __future__ import annotations

import json

from training.evaluate_naming import GUISES, Named
from training.examples import Group
from training.naming_rates import as_json, rates


def named(source: str, group: str, subjects: list[str], form: str = "answer") -> list[Named]:
    made = Group(source, "software", form, ("prompt",), group)
    return [Named(made, guise, (subjects, ["answer"] * len(subjects))) for guise in GUISES]


def test_a_group_counts_once() -> None:
    found = [
        *named("one", "large", ["software"] * 4),
        *named("other", "large", ["knowledge"] * 4),
        *named("alone", "small", ["software", "unclear"] * 2),
    ]
    rows = rates(found)["subjects"]["software"]
    assert rows == {"large": [0.5, 0.0, 0.0, 0.5, 0.0], "small": [0.5, 0.0, 0.0, 0.0, 0.5]}


def test_an_unknown_label_says_nothing() -> None:
    found = named("one", "one", ["software"], form="")
    assert rates(found)["forms"] == {}
    assert rates(found)["subjects"].keys() == {"software"}


def test_the_file_has_one_group_a_line_and_reads_back() -> None:
    stated = {"arrays": "digest", "subjects": {"data": {"a": [0.25, 0.75], "b": [1.0, 0.0]}}, "forms": {}}
    text = as_json(stated)
    assert json.loads(text) == stated
    assert '   "a": [0.25, 0.75],\n' in text
    assert text == as_json(json.loads(text))
