"""Records are kept, listed and deleted from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stillwatch.cli.main import invoke
from stillwatch.ledger import opened
from stillwatch.report.access.records import LEVELS
from tests.report.conftest import full, full_folder  # noqa: F401  a run folder made once


def _a_member(run: Path) -> str:
    members = pq.read_table(run / "campaign_members.parquet").to_pylist()
    return str(max(row["account_id"] for row in members if row["campaign_id"] == "C2" and row["level"] in LEVELS))


def test_a_case_is_kept_listed_and_deleted(
    full_folder: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("holders.csv").write_text("account_id,name,card\nnobody,Ann,4111\n", encoding="utf-8")
    words = [str(full_folder), "holders.csv", "--campaign", "C2", "--state", "state", "--by", "ann"]
    account = _a_member(full_folder)
    assert invoke(["records", "export", *words]) == 2
    assert "says nothing of any of the" in capsys.readouterr().err
    assert not Path("state").exists()
    Path("holders.csv").write_text(f"account_id,name\n{account},Ann\n", encoding="utf-8")
    assert invoke(["records", "export", *words]) == 0
    said = capsys.readouterr().out
    lines = Path("state/records/C2.jsonl").read_text(encoding="utf-8").splitlines()
    assert f", {len(lines) - 1:,} of them every field" in said
    assert {json.loads(line)["case"] for line in lines} == {"C2"}
    Path("wrong.csv").write_text("account_id,nmae\n" + account + ",Ann\n", encoding="utf-8")
    assert invoke(["records", "export", words[0], "wrong.csv", *words[2:]]) == 2
    assert Path("state/records/C2.jsonl").read_text(encoding="utf-8").splitlines() == lines  # what was kept stays
    capsys.readouterr()
    assert invoke(["records", "list", "--state", "state"]) == 0
    assert f"records/C2.jsonl: {len(lines):,} rows" in capsys.readouterr().out
    assert invoke(["records", "expire", "--state", "state"]) == 0
    assert "nothing is due" in capsys.readouterr().out
    assert invoke(["records", "expire", "--state", "state", "--campaign", "C2", "--by", "ann"]) == 0
    assert "rows deleted, sha256" in capsys.readouterr().out
    with opened(Path("state")) as ledger:
        actions = [one.action for one in ledger.views.list("records/C2.jsonl")]
    assert len(actions) == 2 and actions[0].startswith("deleted: deleted") and actions[0][-64:] == actions[1][-64:]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list"], "`--state`: is missing"),
        (["list", "--state", "sate"], "`--state sate`: is no folder"),
        (["expire", "--state", "sate"], "`--state sate`: is no folder"),
        (["export", "RUN", "gone.csv", "--campaign", "C2"], "gone.csv"),
        (["export", "RUN", "holders.csv", "--campaign", "C9", "--state", "state"], "`--campaign C9`"),
        (["export", "RUN", "holders.csv", "--campaign", "../x", "--state", "state"], "`--campaign ../x`"),
    ],
)
def test_what_is_missing_is_told(
    full_folder: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("holders.csv").write_text("account_id\na\n", encoding="utf-8")
    assert invoke(["records", *(str(full_folder) if word == "RUN" else word for word in words)]) == 2
    assert said in capsys.readouterr().err


def test_a_state_that_keeps_nothing_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["records", "list", "--state", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "nothing is kept\n"
