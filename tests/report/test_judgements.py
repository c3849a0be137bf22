"""Each judgement stands in every section that it concerns, and those that concern none are not passed over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.report import judgements
from stillwatch.report.judgements import LISTED, Listed
from stillwatch.settings import EngineSettings
from tests.report import synthetic_past
from tests.report.synthetic_run import SyntheticRun


@pytest.fixture(scope="module")
def engine(full: SyntheticRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(EngineSettings(threads=1), tmp_path_factory.mktemp("judgements")) as opened:
        full.store(opened)
        yield opened


def subjects(listed: Listed) -> list[tuple[str, str]]:
    return [(one.source, one.subject) for one in listed.shown]


def test_a_judgement_of_a_merged_network_stands_in_the_network_it_merged_into(engine: DuckDBEngine) -> None:
    found = judgements.placed(engine, ["N1", "N4", "N2"])
    first = found["N1"].shown[0]
    assert (first.subject, first.applies_to, first.accounts) == ("NA1", "N1", 21)
    assert first.through == ("2026-05-16: merged into N1",)
    assert sorted(subjects(found["N4"])) == [("judgement", "N4"), ("permit", "N4")]
    assert "N2" not in found


def test_a_judgement_of_an_account_stands_in_its_network_and_its_campaign(
    engine: DuckDBEngine, full: SyntheticRun
) -> None:
    account = full.rows["applied_judgements"][1]["applies_to"]
    found = judgements.placed(engine, ["C1", "N1", "C2"])
    assert subjects(found["C1"]) == [("judgement", account)]
    assert subjects(found["N1"]) == [("judgement", "NA1"), ("judgement", account)]
    assert "C2" not in found


def test_judgements_of_what_exists_nowhere_are_listed_and_counted(engine: DuckDBEngine) -> None:
    found = judgements.unmatched(engine)
    assert [one.subject for one in found.shown] == ["N77", "acct_gone"]
    assert all(one.applies_to is None for one in found.shown)


def test_judgements_of_a_silent_subject_stand_outside_the_sections(engine: DuckDBEngine) -> None:
    assert [(one.subject, one.accounts) for one in judgements.elsewhere(engine).shown] == [("N8", 0)]


def test_every_judgement_is_somewhere(engine: DuckDBEngine, full: SyntheticRun) -> None:
    sections = [row["network_id"] for row in full.rows["networks"]]
    sections += [row["campaign_id"] for row in full.rows["campaigns"]]
    places = [*judgements.placed(engine, sections).values(), judgements.unmatched(engine), judgements.elsewhere(engine)]
    listed = {one for place in places for one in subjects(place)}
    assert listed == {(row["source"], row["subject"]) for row in full.rows["applied_judgements"]}


def test_many_judgements_are_counted_where_they_are_not_listed(tmp_path_factory: pytest.TempPathFactory) -> None:
    run = SyntheticRun()
    for number in range(LISTED + 5):
        account = f"a{number}"
        run.rows["applied_judgements"].append(synthetic_past.judgement(account, "innocent", "ana", account, 1))
        run.rows["network_members"].append(
            {
                "network_id": "N1",
                "account_id": account,
                "probability": 1.0,
                "bits": 9.0,
                "linked_at": synthetic_past.START,
            }
        )
    with DuckDBEngine(EngineSettings(threads=1), tmp_path_factory.mktemp("many")) as opened:
        run.store(opened)
        listed = judgements.placed(opened, ["N1"])["N1"]
    assert len(listed.shown) == LISTED
    assert listed.total == LISTED + 5
