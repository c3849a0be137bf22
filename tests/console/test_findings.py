"""Pages are made of the newest whole run; a swap, a damaged run and none at all are said or not noticed."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from stillwatch.console import queries
from stillwatch.console.findings import MOST_ENGINES, Findings, NoRunError
from stillwatch.console.views.campaigns import described, prepare
from stillwatch.runs import epochs
from tests.console.asked import FIRST, SECOND, laid, served
from tests.console.conftest import Console


@pytest.fixture
def found(state: Path) -> Findings:
    return Findings(state)


def test_are_of_the_run_that_latest_names(found: Findings, state: Path, full_folder: Path) -> None:
    assert found.run.name == epochs.name_of(FIRST)
    laid(state, full_folder, SECOND)
    assert found.run.name == epochs.name_of(FIRST)
    assert found.refresh()
    assert found.run.name == epochs.name_of(SECOND)
    assert not found.refresh()


def test_stay_readable_for_who_reads_while_the_run_is_swapped(found: Findings, state: Path, full_folder: Path) -> None:
    before = found.run
    with before.reading() as engine:
        laid(state, full_folder, SECOND)
        assert found.refresh()
        assert engine.fetch(queries.newest_sql()).num_rows == 1
    assert found.run is not before


def test_of_a_run_that_vanished_say_so(found: Findings, state: Path) -> None:
    run = found.run
    shutil.rmtree(run.path)
    with pytest.raises(NoRunError, match="open the page again"):
        run.rows(queries.per_day_sql())


def test_of_a_damaged_newer_run_stay_with_the_last(found: Findings, state: Path, full_folder: Path) -> None:
    assert found.run
    (laid(state, full_folder, SECOND) / "campaigns.parquet").write_bytes(b"no table")
    assert not found.refresh()
    assert found.run.name == epochs.name_of(FIRST)
    assert "cannot be read" in (found.refused or "")


def test_without_a_run_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NoRunError, match="no run has finished yet"):
        _ = Findings(tmp_path).run
    with served(tmp_path) as here:
        assert here.get("/").status == 200
        assert here.get("/decisions").status == 200
        seen = here.get("/campaigns")
        assert seen.status == 503
        assert "no run has finished yet" in seen.text


def test_give_each_reader_an_engine_of_its_own(found: Findings) -> None:
    run = found.run
    with run.reading() as one, run.reading() as two:
        assert one is not two
    rows: list[int] = []

    def read() -> None:
        with run.reading() as engine:
            rows.append(engine.fetch(queries.newest_sql()).num_rows)

    threads = [threading.Thread(target=read) for _ in range(3 * MOST_ENGINES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows == [1] * len(threads)


def test_of_campaigns_are_read_before_somebody_asks(found: Findings) -> None:
    run = found.run
    prepare(run)
    shutil.rmtree(run.path)
    assert [described(run, name).campaign_id for name in ("C1", "C2", "C3")] == ["C1", "C2", "C3"]


def test_place_every_account(found: Findings, full: object) -> None:
    rows = found.run.rows(queries.account_sql("acct_nowhere"))
    assert rows == []
    members = full.rows["campaign_members"]  # type: ignore[attr-defined]
    one = members[0]
    places = found.run.rows(queries.account_sql(one["account_id"]))
    mine = {row["campaign_id"] for row in members if row["account_id"] == one["account_id"]}
    assert {place["subject"] for place in places if place["sort"] == "campaign"} == mine


def test_a_run_that_is_swapped_under_a_page_answers_or_says_so(here: Console, state: Path, full_folder: Path) -> None:
    shutil.rmtree(epochs.latest(state) or state)
    laid(state, full_folder, SECOND)
    seen = here.get("/networks/N5")
    assert seen.status in (200, 503)
