"""A subject's history holds its own events and those of every subject that merged into it, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.report import history
from stillwatch.report.build import build
from stillwatch.report.document import RunFacts
from stillwatch.settings import EngineSettings
from tests.report.synthetic_run import SyntheticRun, empty_run


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
    found, total = history.silent(engine)
    assert [(event.subject, event.accounts) for event in found] == [("N9", 9), ("C9", 8)]
    assert total == 2


def test_the_document_has_the_history_of_each_campaign_and_network(engine: DuckDBEngine) -> None:
    document = build(engine, RunFacts("0", 1.0))
    assert [len(campaign.history.events) for campaign in document.campaigns] == [1, 0, 0]
    assert {network.network_id: len(network.history.events) for network in document.networks} == {"N4": 11, "N5": 0}
    assert document.silent_total == 2


def test_a_run_without_a_past_has_no_history(tmp_path: Path) -> None:
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as opened:
        empty_run().store(opened)
        assert history.histories(opened, ["N1"]) == {}
        assert history.silent(opened) == ((), 0)
