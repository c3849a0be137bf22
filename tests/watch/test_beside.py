"""Accounts and permits are read again when their files change, and only then."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stillwatch.errors import RunError
from stillwatch.job import Inputs, resolve
from stillwatch.ledger import Judgement, opened
from stillwatch.records.subjects import REENTRY, SCREENING
from stillwatch.respond import Policy
from stillwatch.watch.answers import Answers
from stillwatch.watch.beside import Beside
from tests.watch.test_ingest import NOON


def beside(folder: Path, *, permits: bool = False) -> Beside:
    named = {"accounts": (str(folder / "accounts*.csv"),)}
    named |= {"permits": (str(folder / "permits.csv"),)} if permits else {}
    inputs = Inputs(**named)
    return Beside(inputs, resolve(inputs, state=folder / "state"), folder / "state" / "watch")


def accounts(folder: Path, name: str, *ids: str) -> None:
    (folder / name).write_text("account_id,created_at\n" + "".join(f"{one},2026-05-01T00:00:00Z\n" for one in ids))


def test_a_changed_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts(tmp_path, "accounts.csv", "a", "b")
    tables = beside(tmp_path)
    assert tables.accounts()["account_id"].to_pylist() == ["a", "b"]
    accounts(tmp_path, "accounts-2.csv", "c")
    assert tables.accounts()["account_id"].to_pylist() == ["a", "b", "c"]
    monkeypatch.setattr("stillwatch.flow.write_beside", lambda *_: pytest.fail("nothing has changed"))
    assert tables.accounts()["account_id"].to_pylist() == ["a", "b", "c"]


def test_none_named_are_none(tmp_path: Path) -> None:
    accounts(tmp_path, "accounts.csv", "a")
    assert beside(tmp_path).permits() is None


def test_permits_that_cannot_be_used_stop(tmp_path: Path) -> None:
    accounts(tmp_path, "accounts.csv", "a")
    (tmp_path / "permits.csv").write_text("holder,purpose\n,\n")
    with pytest.raises(RunError, match="permit"):
        beside(tmp_path, permits=True).permits()


def test_a_run_is_given_what_people_decided_in_the_ledger(tmp_path: Path) -> None:
    accounts(tmp_path, "accounts.csv", "a")
    tables = beside(tmp_path)
    (tmp_path / "state").mkdir()
    answers = Answers(tmp_path / "state", tmp_path / "state", tables, Policy())
    assert answers.informed(tables.job()).sources.judgements == ()
    with opened(tmp_path / "state") as ledger:
        ledger.judgements.add(Judgement("N1", "innocent", "an analyst", NOON, "a class"))
    (source,) = answers.informed(tables.job()).sources.judgements
    assert source.path.name == "judgements.parquet"
    with opened(tmp_path / "state") as ledger:  # of a name and of a return no run looks for the subject
        ledger.judgements.add(Judgement(SCREENING + "m1", "innocent", "an analyst", NOON, "another birthday"))
        ledger.judgements.add(Judgement(REENTRY + "acct_1", "innocent", "an analyst", NOON, "a school"))
    (source,) = answers.informed(tables.job()).sources.judgements
    assert pq.read_table(source.path)["subject"].to_pylist() == ["N1"]
