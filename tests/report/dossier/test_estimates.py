"""Likelihood is said in the words of ICD 203, confidence apart from it, and never higher than simulations allow."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from stillwatch.report import folder
from stillwatch.report.build import build
from stillwatch.report.document import Document, EvidenceOff, Unread
from stillwatch.report.dossier.estimates import LIKELIHOODS, confidence, likelihood


@pytest.mark.parametrize(
    ("probability", "said"),
    [
        (0.0, "almost no chance (1 to 5 %)"),
        (0.049, "almost no chance (1 to 5 %)"),
        (0.05, "very unlikely (5 to 20 %)"),
        (0.5, "roughly even chance (45 to 55 %)"),
        (0.7999, "likely (55 to 80 %)"),
        (0.80, "very likely (80 to 95 %)"),
        (1.0, "almost certain (95 to 99 %)"),
    ],
)
def test_words_have_their_ranges(probability: float, said: str) -> None:
    assert likelihood(probability) == said


def test_ranges_touch_one_another() -> None:
    ends = [one[2] for one in LIKELIHOODS[:-1]]
    assert ends == [one[1] for one in LIKELIHOODS[1:]]


@pytest.fixture(scope="module")
def documents(full_folder: Path) -> dict[str, Document]:
    with folder.opened(full_folder) as (engine, facts):
        return {name: build(engine, facts, name) for name in ("C1", "C2")}


def test_an_open_explanation_makes_confidence_low(documents: dict[str, Document]) -> None:
    found = confidence(documents["C2"], documents["C2"].campaigns[0])
    assert found.degree == "low"
    assert "an evaluation harness is not ruled out" in found.reasons


def test_confidence_is_never_high_and_falls_with_what_is_missing(documents: dict[str, Document]) -> None:
    document = documents["C1"]
    (campaign,) = document.campaigns
    closed = replace(campaign, alternatives=())
    assert confidence(document, closed).degree == "moderate"
    unread = replace(document, unread=(Unread("log", "gone", False),))
    assert confidence(unread, closed).degree == "low"
    blind = replace(document, channels_off=tuple(EvidenceOff(f"{one}", "missing") for one in range(4)))
    assert "4 sorts of evidence could not be used" in confidence(blind, closed).reasons
    assert confidence(document, replace(closed, evidence=campaign.evidence[:1])).degree == "low"
    assert json.dumps([confidence(document, closed).reasons]).count("simulated") == 1
