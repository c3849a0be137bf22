"""The bench of dossiers flips what it says it flips, and counts what was found."""

from __future__ import annotations

import random
from pathlib import Path

from bench.dossier import flipped, flips


def test_one_bit_is_turned() -> None:
    draw = random.Random(2)
    for _ in range(50):
        whole = draw.randbytes(40)
        changed = flipped(whole, draw)
        bits = sum((one ^ other).bit_count() for one, other in zip(whole, changed, strict=True))
        assert bits == 1


def test_every_flip_is_counted_and_found(tmp_path: Path) -> None:
    found = flips(12, 4, tmp_path)
    assert sum(found.values()) == 12
    assert all(seen for _, seen in found)
