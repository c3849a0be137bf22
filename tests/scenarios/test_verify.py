"""From the logs alone a sealed campaign is found again, figure for figure, and other logs are told apart."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stillwatch.cli.main import invoke
from stillwatch.cli.recomputing import TABLES, _told
from tests.custody.keys import write_key
from tests.scenarios.small_world import SmallWorld, rewritten, rows


@pytest.fixture(scope="module")
def sealed(world: SmallWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sealed dossier of the world's campaign."""
    folder = tmp_path_factory.mktemp("sealed")
    seal(world.scan(folder / "run"), folder)
    return folder


def seal(run: Path, folder: Path) -> None:
    campaign = rows(run, "campaigns")[0]["campaign_id"]
    key, out = str(write_key(folder)[0]), str(folder / "d.json")
    assert invoke(["report", str(run), "--campaign", campaign, "--format", "json", "--out", out, "--sign", key]) == 0


def verify(sealed: Path, world: SmallWorld, logs: Path, *more: str) -> int:
    beside = ["--accounts", str(world.folder / "accounts.parquet"), "--permits", str(world.folder / "permits.parquet")]
    words = ["--logs", str(logs), *beside, "--key-file", str(world.key), *more]
    return invoke(["report", "verify", str(sealed / "d.json"), *words])


def test_the_same_logs_give_the_same_figures(
    sealed: Path, world: SmallWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify(sealed, world, world.folder / "exchanges") == 0
    said = capsys.readouterr().out
    assert "same         inputs:" in said
    for figure in ("accounts", "exchanges", "level", "expected_innocent_accounts", "last_seen"):
        assert f"same         figure {figure}: " in said
    shares = ("campaigns", "reference_shares")
    for table in (*shares, "campaign_texts", "campaign_usage", "evidence", "alternatives", "campaign_members"):
        assert f"same         {table}: " in said


def test_levels_that_rest_on_earlier_searches_are_found_again_with_the_sealed_run(
    world: SmallWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    newest = pc.max(world.exchanges["started_at"]).as_py()
    cut = pa.scalar(newest - timedelta(hours=6))
    logs = rewritten(
        world.exchanges, tmp_path / "early.parquet", lambda all_: all_.filter(pc.field("started_at") < cut)
    )
    early = world.scan(tmp_path / "early", exchanges=logs)
    looks = pq.read_table(early / "looks.parquet")
    nobody = pa.array([[]] * looks.num_rows, looks.schema.field("odds").type)
    place = looks.schema.get_field_index("odds")
    pq.write_table(looks.set_column(place, looks.schema.field("odds"), nobody), early / "looks.parquet")
    run = world.scan(tmp_path / "run", previous=early)
    assert len(rows(run, "looks")) == 2
    seal(run, tmp_path)

    assert verify(tmp_path, world, world.folder / "exchanges") == 1
    said = capsys.readouterr().out
    assert "probability: " in said
    assert "not checked  earlier runs: " in said
    assert "--run" in said
    assert verify(tmp_path, world, world.folder / "exchanges", "--run", str(run)) == 0
    said = capsys.readouterr().out
    assert "same         campaign_members: " in said
    assert "the nearest in size" not in said
    assert "not checked  earlier runs: ids, and what searches of the day before had said, are taken from" in said


def test_other_logs_are_named_with_the_figures_that_differ(
    sealed: Path, world: SmallWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign = pq.read_table(sealed / "run" / "campaign_exchanges.parquet")["exchange_id"].to_pylist()
    gone = set(campaign[: len(campaign) // 10])
    keep = [one not in gone for one in world.exchanges["exchange_id"].to_pylist()]
    logs = rewritten(world.exchanges, tmp_path / "logs.parquet", lambda table: table.filter(keep))
    assert verify(sealed, world, logs) == 1
    said = capsys.readouterr().out
    assert "differs      inputs:" in said
    assert "differs      figure exchanges: " in said
    assert "differs      campaign_usage " in said
    assert "more rows differ" in said


def test_one_token_more_is_said_by_figure_and_row(
    sealed: Path, world: SmallWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    campaign = {row["exchange_id"] for row in rows(sealed / "run", "campaign_exchanges")}
    known = (row["exchange_id"] for row in world.exchanges.to_pylist() if row["output_tokens"] is not None)
    wanted = min(campaign & set(known))

    def one_more(table: pa.Table) -> pa.Table:
        changed = table.to_pylist()
        for row in changed:
            if row["exchange_id"] == wanted:
                row["output_tokens"] += 1
        return pa.Table.from_pylist(changed, schema=table.schema)

    assert verify(sealed, world, rewritten(world.exchanges, tmp_path / "logs.parquet", one_more)) == 1
    differ = [line for line in capsys.readouterr().out.splitlines() if line.startswith("differs")]
    assert [line.split(":")[0].split()[1] for line in differ] == ["inputs", "figure", "campaign_usage"]
    before = rows(sealed / "run", "campaigns")[0]["output_tokens"]
    assert f"figure output_tokens: {before} was sealed, {before + 1} was found" in differ[1]
    assert re.search(r"output_tokens: \d+ was sealed, \d+ was found$", differ[2])


def test_what_ordinary_accounts_asked_for_is_recomputed(
    sealed: Path, world: SmallWorld, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ordinary = set(world.accounts_of("person")) - {row["account_id"] for row in rows(sealed / "run", "network_members")}
    before = rows(sealed / "run", "reference_shares")[0]

    def twice(table: pa.Table) -> pa.Table:
        named = table.to_pylist()
        again = [row | {"exchange_id": f"{row['exchange_id']}-2"} for row in named if row["account_id"] in ordinary]
        return pa.Table.from_pylist(named + again, schema=table.schema)

    assert verify(sealed, world, rewritten(world.exchanges, tmp_path / "logs.parquet", twice)) == 1
    said = capsys.readouterr().out
    (differs,) = (line for line in said.splitlines() if line.startswith("differs      reference_shares: "))
    assert f"exchanges: {before['exchanges']} was sealed, " in differs


def test_a_row_that_was_sealed_or_found_alone_differs() -> None:
    usage = next(one for one in TABLES if one.table == "campaign_usage")
    row = dict.fromkeys((*usage.key, *usage.figures), 1)
    assert _told(usage, row, None) == ["was sealed and is not found"]
    assert _told(usage, None, row) == ["was not sealed and is found"]
    assert _told(usage, row, row) == []


def test_shares_differ_one_by_one() -> None:
    reference = next(one for one in TABLES if one.table == "reference_shares")
    row = {"accounts": 40, "exchanges": 900, "targets": [["grading", 0.4], ["other", 0.6]], "subjects": [], "forms": []}
    assert _told(reference, row, row | {"targets": [("grading", 0.4), ("other", 0.6)]}) == []
    assert _told(reference, row, row | {"targets": [("grading", 0.5), ("planning", 0.6)]}) == [
        "targets grading: 0.4 was sealed, 0.5 was found",
        "targets other: 0.6 was sealed, None was found",
        "targets planning: None was sealed, 0.6 was found",
    ]
