"""A holder reads about their own account, in whole months, with the rule and how to object; nothing of anybody else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch.ledger.records import DecisionEvent, Entry
from stillwatch.report import write_extract
from tests.ledger.made import NOW, decision
from tests.report.synthetic_run import SyntheticRun

SECOND = timedelta(seconds=1)


def account_of(full: SyntheticRun) -> str:
    return str(next(row["account_id"] for row in full.rows["campaign_members"] if row["campaign_id"] == "C1"))


def test_counts_are_the_accounts_own(full: SyntheticRun, full_folder: Path) -> None:
    account = account_of(full)
    mine = [row for row in full.rows["campaign_exchanges"] if row["account_id"] == account]
    text = write_extract(full_folder, account, (), "md", NOW).decode()
    assert f"| requests that count | {len(mine)} |" in text
    assert "Nothing was done to your account" in text
    others = {row["account_id"] for row in full.rows["campaign_members"]} - {account}
    assert {one for one in others if one.startswith("acct_") and one in text} == set()
    assert "C1" not in text
    assert "N1" not in text
    assert not any(f"{row['started_at']:%Y-%m-%d}" in text for row in mine)


def test_a_decision_stands_there_with_its_text_reference_and_state(full_folder: Path) -> None:
    reversed_ = Entry(decision("2"), (DecisionEvent("d2", "reversed", "Bo", NOW, "a class"),))
    observed = Entry(decision("3", effect="observe", holder_text=""))
    text = write_extract(full_folder, "account-2", (Entry(decision("1")), reversed_, observed), "md", NOW).decode()
    assert "A rule of use was broken." in text
    assert "| appeal-1 |" in text
    assert "| reversed | appeal-2 |" in text
    assert "appeal-3" not in text
    assert "They share IP address" not in text
    assert "Bo" not in text
    assert "None of your account's requests count" in text
    assert text.index("The decision appeal-2 was undone and has no effect any more.") > text.index("A rule of use")
    assert "The decision appeal-1" not in text
    assert "with the reference in the text above" in text


def test_an_address_can_be_read_and_followed(full_folder: Path) -> None:
    told = "The rule: https://provider.example/usage-policy#automated. Object at https://provider.example/appeals now."
    entries = (Entry(decision("1", holder_text=told)),)
    text = write_extract(full_folder, "account-2", entries, "md", NOW).decode()
    assert "The rule: <https://provider.example/usage-policy#automated>. Object" in text
    assert "Object at <https://provider.example/appeals> now." in text
    assert "&#58;" not in text


def test_effects_begin_and_end_by_the_clock(full_folder: Path) -> None:
    one = decision("1")
    told = {}
    for name, moment in (("before", one.since - SECOND), ("in", one.since), ("after", one.expires_at)):
        text = write_extract(full_folder, "account-2", (Entry(one),), "md", moment).decode()
        assert f"as of {moment:%Y-%m-%d %H:%M} UTC" in text
        told[name] = next(line for line in text.splitlines() if "appeal-1" in line).split(" | ")[-2]
    assert told == {"before": "to begin", "in": "active", "after": "expired"}


def test_without_a_ledger_it_does_not_say_that_nothing_was_done(full: SyntheticRun, full_folder: Path) -> None:
    text = write_extract(full_folder, account_of(full), None, "md", NOW).decode()
    assert "Nothing was done" not in text
    assert "does not say whether anything was done" in text
    assert "the reference in the text above" not in text
    assert "You can object" in text


@pytest.mark.parametrize("format_", ["html", "pdf"])
def test_it_is_made_for_people(full: SyntheticRun, full_folder: Path, format_: str) -> None:
    made = write_extract(full_folder, account_of(full), (Entry(decision("1")),), format_, NOW)
    assert made == write_extract(full_folder, account_of(full), (Entry(decision("1")),), format_, NOW)
    assert made.startswith(b"%PDF" if format_ == "pdf" else b"<!doctype html>")


def test_a_strange_account_has_no_extract(full_folder: Path) -> None:
    with pytest.raises(UsageError, match="is in no campaign of this run"):
        write_extract(full_folder, "nobody'; --\u202e", (), "md", NOW)
