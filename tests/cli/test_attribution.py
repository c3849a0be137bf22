"""A worksheet is entered from a file, shown, changed and taken back, and all of it stays in the ledger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillwatch.cli.main import invoke
from stillwatch.ledger import opened
from tests.report.conftest import full, full_folder  # noqa: F401  a run folder made once
from tests.report.dossier.test_worksheet_file import EXAMPLE

CAMPAIGN = EXAMPLE.split('"')[1]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "worksheet.toml").write_text(EXAMPLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert invoke(["attribution", *words, "--state", "state"]) == 0
    return capsys.readouterr().out


def test_a_worksheet_is_entered_once(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "10 new of 2 hypotheses, 1 items, 1 entities" in ran(capsys, "add", "worksheet.toml", "--by", "Bo")
    assert "0 new of" in ran(capsys, "add", "worksheet.toml", "--by", "Bo")
    text = ran(capsys, "show", CAMPAIGN)
    assert "hypothesis  one  0 against it" in text
    assert "concluded   one same_operator, likely, confidence low, by Bo" in text
    assert "entity      Example Relay  group, proxy_provider  NL; NL: Amsterdam; N1" in text
    assert "lacks       3 items" in text
    assert json.loads(ran(capsys, "show", CAMPAIGN, "--json"))["items"][0]["diagnostic"] is True


def test_what_is_taken_back_stays_in_the_ledger(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "add", "worksheet.toml", "--by", "Bo")
    ran(capsys, "withdraw", CAMPAIGN, "--hypothesis", "one", "--reason", "a scheduler")
    text = ran(capsys, "show", CAMPAIGN)
    assert "hypothesis  one" not in text
    assert "concluded" not in text
    with opened(work / "state") as ledger:
        assert len(ledger.attributions.list(CAMPAIGN)) == 11
    assert "Example Relay" in text
    ran(capsys, "withdraw", CAMPAIGN, "--item", "Example Relay", "--reason", "another firm")
    assert "Example Relay" not in ran(capsys, "show", CAMPAIGN)
    assert "nobody has entered anything" in ran(capsys, "show", "C2")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("withdraw C1 --reason x", "`--hypothesis`: or `--item` is needed"),
        ("withdraw C1 --item x", "`--reason`: is missing"),
        ("withdraw C1 --item x --reason y", "`--item x`: was never entered"),
        ("add gone.toml", "`gone.toml`: cannot be read"),
    ],
)
@pytest.mark.usefixtures("work")
def test_what_is_missing_is_told(capsys: pytest.CaptureFixture[str], words: str, said: str) -> None:
    with opened(Path("state")):
        pass
    assert invoke(["attribution", *words.split(), "--state", "state"]) == 2
    assert said in capsys.readouterr().err


def test_aids_are_printed(full_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    assert invoke(["attribution", "aids", str(full_folder), "--campaign", "C1"]) == 0
    assert "hours: the quietest eight" in capsys.readouterr().out
    assert invoke(["attribution", "aids", "nowhere", "--campaign", "C1"]) == 2
