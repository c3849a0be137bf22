"""A worksheet is entered from a file, shown, changed and taken back, and all of it stays in the ledger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stillwatch.cli.main import invoke
from stillwatch.ledger import opened
from stillwatch.runs import epochs
from tests.ledger.made import decision
from tests.report.conftest import full, full_folder  # noqa: F401  a run folder made once
from tests.report.dossier.test_worksheet_file import EXAMPLE
from tests.share.runs import CAMPAIGN as FOUND
from tests.share.runs import NOW, written

CAMPAIGN = EXAMPLE.split('"')[1]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "worksheet.toml").write_text(EXAMPLE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def known(work: Path) -> Path:
    """The same, with a ledger that has a decision about the campaign."""
    with opened(work / "state") as ledger:
        ledger.decisions.add([decision(subject=CAMPAIGN)])
    return work


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert invoke(["attribution", *words, "--state", "state"]) == 0
    return capsys.readouterr().out


def test_a_worksheet_is_entered_once(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "10 new of 2 hypotheses, 1 items, 1 entities" in ran(capsys, "add", "worksheet.toml", "--by", "Bo")
    assert "0 new of" in ran(capsys, "add", "worksheet.toml", "--by", "Bo")
    text = ran(capsys, "show", CAMPAIGN)
    assert "hypothesis  one  0 against it" in text
    assert "concluded   one same_operator, likely, confidence low, by Bo" in text
    assert "entity      Example Relay  group, proxy_provider  NL; NL: Amsterdam; N1" in text
    assert "lacks       3 items" in text
    assert json.loads(ran(capsys, "show", CAMPAIGN, "--json"))["items"][0]["diagnostic"] is True


def test_what_is_taken_back_stays_in_the_ledger(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran(capsys, "add", "worksheet.toml", "--by", "Bo")
    ran(capsys, "withdraw", CAMPAIGN, "--hypothesis", "one", "--reason", "a scheduler")
    assert "one was taken back already, on 20" in ran(
        capsys, "withdraw", CAMPAIGN, "--hypothesis", "one", "--reason", "twice"
    )
    text = ran(capsys, "show", CAMPAIGN)
    assert "hypothesis  one" not in text
    assert "concluded" not in text
    with opened(known / "state") as ledger:
        assert len(ledger.attributions.list(CAMPAIGN)) == 11
    assert "Example Relay" in text
    ran(capsys, "withdraw", CAMPAIGN, "--item", "Example Relay", "--reason", "another firm")
    assert "Example Relay" not in ran(capsys, "show", CAMPAIGN)
    ran(capsys, "add", "worksheet.toml", "--by", "Bo")
    assert "Example Relay is taken back" in ran(
        capsys, "withdraw", CAMPAIGN, "--item", "Example Relay", "--reason", "again"
    )


def test_a_campaign_that_nothing_knows_is_refused(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (known / "mistyped.toml").write_text(EXAMPLE.replace(CAMPAIGN, CAMPAIGN[:-1] + "0"), encoding="utf-8")
    for state in ("state", "new"):  # a ledger that is not there yet is not made for it
        assert invoke(["attribution", "add", "mistyped.toml", "--state", state]) == 2
        said = capsys.readouterr().err
        assert "`mistyped.toml` at `campaign`" in said and CAMPAIGN[:-1] + "0` is in no entry" in said
        assert "`--run`" in said
    assert not (known / "new").exists()
    with opened(known / "state") as ledger:
        assert ledger.attributions.list(CAMPAIGN[:-1] + "0") == ()


def test_a_campaign_to_show_that_nothing_knows_is_refused(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where it is known, that nobody has entered anything of it is an answer."""
    assert "nobody has entered anything" in ran(capsys, "show", CAMPAIGN)
    assert invoke(["attribution", "show", "C2", "--state", "state"]) == 2
    said = capsys.readouterr().err
    assert "campaign `C2`: is in no entry of this ledger" in said and "`stillwatch attribution add`" in said
    ran(capsys, "add", "worksheet.toml", "--by", "Bo")
    for words in ([], ["--json"]):
        assert invoke(["attribution", "show", "C2", "--state", "state", *words]) == 2
        assert f"name one of `{CAMPAIGN}`" in capsys.readouterr().err


def test_a_campaign_of_a_run_is_known(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the run that is named, or of the newest of the state; what the ledger has needs no run again."""
    (work / "worksheet.toml").write_text(EXAMPLE.replace(CAMPAIGN, FOUND), encoding="utf-8")
    assert invoke(["attribution", "add", "worksheet.toml", "--state", "state", "--run", "nowhere"]) == 2
    assert "`nowhere`: is not a run folder" in capsys.readouterr().err
    run = written(work / "run")
    assert "10 new of" in ran(capsys, "add", "worksheet.toml", "--by", "Bo", "--run", str(run))
    assert "0 new of" in ran(capsys, "add", "worksheet.toml", "--by", "Bo")
    runs, name = work / "other" / epochs.RUNS, epochs.name_of(NOW.replace(tzinfo=None))
    runs.mkdir(parents=True)
    run.rename(runs / name)
    (runs / epochs.LATEST).write_text(name + "\n", encoding="utf-8")
    assert invoke(["attribution", "add", "worksheet.toml", "--state", "other"]) == 0
    assert invoke(["attribution", "show", "C2", "--state", "other"]) == 2
    assert f"`{FOUND}`" in capsys.readouterr().err


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
