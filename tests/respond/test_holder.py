"""A holder learns the rule, the months, the effect, its end and how to object, and nothing of what was seen."""

from __future__ import annotations

import re
from pathlib import Path

from stillwatch.ledger import EFFECTS
from stillwatch.respond.findings import Finding
from stillwatch.respond.holder import appeal_reference, holder_text
from stillwatch.respond.policy import Line
from tests.respond.policies import TEXT, line, policy
from tests.respond.runs import DAY, NOW

FINDING = Finding("a", "C9", "act", "N9", "relay", 0.97, 20.0, NOW, NOW - 40 * DAY, NOW)


def said(effect: str, tmp_path: Path) -> str:
    one = Line.model_validate(line(effect=effect))
    return holder_text(one, policy(tmp_path).holder, FINDING, (NOW, NOW + DAY), "ABCDE-FGHJK")


def test_every_effect_is_told_but_observing(tmp_path: Path) -> None:
    texts = {effect: said(effect, tmp_path) for effect in EFFECTS}
    assert texts.pop("observe") == ""
    assert len(set(texts.values())) == len(EFFECTS) - 1
    for text in texts.values():
        assert text.startswith(TEXT)
        for part in ("April 2026 to June 2026", "section 4", "2026-06-02 12:00 UTC", "ABCDE-FGHJK"):
            assert part in text
        for hidden in ("C9", "N9", "relay", "0.97", "bits", "2026-04-22"):
            assert hidden not in text


def test_no_two_references_are_alike_and_none_is_misread() -> None:
    made = {appeal_reference() for _ in range(2_000)}
    assert len(made) == 2_000
    assert {len(one) for one in made} == {29}
    assert not set("".join(made)) & set("IO01")
    # the pattern of keys by which LiteLLM blacks out parts of what clients are told, whatever their case
    assert not [one for one in made if re.search(r"[SPRA]K-[A-Z0-9-]{8,}", one)]
