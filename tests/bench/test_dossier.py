"""The bench of dossiers flips what it says it flips, and counts what was found."""

from __future__ import annotations

import random
from pathlib import Path

from bench.dossier import flipped, flips, seal_spans


def test_one_bit_is_turned() -> None:
    draw = random.Random(2)
    for _ in range(50):
        whole = draw.randbytes(40)
        changed = flipped(whole, draw)
        bits = sum((one ^ other).bit_count() for one, other in zip(whole, changed, strict=True))
        assert bits == 1


def test_a_bit_is_turned_where_it_should_be() -> None:
    draw, whole = random.Random(3), bytes(40)
    assert {flipped(whole, draw, range(7, 9)).rstrip(b"\0")[:-1] for _ in range(40)} == {bytes(7), bytes(8)}


def test_every_kind_of_entry_is_drawn_from() -> None:
    lines = ["{}", "key", "null", *(f'{{"entry":{{"kind":"{one}"}}}}' for one in "aba"), '{"withheld":"00"}']
    whole = "".join(f"{line}\n" for line in lines).encode()
    spans = seal_spans(whole)
    assert {name: len(one) for name, one in spans.items()} == {
        "entry withheld": 1,
        "entry: a": 2,
        "entry: b": 1,
        "signed statement": 3,
    }
    assert sorted(place for one in spans.values() for span in one for place in span) == list(range(len(whole)))


def test_every_flip_is_counted_and_found(tmp_path: Path) -> None:
    found = flips(250, 4, tmp_path)
    assert sum(found.values()) == 250
    assert all(seen for _, seen in found)
    drawn = {name for name, _ in found}
    assert {"dossier", "signed statement", "log", "evidence table", "other table"} <= drawn
    sealed = ("reference_shares", "campaigns", "campaign_usage", "campaign_texts", "campaign_members", "attribution")
    assert {f"entry: {kind}" for kind in sealed} <= drawn
