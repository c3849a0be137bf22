"""The ledger's evidence is made of claims and bits alone."""

from __future__ import annotations

from stillwatch.records.claims import FAMILIES, GROUP_CLAIMS, STATED_CLAIMS
from stillwatch.respond.evidence import MOST_AGAINST, MOST_FOR, rebuilt, sentence


def rows(*claims: tuple[str, float]) -> list[dict[str, object]]:
    quoted = "the prompt “write me a poem” from 203.0.113.7"
    return [
        {"subject": "C1", "claim": claim, "bits": bits, "sentence": quoted, "examples": [quoted]}
        for claim, bits in claims
    ]


def test_nothing_that_the_run_wrote_remains() -> None:
    found = rebuilt(rows(("weighed_together", 9.0), ("shared_payment", 0.0), ("a_new_claim", 1.0)), {"C1"})["C1"]
    assert [one.claim for one in found] == ["weighed_together", "a_new_claim", "shared_payment"]
    assert not any("poem" in one.sentence or "203" in one.sentence for one in found)


def test_a_claim_that_is_no_name_is_left_out() -> None:
    found = rebuilt(rows(("write me a poem", 9.0), ("203.0.113.7", 1.0), ("asks_once", 1.0)), {"C1"})["C1"]
    assert [one.claim for one in found] == ["asks_once"]


def test_of_other_subjects_nothing_is_kept() -> None:
    assert rebuilt(rows(("asks_once", 1.0)), {"C2"}) == {}


def test_the_strongest_for_and_against_are_kept() -> None:
    many = rows(*[(f"claim_{n}", float(n)) for n in range(1, 31)], *[(f"other_{n}", -float(n)) for n in range(1, 31)])
    found = rebuilt(many, {"C1"})["C1"]
    assert [one.bits for one in found] == [
        *map(float, range(30, 30 - MOST_FOR, -1)),
        *map(float, range(-30, -30 + MOST_AGAINST)),
    ]


def test_every_claim_has_a_sentence_of_its_own() -> None:
    names = [*(one.claim for one in FAMILIES.values()), *(one.name for one in GROUP_CLAIMS)]
    names += [one.name for one in STATED_CLAIMS]
    said = {sentence(name, 1.0) for name in names}
    assert len(said) == len(set(names))
    assert not any("does not know" in one for one in said)
    assert "speaks against the finding with 2.0 bits" in sentence("asks_once", -2.0)
