"""The terminal's lines: sentence first, weight and examples after it, and nothing of a client's markup is obeyed."""

from __future__ import annotations

from dataclasses import replace

from stillwatch.report.document import Evidence
from stillwatch.report.render import terminal
from tests.report.small_document import WORDS, document_of


def test_plain_text_has_eighty_columns_and_everything_a_person_decided() -> None:
    text = terminal.render(document_of([f"word{number}" for number in range(WORDS)]))
    assert max(len(line) for line in text.splitlines()) <= terminal.WIDTH
    for word in ("word1", "Word4", "word5", "word23", "word27", "word28", "word29"):
        assert word in text, word


def test_evidence_is_a_sentence_then_its_bits_then_its_examples() -> None:
    document = document_of([f"word{number}" for number in range(WORDS)])
    fact = Evidence("same_sizes", 4.25, "all sizes are equal", ("[red]x[/red]", ":smile:"))
    campaign = replace(document.campaigns[0], evidence=(fact,))
    lines = terminal.render(replace(document, campaigns=(campaign,))).splitlines()
    (place,) = [number for number, line in enumerate(lines) if "All sizes are equal." in line]
    assert lines[place] == "  For:       All sizes are equal. (+4.2 bits)"
    assert lines[place + 1] == "             For example: [red]x[/red]; :smile:"
