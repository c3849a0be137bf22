"""The document is the same whether it comes from the engine of a run or from the folder that the run left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from stillwatch import __version__, report
from stillwatch.disk import hidden
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.errors import UsageError
from stillwatch.job import Inputs, resolve
from stillwatch.records.outputs import RUN_FILES
from stillwatch.report import folder
from stillwatch.settings import EngineSettings, Settings
from tests.report.synthetic_run import SyntheticRun, empty_run


def page_of(run: SyntheticRun, parent: Path, threads: int, shuffle: int | None) -> str:
    with DuckDBEngine(EngineSettings(threads=threads), parent) as engine:
        run.store(engine, shuffle)
        report.run(engine, resolve(Inputs()))
        (row,) = engine.fetch(Query("documents", "SELECT * FROM documents")).to_pylist()
    assert row["name"] == "report.html"
    return str(row["body"])


def test_engine_and_folder_give_the_same_page(full: SyntheticRun, full_folder: Path, tmp_path: Path) -> None:
    assert page_of(full, tmp_path, 2, None) == report.write(full_folder, None, "html")


def test_empty_run_gives_the_same_page_too(empty_folder: Path, tmp_path: Path) -> None:
    page = page_of(empty_run(), tmp_path, 2, None)
    assert page == report.write(empty_folder, None, "html")
    assert "No campaign was found" in page


def test_row_order_and_threads_change_nothing(full: SyntheticRun, tmp_path: Path) -> None:
    assert page_of(full, tmp_path, 1, 1) == page_of(full, tmp_path, 2, 2)


def test_counts_agree_with_the_tables(full: SyntheticRun, full_folder: Path) -> None:
    document = json.loads(report.write(full_folder, None, "json"))
    assert [campaign["campaign_id"] for campaign in document["campaigns"]] == ["C1", "C2", "C3"]
    for campaign in document["campaigns"]:
        name = campaign["campaign_id"]
        found = {row["account_id"]: row["detected_at"] for row in full.rows["campaign_members"]}
        rows = [row for row in full.rows["campaign_exchanges"] if row["campaign_id"] == name]
        early = [row for row in rows if row["started_at"] < found[row["account_id"]]]
        assert sum(day["before"] + day["after"] for day in campaign["days"]) == len(rows)
        assert sum(day["before"] for day in campaign["days"]) == len(early)
        assert campaign["detection"]["share_before"] == len(early) / len(rows)
        members = sorted(row["detected_at"] for row in full.rows["campaign_members"] if row["campaign_id"] == name)
        assert campaign["detection"]["first"] == f"{members[0].isoformat()}Z"
        assert campaign["detection"]["half"] == f"{members[(len(members) - 1) // 2].isoformat()}Z"
        assert sum(accounts for _, accounts in campaign["levels"]) == len(members)
    assert document["campaign_accounts"] == len({row["account_id"] for row in full.rows["campaign_members"]})
    assert {network["network_id"] for network in document["networks"]} == {"N4", "N5"}


def test_other_accounts_of_a_network_are_not_in_the_campaign(full: SyntheticRun, full_folder: Path) -> None:
    document = json.loads(report.write(full_folder, "C2", "json"))
    (campaign,) = document["campaigns"]
    members = {row["account_id"] for row in full.rows["campaign_members"] if row["campaign_id"] == "C2"}
    links = [link for network in campaign["networks"] for link in network["links"]]
    assert {link["inside"] for link in links} == {True, False}
    assert all(link["inside"] is (link["account_id"] in members) for link in links)


FORMS = ("html", "md", "json", "text")
TOTALS = ("campaigns_total", "campaign_levels", "campaign_accounts", "networks_total")


@pytest.mark.parametrize("form", FORMS)
def test_one_campaign_alone(full: SyntheticRun, full_folder: Path, form: str) -> None:
    text = " ".join(report.write(full_folder, "C2", form).split())
    (accounts,) = (row["accounts"] for row in full.rows["campaigns"] if row["campaign_id"] == "C2")
    assert "C2" in text
    assert form == "json" or f"only campaign C2 is described here (level review, {accounts} accounts)" in text
    assert form == "json" or ("3 campaigns were found" in text and "2 networks of accounts without a campaign" in text)
    assert "C1:" not in text and "Campaign C1" not in text and "N77" not in text
    assert "more campaign" not in text and "more network" not in text and "smaller network" not in text


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("name", "accounts", "used"),
    [("N4", 312, ""), ("N5", 9, ""), ("N2", 420, "C1 (level act), campaign C2 (level review)")],
)
def test_one_network_alone(full_folder: Path, form: str, name: str, accounts: int, used: str) -> None:
    text = " ".join(report.write(full_folder, None, form, name).split())
    if form == "json":
        return
    assert f"only network {name} is described here ({accounts} accounts)" in text
    assert (f"It is used by campaign {used}" if used else "No campaign uses this network") in text
    assert "3 campaigns were found" in text
    assert "No campaign was found" not in text and "more campaign" not in text and "more network" not in text


@pytest.mark.parametrize("name", [None, "C2", "N4", "N2"])
def test_whatever_a_document_is_about_it_counts_the_whole_run(full_folder: Path, name: str | None) -> None:
    whole = json.loads(report.write(full_folder, None, "json"))
    campaign, network = (name if name and name[0] == letter else None for letter in "CN")
    document = json.loads(report.write(full_folder, campaign, "json", network))
    assert document["about"] == name
    assert {key: document[key] for key in TOTALS} == {key: whole[key] for key in TOTALS}
    assert (whole["campaigns_total"], whole["networks_total"]) == (3, 2)
    described = [one["campaign_id"] for one in document["campaigns"]]
    described += [one["network_id"] for one in document["networks"]]
    assert described == (["C1", "C2", "C3", "N4", "N5"] if name is None else [name])


def test_a_network_alone_lists_its_accounts_and_what_they_are_accused_of(full: SyntheticRun, full_folder: Path) -> None:
    (network,) = json.loads(report.write(full_folder, None, "json", "N2"))["networks"]
    members = {row["account_id"]: row for row in full.rows["network_members"] if row["network_id"] == "N2"}
    levels = {row["account_id"]: row["level"] for row in full.rows["campaign_members"]}
    assert network["campaigns"] == [["C1", "act"], ["C2", "review"]]
    assert len(network["members"]) == 50
    for one in network["members"]:
        assert one["level"] == levels.get(one["account_id"])
        assert one["probability"] == members[one["account_id"]]["probability"]
    assert network["links"], "a network alone is drawn"
    assert {link["inside"] for link in network["links"]} == {True, False}


@pytest.mark.parametrize(
    ("campaign", "network", "said"),
    [
        ("N4", None, "`--campaign N4`: is a network; use `--network N4`"),
        (None, "C2", "`--network C2`: is a campaign; use `--campaign C2`"),
        (None, "N99", "is not in this run; name one of its networks: "),
        (None, "N4' OR '1'='1", "is not in this run"),
        (None, "\x1b[31m", "`--network ⟨U+001B⟩[31m`: is not in this run"),
    ],
)
def test_an_id_that_is_not_there_is_said_with_what_is(
    full_folder: Path, tmp_path: Path, campaign: str | None, network: str | None, said: str
) -> None:
    with pytest.raises(UsageError) as raised:
        report.write(full_folder, campaign, "md", network)
    assert said in str(raised.value)
    with pytest.raises(UsageError) as raised:
        report.write_accounts(full_folder, tmp_path / "x.csv", campaign, network)
    assert said in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_unknown_campaign_and_format_are_reported_at_once(full_folder: Path) -> None:
    with pytest.raises(UsageError) as raised:
        report.write(full_folder, "C9", "pdf")
    message = str(raised.value)
    assert "`C1`, `C2`, `C3`" in message and "`--campaign C9`" in message and "`--format pdf`" in message


def test_unknown_campaign_where_there_is_none(empty_folder: Path) -> None:
    with pytest.raises(UsageError, match="found no campaign"):
        report.write(empty_folder, "C1", "html")


def test_a_folder_that_is_no_run_is_reported_with_all_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        report.summary(tmp_path)
    assert {mistake.where for mistake in raised.value.mistakes} >= {f"`{tmp_path / 'run.json'}`"}
    assert "campaigns.parquet" in str(raised.value)


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"stillwatch": "0"}', "\udcff"])
def test_a_broken_run_record_is_a_usage_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=r"run\.json"):
        report.summary(tmp_path)


def test_summary_is_plain_json_without_bulk(full_folder: Path) -> None:
    summary = report.summary(full_folder)
    text = json.dumps(summary)
    assert len(text) < 40_000
    assert json.loads(text) == summary
    assert summary["report"] == str(full_folder / "report.html")


def test_a_folder_gives_every_table_of_the_run_and_its_facts(full: SyntheticRun, full_folder: Path) -> None:
    with folder.opened(full_folder) as (engine, facts):
        sizes = {
            table.name: engine.fetch(Query("rows", f"SELECT count(*) AS n FROM {table.name}"))["n"][0].as_py()
            for table in RUN_FILES
        }
    assert sizes == {table.name: len(full.rows[table.name]) for table in RUN_FILES}
    assert sizes["lineage"] > 0
    assert (facts.version, facts.since, facts.until) == (__version__, None, None)
    assert facts.false_discovery_rate == Settings().assess.false_discovery_rate


def test_a_report_sweeps_up_after_one_that_was_killed_and_leaves_nothing(
    full_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    mine = hidden(tmp_path, "engine")
    mine.rename(mine.with_name(mine.name.replace(str(os.getpid()), str(gone.pid), 1)))
    report.summary(full_folder)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("later", ["looks", "campaign_usage", "doors"])
def test_a_run_of_an_earlier_version_is_still_read(full_folder: Path, tmp_path: Path, later: str) -> None:
    earlier = tmp_path / "run"
    shutil.copytree(full_folder, earlier)
    (earlier / f"{later}.parquet").unlink()
    document = json.loads(report.write(earlier, None, "json"))
    assert [campaign["campaign_id"] for campaign in document["campaigns"]] == ["C1", "C2", "C3"]
