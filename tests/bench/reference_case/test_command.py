"""The whole command at the smallest scale: written, read, scanned, scored, kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.reference_case import __main__ as command


def test_the_smallest_case_runs_through(
    in_this_process: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--scale", "0.001", "--out", str(tmp_path), "--threads", "2", "--no-keep"]) == 0
    assert in_this_process == ["write", "read", "read", "scan", "score"]
    shown = capsys.readouterr().out
    assert "ratio of scan to plain read" in shown and "letter campaign" in shown
    told = json.loads((tmp_path / "reference-case-0.001-1.json").read_text(encoding="utf-8"))
    assert told["accounts"] == 2_500
    assert abs(told["exchanges"] / 317_000 - 1) < 0.1
    assert told["scores"]["innocents"]["act"]["accounts"] == 0
    assert [one["name"] for one in told["stages"]][1:] == ["read", "sketch", "link", "group", "assess", "report"]
    assert {"cores", "python", "stillwatch"} <= set(told["machine"]) and told["seed"] == 1
    assert told["bytes"] < 90 * told["exchanges"]
    assert not list(tmp_path.glob("world-*"))
