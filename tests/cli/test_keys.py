"""`stillwatch keys` and the words of `stillwatch serve` that cannot be served."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stillwatch.cli.main import invoke
from stillwatch.ledger import opened


def test_a_secret_is_printed_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["keys", "create", "--name", "gw", "--scope", "verdict", "--state", str(tmp_path)]) == 0
    secret = capsys.readouterr().out.strip()
    with opened(tmp_path) as ledger:
        key = ledger.keys.find(secret)
    assert key is not None
    assert invoke(["keys", "list", "--state", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert key.key_id in shown
    assert secret not in shown


def test_a_key_is_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--state", str(tmp_path)]
    assert invoke(["keys", "create", "--name", "gw", "--scope", "read", "--json", *words]) == 0
    made = json.loads(capsys.readouterr().out)
    assert invoke(["keys", "revoke", made["key_id"], *words]) == 0
    assert "is revoked" in capsys.readouterr().out
    assert invoke(["keys", "revoke", made["key_id"], *words, "--by", "Bo"]) == 0
    assert f"was revoked already, on {datetime.now(UTC):%Y-%m-%d} by {getpass.getuser()}" in capsys.readouterr().out
    assert invoke(["keys", "list", "--json", *words]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert listed["revoked_by"] == getpass.getuser()
    assert "secret" not in listed


def test_a_mistyped_state_is_no_state_without_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["keys", "list"], ["keys", "revoke", "k1"]):
        assert invoke([*words, "--state", str(tmp_path / "typed")]) == 1
        assert "there is no ledger" in capsys.readouterr().err
    assert not (tmp_path / "typed").exists()
    with opened(tmp_path / "state"):
        pass
    assert invoke(["keys", "list", "--state", str(tmp_path / "state")]) == 0
    assert capsys.readouterr().out == "there are no keys\n"


def test_a_ledger_that_is_made_for_a_key_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It may be mistyped: keys are made before there is a state, and so no folder is refused."""
    for name, told in (("one", True), ("two", False)):
        assert invoke(["keys", "create", "--name", name, "--scope", "read", "--state", str(tmp_path / "state")]) == 0
        shown = capsys.readouterr()
        assert shown.out.startswith("stillwatch_read_") and len(shown.out.splitlines()) == 1
        assert ("ledger.db` is new; if the folder is mistyped" in shown.err) is told
        assert told or not shown.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("keys create --name n --scope admin --state S", "`--scope`: is no scope; use `verdict`"),
        ("keys create --name n --scope read", "name one of them"),
        ("keys list --state S --database postgresql://x", "name one of them"),
        ("keys list --database mysql://x", "write it like `postgresql://"),
        ("keys revoke k1 --state S", "`k1`: is not in the ledger"),
        ("serve --state gone", "`--state gone`: is no folder"),
        ("serve --state S --settings bad.toml", "did you mean `serve.max_age_seconds`?"),
        ("serve --state S --host 203.0.113.1", "cannot be listened on"),
        ("serve --state S --host no/host", "cannot be listened on"),
    ],
)
def test_mistakes_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: str, expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with opened(tmp_path / "S"):
        pass
    (tmp_path / "bad.toml").write_text("[serve]\nmax_age = 1\n")
    assert invoke(words.split()) == 2
    assert expected in capsys.readouterr().err
