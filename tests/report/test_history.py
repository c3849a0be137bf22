"""A subject's history holds its own events and those of every subject that merged into it, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.report import history, sentences
from stillwatch.report.build import build
from stillwatch.report.document import RunFacts
from stillwatch.settings import EngineSettings
from tests.report import synthetic_past
from tests.report.synthetic_run import SyntheticRun, empty_run, full_run


@pytest.fixture(scope="module")
def engine(full: SyntheticRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(EngineSettings(threads=1), tmp_path_factory.mktemp("history")) as opened:
        full.store(opened)
        yield opened


def listed_events(past: history.History) -> list[tuple[str, str, str | None]]:
    return [(event.subject, event.event, event.other) for event in past.events]


def test_a_merged_subject_brings_its_own_events_and_those_merged_into_it(engine: DuckDBEngine) -> None:
    found = history.histories(engine, ["N1", "NB", "N2"])
    assert listed_events(found["N1"]) == [
        ("N1", "born", None),
        ("NA1", "born", None),
        ("NA2", "born", None),
        ("N1", "grew", None),
        ("NA2", "merged_into", "NA1"),
        ("NA1", "merged_into", "N1"),
        ("NB", "split_from", "N1"),
        ("N1", "replaced_accounts", None),
    ]
    assert listed_events(found["NB"]) == [("NB", "split_from", "N1")]
    assert "N2" not in found


def test_a_long_history_keeps_its_first_event_and_the_newest_and_counts_the_rest(engine: DuckDBEngine) -> None:
    past = history.histories(engine, ["N4"])["N4"]
    assert len(past.events) == history.LINES - 1
    assert past.left_out == 20 - len(past.events)
    assert (past.events[0].event, past.events[-1].accounts) == ("born", 312)
    assert [event.at for event in past.events] == sorted(event.at for event in past.events)


def test_only_subjects_that_fell_silent_in_the_newest_run_are_silent(engine: DuckDBEngine) -> None:
    found = history.gone(engine)
    assert [(event.subject, event.accounts) for event in found.silent] == [("N9", 9), ("C9", 8)]
    assert (found.silent_total, found.cleared_total) == (2, 0)


def test_the_document_has_the_history_of_each_campaign_and_network(engine: DuckDBEngine) -> None:
    document = build(engine, RunFacts("0", 1.0))
    assert [len(campaign.history.events) for campaign in document.campaigns] == [1, 0, 0]
    assert {network.network_id: len(network.history.events) for network in document.networks} == {"N4": 11, "N5": 0}
    assert document.silent_total == 2


def test_a_run_without_a_past_has_no_history(tmp_path: Path) -> None:
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as opened:
        empty_run().store(opened)
        assert history.histories(opened, ["N1"]) == {}
        assert history.gone(opened) == history.Gone()


@pytest.mark.parametrize(
    ("subject", "verdict", "applies_to", "accounts", "cleared"),
    [
        ("C9", "innocent", "C9", 8, True),
        ("N4", "innocent", "N4", 312, True),
        ("C9", "unsure", "C9", 8, False),
        ("C9", "innocent", "C9", 0, False),
        ("N5", "innocent", "N5", 9, False),
    ],
)
def test_a_campaign_that_a_person_has_cleared_is_not_told_as_lost(
    tmp_path: Path, subject: str, verdict: str, applies_to: str, accounts: int, cleared: bool
) -> None:
    run = full_run()
    home = [row["account_id"] for row in run.rows["network_members"] if row["network_id"] == "N4"][:8]
    run.rows["lineage_members"] = [
        {"subject": "C9", "account_id": account, "joined_at": synthetic_past.START, "left_at": None} for account in home
    ]
    said = synthetic_past.judgement(subject, verdict, "ana", applies_to, accounts)
    run.rows["applied_judgements"] = [said]
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as opened:
        run.store(opened)
        found = history.gone(opened)
        document = build(opened, RunFacts("0", 1.0))
    assert [one.event.subject for one in found.cleared] == ["C9"] * cleared
    assert ("C9" in [one.subject for one in found.silent]) is not cleared
    if cleared:
        text = " ".join(sentences.notices(document))
        assert (
            "1 finding of earlier runs is cleared: campaign C9 (8 accounts) by `ana`'s judgement of 2 May 2026." in text
        )
    networks = {network.network_id: network for network in document.networks}
    at_home = [one.subject for one in networks["N4"].judgements]
    assert at_home == ([subject] if subject != "N5" else [])
    assert document.judgements_elsewhere_total == 0


def test_a_cleared_campaign_without_recorded_accounts_is_at_home_in_the_network_of_its_name(tmp_path: Path) -> None:
    run = full_run()
    run.rows["applied_judgements"] = [synthetic_past.judgement("C5", "innocent", "ana", "C5", 9)]
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as opened:
        run.store(opened)
        document = build(opened, RunFacts("0", 1.0))
    networks = {network.network_id: network for network in document.networks}
    assert [one.subject for one in networks["N5"].judgements] == ["C5"]
    assert document.judgements_elsewhere_total == 0
