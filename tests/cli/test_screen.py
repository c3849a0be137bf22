"""`stillwatch screen`: what it prints, keeps and refuses, and how somebody is cleared for good."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.cli.main import invoke
from stillwatch.ledger import opened
from stillwatch.screening import screener
from stillwatch.screening.kept import kept

LIST = "source,entity_number,name\nSDN,7,Ivan Zhukov\nSDN,8,\nSDN,9,X\n"
HOLDERS = "account_id,name,owners\na1,Iwan Joukov,\na2,Anna Jones,Zhukov Ivan;Peter Petersen\n,nobody,\n"


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    (tmp_path / "holders.csv").write_text(HOLDERS, encoding="utf-8")
    return ["screen", str(tmp_path / "holders.csv"), "--lists", str(tmp_path / "list.csv")]


def found(words: list[str], capsys: pytest.CaptureFixture[str]) -> list[dict]:
    assert invoke([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["matches"]


def test_matches_are_printed_with_reasons(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(words) == 0
    shown = capsys.readouterr()
    assert "1.00  a2 (owner)  Zhukov Ivan  ~  Ivan Zhukov  [SDN]" in shown.out
    assert "`iwan` is like `ivan`" in shown.out
    assert "nothing follows from it" in shown.out
    assert "`list.csv` has 1 entry;" in shown.err
    assert "2 rows without a name left out" in shown.err
    assert "1 name of one letter left out" in shown.err
    assert "1 of 3 rows name no account or nobody" in shown.err


def test_a_cleared_match_is_judged_for_good(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    state = ["--state", str(tmp_path / "state")]
    one = found([*words, *state], capsys)[0]
    assert one["judged"] is None
    assert {each.match_id for each in kept(tmp_path / "state")} == {
        each["match_id"] for each in found([*words, *state], capsys)
    }
    said = ["screen", "--clear", one["match_id"], "--reason", "another birthday", "--by", "Ada", *state]
    assert invoke(said) == 0
    assert "no effect follows" in capsys.readouterr().out
    (tmp_path / "list.csv").write_text(LIST + "SDN,10,Petra Meier\n", encoding="utf-8")
    judged = {each["match_id"]: each["judged"] for each in found([*words, *state], capsys)}
    assert judged[one["match_id"]] == "innocent"
    assert sorted(map(str, judged.values())) == ["None", "innocent"]
    assert invoke([*words, *state]) == 0
    assert one["match_id"] not in capsys.readouterr().out
    with opened(tmp_path / "state") as ledger:
        (judgement,) = ledger.judgements.list()
    assert (judgement.decided_by, judgement.reason) == ("Ada", "another birthday")


def test_a_list_that_names_half_the_customers_is_said_and_bounded(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screener, "CROWDED", 5)
    rows = "".join(f"a{n},{'Ivan Zhukov' if n % 2 else 'Anna Jones'},\n" for n in range(100))
    (tmp_path / "holders.csv").write_text("account_id,name,owners\n" + rows, encoding="utf-8")
    assert invoke(words) == 0
    shown = capsys.readouterr()
    assert "the entry `Ivan Zhukov` names 50 holders; beyond 5 they are counted only" in shown.err
    assert "5 matches" in shown.out


def test_a_list_that_is_the_wrong_one_is_said(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screener, "CROWDED", 2)
    rows = "".join(f"SDN,{n},Person Number {chr(97 + n)}{chr(98 + n)}q\n" for n in range(20))
    (tmp_path / "list.csv").write_text("source,entity_number,name\n" + rows, encoding="utf-8")
    holders = "".join(f"a{n},Person Number {chr(97 + n)}{chr(98 + n)}q,\n" for n in range(20))
    (tmp_path / "holders.csv").write_text("account_id,name,owners\n" + holders, encoding="utf-8")
    assert invoke(words) == 0
    assert "look whether the list is the right one" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["screen"], ["ACCOUNTS: none were named", "`--lists`: is missing"]),
        (["screen", "gone.csv", "--lists", "gone.csv"], ["`gone.csv`: does not exist"]),
        (["screen", "--clear", "x", "--confirm", "y", "--reason", "z"], ["cannot stand beside"]),
        (["screen", "--clear", "x"], ["`--reason`: is missing"]),
        (["screen", "--clear", "x", "--reason", "z", "--state", "s"], ["is no match's id"]),
        (["screen", "--least", "0.1"], ["is no agreement"]),
    ],
)
def test_what_cannot_be_done_is_said(more: list[str], said: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(more) == 2
    shown = capsys.readouterr().err
    assert [one for one in said if one not in shown] == []


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_file_that_names_no_holder_is_refused_and_a_mistyped_column_said(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    file = tmp_path / f"holders.{kind}"
    words[1] = str(file)
    written(file, {"account": "a1", "nome": "Ivan Zhukov"})
    assert invoke(words) == 1
    said = capsys.readouterr().err
    assert "needs the column `account_id` and one of `name`" in said
    assert "it has `account`, `nome`" in said
    written(file, {"account_id": "a1", "name": "Anna Schmidt", "owner": "Ivan Zhukov", "plan": "free"})
    assert invoke(words) == 0
    said = capsys.readouterr().err
    assert "column `owner` is not read; did you mean `owners`?" in said
    assert "`plan`" not in said


def written(file: Path, row: dict[str, str]) -> None:
    if file.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist([row]), file)
    elif file.suffix == ".csv":
        file.write_text(f"{','.join(row)}\n{','.join(row.values())}\n", encoding="utf-8")
    else:
        file.write_text(json.dumps(row) + "\n", encoding="utf-8")


def test_an_unreadable_list_ends_it(tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "list.csv").write_bytes(b"\x00\x01\x02")
    assert invoke(words) == 1
    assert "no column `name`; give a list in" in capsys.readouterr().err


def test_names_are_printed_harmlessly(tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "holders.csv").write_text("account_id,name\na\x1b[31m,Ivan \x1b[2JZhukov\n", encoding="utf-8")
    assert invoke(words) == 0
    assert "\x1b" not in capsys.readouterr().out
