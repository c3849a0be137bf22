"""The JSON document is the typed document, field by field."""

from __future__ import annotations

import json
from dataclasses import fields

from stillwatch.report.document import Campaign, Document, Network
from stillwatch.report.render import RENDERERS
from stillwatch.report.render import json as json_renderer
from tests.report.small_document import WORDS, document_of


def test_every_field_is_there_and_times_are_in_utc() -> None:
    made = document_of([f"word{number}\u202e" for number in range(WORDS)])
    text = json_renderer.render(made)
    assert text.isascii()
    whole = json.loads(text)
    assert list(whole) == [field.name for field in fields(Document)]
    assert list(whole["campaigns"][0]) == [field.name for field in fields(Campaign)]
    assert list(whole["networks"][0]) == [field.name for field in fields(Network)]
    assert whole["campaigns"][0]["first_seen"] == "2026-04-22T00:00:00Z"
    assert whole["networks"][0]["judgements"][0]["through"] == ["word29\u202e"]


def test_a_summary_keeps_history_and_judgements_and_leaves_out_the_bulk() -> None:
    made = document_of([f"word{number}" for number in range(WORDS)])
    summary = json_renderer.summary(made)
    (campaign,) = summary["campaigns"]  # type: ignore[misc]
    assert campaign["networks"] == ["word1"]
    assert not {"days", "members"} & set(campaign)
    assert campaign["history"]["left_out"] == 3
    assert summary["judgements_unmatched_total"] == 1


def test_every_renderer_gives_the_same_text_for_the_same_document() -> None:
    words = [f"word{number}" for number in range(WORDS)]
    assert set(RENDERERS) == {"html", "md", "json", "text"}
    for render in RENDERERS.values():
        text = render(document_of(words))
        assert "ord4" in text and text == render(document_of(words))
