"""Blocks hold the lines that the bytes hold, wherever pieces and blocks of reading end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stillwatch.input_files import source_at
from stillwatch.read.formats import lines
from stillwatch.read.formats.lines import blocks
from stillwatch.read.formats.stream import pieces


@pytest.mark.parametrize("piece", [1, 7, 8, 64, 1 << 18])
@pytest.mark.parametrize("block", [9, 100, 4_000_000])
def test_lines_are_those_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int, block: int) -> None:
    monkeypatch.setattr(lines, "_PIECE", piece)
    data = np.random.default_rng(3).choice(np.frombuffer(b"ab\n", np.uint8), 700).tobytes() + b"\n\nend"
    path = tmp_path / "log.jsonl"
    path.write_bytes(data)
    found = [line for part in blocks(pieces(source_at(path), block), 1_000) for line in part.lines]
    assert [line.data for line in found] == data.split(b"\n")
    assert [line.number for line in found] == list(range(1, len(found) + 1))
