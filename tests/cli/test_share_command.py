"""`stillwatch share`: preview writes nothing, a share waits for a second person, and is taken back with a reason."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from stillwatch.cli.main import invoke
from tests.share.runs import CAMPAIGN, TOLD, tables, written

FILE = """[provider]
name = "Alpha"
[[partner]]
name = "beta"
legal_basis = "an agreement"
"""


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """The words that name a ledger."""
    return ["--state", str(tmp_path / "state")]


def shared(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> str:
    """Puts a campaign into the ledger and returns the share's id."""
    (tmp_path / "sharing.toml").write_text(FILE)
    run = str(written(tmp_path / "run"))
    told = ["--campaign", CAMPAIGN, "--to", "beta", "--sharing", str(tmp_path / "sharing.toml"), "--by", "Ana"]
    assert invoke(["share", "push", run, *told, *words]) == 0
    said = capsys.readouterr().out
    assert "waits for a second person" in said
    return said.split()[0]


def test_a_preview_shows_what_would_leave(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(written(tmp_path / "run"))
    before = sorted(tmp_path.rglob("*"))
    assert invoke(["share", "preview", run, "--campaign", CAMPAIGN]) == 0
    said = capsys.readouterr().out
    assert [text for text in TOLD.values() if text not in said] == []
    assert invoke(["share", "preview", run, "--campaign", CAMPAIGN, "--profile", "government", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    patterns = [one["pattern"] for one in found["objects"] if one["type"] == "indicator"]
    assert patterns == ["[ipv4-addr:value ISSUBSET '203.0.113.0/24']"]
    assert sorted(tmp_path.rglob("*")) == before


def test_wrong_words_are_named_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ["--campaign", CAMPAIGN, "--profile", "press", "--marking", "blue"]
    assert invoke(["share", "preview", str(tmp_path), *wrong]) == 2
    said = capsys.readouterr().err
    assert [word for word in ("press", "blue", "is not a run folder") if word not in said] == []


def test_what_is_below_act_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(written(tmp_path / "run", tables("review")))
    assert invoke(["share", "preview", run, "--campaign", CAMPAIGN]) == 2
    assert "stands at `review`" in capsys.readouterr().err


def test_a_share_waits_is_approved_and_withdrawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    share = shared(tmp_path, capsys, words)
    assert invoke(["share", "show", share, *words]) == 0
    assert len(json.loads(capsys.readouterr().out)) > 15
    assert invoke(["share", "approve", share, "--by", "Ana", *words]) == 2
    assert "second person" in capsys.readouterr().err
    assert invoke(["share", "approve", share, "--by", "Bo", *words]) == 0
    assert invoke(["share", "withdraw", share, "--by", "Bo", *words]) == 2
    assert "`--reason`" in capsys.readouterr().err
    assert invoke(["share", "withdraw", share, "--by", "Bo", "--reason", "it was a class", *words]) == 0
    capsys.readouterr()
    assert invoke(["share", "list", "--json", *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["status"], one["legal_basis"]) for one in found] == [
        ("withdrawn", "an agreement"),
        ("released", "an agreement"),
    ]


def test_an_object_is_taken_back_alone_after_a_preview(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    share = shared(tmp_path, capsys, words)
    assert invoke(["share", "approve", share, "--by", "Bo", *words]) == 0
    capsys.readouterr()
    assert invoke(["share", "show", share, *words]) == 0
    one = next(one["id"] for one in json.loads(capsys.readouterr().out) if one["type"] == "indicator")
    alone = ["share", "withdraw", share, "--object", one, *words]
    assert invoke([*alone, "--preview"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert {(each["type"], each.get("revoked", False)) for each in shown} == {
        ("indicator", True),
        ("relationship", True),
    }
    assert invoke([*alone, "--by", "Bo"]) == 2
    assert "`--reason`" in capsys.readouterr().err
    assert invoke([*alone, "--by", "Bo", "--reason", "a school's"]) == 0
    assert "revokes a part" in capsys.readouterr().out
    assert invoke([*alone, "--by", "Bo", "--reason", "twice"]) == 2
    assert "no such object" in capsys.readouterr().err


def test_an_event_of_misp_deletes_what_was_taken_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    def deleted(name: str) -> tuple[str, list[bool]]:
        capsys.readouterr()
        assert invoke(["share", "misp", "export", name, *words]) == 0
        event = json.loads(capsys.readouterr().out)["Event"]
        return event["Org"]["name"], sorted(one["deleted"] for one in event["Attribute"] if "deleted" in one)

    share = shared(tmp_path, capsys, words)
    assert invoke(["share", "approve", share, "--by", "Bo", *words]) == 0
    assert deleted(share) == ("Alpha", [False] * len(TOLD))
    assert invoke(["share", "show", share, *words]) == 0
    one = next(one["id"] for one in json.loads(capsys.readouterr().out) if one["type"] == "indicator")
    gone = ["share", "withdraw", share, "--by", "Bo", "--reason", "a school's", *words]
    assert invoke([*gone, "--object", one]) == 0
    part = capsys.readouterr().out.split()[0]
    assert deleted(part) == deleted(share) == ("Alpha", [*[False] * (len(TOLD) - 1), True])
    assert invoke(gone) == 0
    whole = capsys.readouterr().out.split()[0]
    assert deleted(whole) == deleted(share) == ("Alpha", [True] * len(TOLD))


def test_a_mistyped_name_makes_no_state(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, sharing, state = written(tmp_path / "run"), tmp_path / "sharing.toml", tmp_path / "typed"
    sharing.write_text(FILE)
    words = ["--sharing", str(sharing), "--state", str(state)]
    assert invoke(["share", "push", str(run), "--campaign", CAMPAIGN, "--to", "bta", *words]) == 2
    assert "it has `beta`" in capsys.readouterr().err
    assert invoke(["share", "match", "read", str(sharing), "--with", "beta", *words]) == 1
    assert "there is no ledger" in capsys.readouterr().err
    assert not state.exists()


def test_a_share_can_be_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    share = shared(tmp_path, capsys, words)
    assert invoke(["share", "refuse", share, "--by", "Bo", "--reason", "too early", *words]) == 0
    assert invoke(["share", "list", *words]) == 0
    assert "refused" in capsys.readouterr().out


def test_nothing_to_send_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    shared(tmp_path, capsys, words)
    assert invoke(["share", "send", "--sharing", str(tmp_path / "sharing.toml"), *words]) == 0
    assert "nothing to send" in capsys.readouterr().out
    assert invoke(["share", "pull", "--from", "beta", "--sharing", str(tmp_path / "sharing.toml"), *words]) == 2
    assert "has no `pull_from`" in capsys.readouterr().err


def test_two_sides_match_by_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("private_set_intersection", reason="openmined-psi not installed: the extra `match` is missing")
    run, secret = str(written(tmp_path / "run")), tmp_path / "secret"
    secret.write_bytes(b"a secret of two sides, long enough")
    words = {}
    for ours, other in (("North", "south"), ("South", "north")):
        text = f'[provider]\nname = "{ours}"\n[[partner]]\nname = "{other}"\nlegal_basis = "x"\n'
        (tmp_path / f"{ours}.toml").write_text(f'{text}match_key_file = "{secret}"\n')
        words[ours] = ["--sharing", str(tmp_path / f"{ours}.toml"), "--state", str(tmp_path / ours)]
    offer, answer = str(tmp_path / "offer.json"), str(tmp_path / "answer.json")
    assert invoke(["share", "match", "offer", run, "--to", "south", "--out", offer, "--reveal", *words["North"]]) == 0
    told = ["share", "match", "answer", offer, "--run", run, "--with", "north", "--out", answer, *words["South"]]
    assert invoke(told) == 2
    assert "which values are common" in capsys.readouterr().err
    assert invoke([*told, "--reveal"]) == 0
    capsys.readouterr()
    assert invoke(["share", "match", "read", answer, "--with", "south", *words["North"]]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{len(TOLD) + 1} common values")  # and the token of a payment
    assert [text for text in TOLD.values() if text not in said] == []


def test_a_missing_package_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    for name in [one for one in sys.modules if one.startswith(("stillwatch.share.taxii", "stillwatch.share.tell"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "httpx", None)
    (tmp_path / "sharing.toml").write_text(FILE)
    assert invoke(["share", "send", "--sharing", str(tmp_path / "sharing.toml"), *words]) == 2
    assert "pip install 'stillwatch[share]'" in capsys.readouterr().err


def test_an_event_of_misp_leaves_when_it_may_and_is_taken_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    share = shared(tmp_path, capsys, words)
    assert invoke(["share", "misp", "export", share, *words]) == 2
    assert "nothing of it may leave" in capsys.readouterr().err
    assert invoke(["share", "approve", share, *words, "--by", "Bo"]) == 0
    capsys.readouterr()
    assert invoke(["share", "misp", "export", share, *words]) == 0
    (tmp_path / "event.json").write_text(capsys.readouterr().out)
    theirs = ["--sharing", str(tmp_path / "sharing.toml"), "--state", str(tmp_path / "theirs")]
    assert invoke(["share", "misp", "import", str(tmp_path / "event.json"), "--from", "beta", *theirs]) == 0
    assert f"beta: {len(TOLD)} values" in capsys.readouterr().out
    assert invoke(["share", "misp", "import", str(tmp_path / "sharing.toml"), "--from", "beta", *theirs]) == 1
    assert "export the event from MISP as JSON" in capsys.readouterr().err
