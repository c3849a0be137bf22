"""The whole command on a small world of our own prompts: built, sketched, linked by all, kept."""

from __future__ import annotations

import json
from importlib import util
from pathlib import Path

import pytest
from bench.beside.record import TITLES

from bench.beside import __main__ as beside

SMALL = ["--accounts", "1500", "--exchanges", "30000", "--texts", "400", "--rounds", "1", "--runs", "1"]


def test_a_small_comparison_runs_through(
    in_this_process: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLWATCH_DATA", str(tmp_path))  # no prompts there: ours
    assert beside.main([*SMALL, "--world", "bench", "--out", str(tmp_path / "out")]) == 0
    assert {"build", "sketch", "sketchers", "scan", *TITLES} <= set(in_this_process)
    shown = capsys.readouterr().out
    assert shown == (tmp_path / "out" / "beside.txt").read_text(encoding="utf-8")
    told = json.loads((tmp_path / "out" / "beside.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in told["linkers"]] == list(TITLES)
    assert all(one["cpu"] > 0 and one["peak_bytes"] > 10**7 for one in told["linkers"])
    assert list(told["linkers"][0]["stages"]) == ["read", "sketch", "link"]
    assert {one["library"] for one in told["sketching"]["sketchers"]} == {"stillwatch", "datasketch", "rensa"}
    assert told["world"]["prompts"] == "our own" and str(tmp_path) not in json.dumps(told)
    assert {"datasketch", "rensa", "splink"} <= set(told["versions"])


def test_what_is_missing_is_said_before_anything_is_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "find_spec", lambda name: None if name == "splink" else util.find_spec(name))
    monkeypatch.setattr(beside, "OTHERS", ("splink",))
    assert beside.main(["--keep", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "`splink`: is not installed; run `make bench-beside`" in said
    assert not list(tmp_path.iterdir())
