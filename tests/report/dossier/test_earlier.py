"""The chapter on earlier campaigns says what returns, beside chance and simulations, and what the run cannot tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from stillwatch.report.dossier import earlier
from stillwatch.report.dossier.blocks import Grid, Paragraph
from stillwatch.report.dossier.shipped import table
from stillwatch.report.likeness import Chance, Earlier, Likeness, Past

ROOT = Path(__file__).resolve().parents[3]
CHANCE = Chance(57, 0.012, 0.114, 2)
KINDS = tuple(Likeness(kind, kind, 0.416, chance=CHANCE) for kind in ("hands", "contents"))
ASPECT = Likeness("hands", "addresses", 0.5, 0.75, 0.25, 12, 340, 20, CHANCE)
ONE = Earlier(
    "C0",
    itself=False,
    accounts=60,
    in_common=3,
    known_until=datetime(2026, 5, 3),
    days_until_back=21.4,
    kinds=(*KINDS, Likeness("schedule", "schedule", None)),
    aspects=(ASPECT, Likeness("contents", "whole questions", None)),
)
PAST = Past((ONE,), 1, 4, profiles=True)


def blocks(past: Past) -> tuple[list[Grid], str]:
    found = list(earlier._beside(past))
    grids = [one for one in found if isinstance(one, Grid)]
    return grids, " ".join(one.text for one in found if isinstance(one, Paragraph))


def test_figures_stand_beside_chance_and_simulations() -> None:
    (summary, detail, simulated), text = blocks(PAST)
    (row,) = summary.rows
    assert row[:4] == ("C0", "until 3 May 2026", "21 days later", "3 of 60")
    assert row[4].startswith("0.42 (others at most 0.11; 2 of 57 as alike; two operators in simulations ")
    assert row[6] == "not known"
    assert detail.rows[0][1:] == ("0.50", "0.01", "0.11", "2 of 57", "75 %", "25 %", "12 of 340 then, 20 now")
    assert detail.rows[1][1] == "not known"
    rows = [tuple(row) for row in table("likeness")["rows"]]
    assert simulated.rows == tuple(row for row in rows if "every other network" not in row[0])
    for row in set(rows) - set(simulated.rows):
        assert f"by {row[0].split(':')[0]} for {row[1]} of one operator and {row[3]} of two" in text
    assert "Likeness makes no common actor" in text


def test_a_kind_that_tells_nobody_apart_in_simulations_is_named() -> None:
    rows = {row[0]: row for row in table("likeness")["rows"]}
    blurred = {
        kind
        for kind in ("hands", "contents", "schedule")
        if rows[f"{kind}, all aspects"][2] <= rows[f"{kind}, all aspects"][4]
    }
    _, text = blocks(PAST)
    (sentence,) = (one for one in text.split(". ") if one.startswith("In simulations"))
    assert {kind for kind in ("hands", "contents", "schedule") if kind in sentence} == blurred


@pytest.mark.parametrize(
    ("past", "said"),
    [
        (Past((), 0, 1, profiles=True), "This run continues no earlier one"),
        (Past((), 0, 4, profiles=True), "Of the 3 runs before this one, none left a campaign"),
        (Past((), 0, 1, profiles=False), "The run has no habits of this campaign's networks"),
    ],
)
def test_what_the_run_cannot_tell_is_said(past: Past, said: str) -> None:
    grids, text = blocks(past)
    assert grids == []
    assert said in text


def test_a_campaign_that_was_missed_and_one_of_the_same_days() -> None:
    (summary, *_), _ = blocks(replace(PAST, earlier=(replace(ONE, itself=True, days_until_back=None),), compared=3))
    assert summary.rows[0][:3] == ("C0, as it was before", "missed from 3 May 2026", "meanwhile")
    assert "2 further campaigns of less likeness are left out." in summary.caption


def test_no_other_network_is_no_chance() -> None:
    alone = tuple(replace(one, chance=None) for one in ONE.kinds)
    (summary, *_), _ = blocks(replace(PAST, earlier=(replace(ONE, kinds=alone),)))
    assert "0.42 (no other network to compare with; " in summary.rows[0][4]


def test_what_is_shipped_is_what_was_measured() -> None:
    measured = (ROOT / "docs/results/dossier/likeness.txt").read_text(encoding="utf-8").splitlines()
    shipped = table("likeness")
    assert shipped["command"] == measured[0]
    lines = [line.split() for line in measured]
    for name, *cells in shipped["rows"]:
        assert " ".join([name, *cells]).split() in lines
