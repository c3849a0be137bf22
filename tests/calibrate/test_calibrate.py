"""The whole calibration of one small world, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillwatch.calibrate.bundles import NULL_STREAMS
from stillwatch.cli.main import invoke
from stillwatch.job import Job


def words(job: Job) -> list[str]:
    logs, accounts, permits = (
        [source.shown for source in sources]
        for sources in (job.sources.exchanges, job.sources.accounts, job.sources.permits)
    )
    return [*logs, "--accounts", *accounts, "--permits", *permits]


def test_every_stream_is_scanned_and_reported(job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "calibration"
    assert invoke(["calibrate", *words(job), "--streams", "1", "--seed", "3", "--out", str(out), "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert written == json.loads((out / "calibration.json").read_text())
    names = [stream["name"] for stream in written["streams"]]
    assert names == [
        *(null.name for null in NULL_STREAMS),
        "unaccused",
        "first half",
        "second half",
        "half of accounts",
    ]
    by_name = {stream["name"]: stream for stream in written["streams"]}
    seen = written["real"]["accounts"]
    assert written["left_out"] > 0
    assert by_name["unaccused"]["found"]["accounts"] == seen - written["left_out"]
    assert by_name["everything"]["found"]["accounts"] == seen
    assert by_name["everything"]["found"]["networks"] == 0
    assert sum(by_name["questions"]["found"]["accused"].values()) == 0
    assert 0 < by_name["half of accounts"]["found"]["accounts"] < seen - written["left_out"]


def test_mistakes_are_listed_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    assert invoke(["calibrate", str(tmp_path / "gone"), "--stream", "--out", str(tmp_path / "full")]) == 2
    printed = capsys.readouterr().err
    for expected in ("gone`: does not exist", "`--stream`: is not an option", "holds files but no"):
        assert printed.count(expected) == 1


def test_logs_without_exchanges_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.jsonl").write_text("{}\n")
    assert invoke(["calibrate", str(tmp_path / "empty.jsonl")]) == 1
    assert "hold no usable exchange" in capsys.readouterr().err
