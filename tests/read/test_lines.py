"""Blocks hold the lines that the bytes hold, wherever pieces and blocks of reading end."""

from __future__ import annotations

import json
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


ROWS_IN = frozenset({"", "spans"})


def document(*texts: str) -> bytes:
    return json.dumps({"begin": 1, "spans": [{"id": n, "text": text} for n, text in enumerate(texts)]}).encode()


@pytest.mark.parametrize("size", [7, 5_000, 1_000_000])
def test_a_long_line_is_given_in_parts(size: int) -> None:
    large = document(*["x" * 3_000] * 20)
    array = json.dumps([{"id": n, "text": "x" * 3_000} for n in range(20)]).encode()
    data = b"\n".join(
        [b'{"id": "first"}', large, b'{"id": "second"}', large[:-1], array, b"[" + b"1," * 9_000, b"last"]
    )
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    found = list(blocks(parts, 10_000, ROWS_IN))
    assert [(line.number, line.data[:6]) for one in found for line in one.lines if line.data] == [
        (1, b'{"id":'),
        (3, b'{"id":'),
        (7, b"last"),
    ]
    apart = [document for one in found for document in one.overlong]
    rows: dict[int, list[int]] = {2: [], 4: []}
    for one in apart:
        if one.whole and one.line in rows:
            held = json.loads(one.data)
            assert held.keys() == {"begin", "spans"}
            rows[one.line] += [row["id"] for row in held["spans"]]
            assert len(one.data) <= 20_000
    assert rows[2] == list(range(20))
    assert rows[4] == list(range(len(rows[4]))) != []  # those before the end that is missing
    assert [json.loads(one.data)["id"] for one in apart if one.line == 5] == list(range(20))
    assert [(one.line, one.too_large) for one in apart if not one.whole] == [(4, True), (6, True)]


def test_a_long_line_is_one_object_where_no_lists_hold_rows() -> None:
    (block,) = (one for one in blocks([document(*["x" * 3_000] * 9)], 20_000) if one.overlong)
    (found,) = block.overlong
    assert (found.whole, found.part, len(json.loads(found.data)["spans"])) == (True, False, 9)
