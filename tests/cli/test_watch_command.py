"""`stillwatch watch` works off a folder, and tells every mistake on its line at once."""

from __future__ import annotations

import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stillwatch.cli.main import invoke
from stillwatch.runs import epochs
from stillwatch.runs import state as states
from stillwatch.verdicts import Reader
from tests.read.rows import exchange, write

NOON = datetime(2026, 5, 1, 12)


def test_once_works_off_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs, state = tmp_path / "logs", tmp_path / "state"
    logs.mkdir()
    write(logs / "a.jsonl", [exchange(number, started_at=NOON + timedelta(seconds=number)) for number in range(9)])
    (tmp_path / "key").write_bytes(b"a key of more than sixteen bytes")
    before = signal.getsignal(signal.SIGTERM)
    assert invoke(["watch", str(logs), "--state", str(state), "--once", "--key-file", str(tmp_path / "key")]) == 0
    told = capsys.readouterr().out
    assert "9 exchanges" in told
    newest = epochs.latest(state)
    assert newest is not None
    assert f"epoch {newest.name}: 0 campaigns, 0 networks; see {newest / 'report.html'}" in "".join(told.splitlines())
    assert (newest / "report.html").is_file()
    assert signal.getsignal(signal.SIGTERM) == before, "a process that is forked later must end when it is told to"
    assert states.load(state).watched.taken == 9
    reader = Reader(state / "verdicts")
    assert reader.snapshot is not None
    assert reader.find("a0") is None


def test_every_mistake_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["watch", "kafka://nowhere", "--every", "often", "--lateness", "0h", "--window", "7"]
    (tmp_path / "policy.toml").write_text("[limits]\nper_hour = -1\n")
    words += ["--policy", str(tmp_path / "policy.toml")]
    assert invoke([*words, "--key-file", str(tmp_path / "none")]) == 2
    said = capsys.readouterr().err
    for name in (
        "kafka://nowhere",
        "--every often",
        "--lateness 0h",
        "--window 7",
        "--state",
        "none",
        "limits.per_hour",
    ):
        assert name in said, said
