"""Worlds of a second generator are built by its script, scored by our code, and shown beside our own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from stillwatch.errors import InputError, RunError
from stillwatch_lab.benchmark import page, sections_second, tables
from stillwatch_lab.benchmark.plan import Plan, second_mark
from stillwatch_lab.benchmark.pooled import Pool
from stillwatch_lab.benchmark.run import run
from stillwatch_lab.benchmark.second_world import build_second, translate
from tests.lab.benchmark import records

BEGIN = datetime(2026, 1, 25, tzinfo=UTC)
_TIME = pa.timestamp("us", "UTC")

# A generator that others might have written: it takes our shipped world and states the truth in its own form.
SCRIPT = """
import argparse, json, sys
from pathlib import Path
import pyarrow as pa, pyarrow.compute as pc, pyarrow.parquet as pq, pyarrow.dataset as ds
from stillwatch_lab.worlds.build import build
p = argparse.ArgumentParser()
for name in ("out", "seed", "scale"):
    p.add_argument("--" + name)
a = p.parse_args()
if a.seed == "13":
    sys.exit("no such seed")
assert a.scale == "small"
out = Path(a.out)
build("demo", int(a.seed), 400, 6_000, None, out)
truth = out / "truth"
accounts, campaigns = (pq.read_table(truth / (name + ".parquet")) for name in ("accounts", "campaigns"))
mine = pq.read_table(truth / "exchanges.parquet").select(["exchange_id", "campaign_id"])
kind = pc.if_else(pc.equal(accounts["role"], "campaign"), "campaign", accounts["kind"])
pq.write_table(pa.table({"account_id": accounts["account_id"], "kind": kind, "network": accounts["group_id"],
    "campaign": accounts["campaign_id"]}), truth / "truth_accounts.parquet")
guilty = accounts.filter(pc.equal(accounts["role"], "campaign"))
pq.write_table(pa.table({"campaign": guilty["campaign_id"], "account_id": guilty["account_id"]}),
    truth / "truth_members.parquet")
targets = [json.dumps(dict(row)) for row in campaigns["targets"].to_pylist()]
zoned = {name: campaigns[name].cast(pa.timestamp("us", "UTC")) for name in ("first_seen", "last_seen")}
pq.write_table(pa.table({"campaign": campaigns["campaign_id"], "rung": campaigns["rung"],
    "accounts": campaigns["accounts"], "exchanges": campaigns["exchanges"], **zoned, "targets": targets}),
    truth / "truth_campaigns.parquet")
logs = ds.dataset(out / "exchanges").to_table(["exchange_id", "account_id", "started_at"]).join(mine, "exchange_id")
campaign = pc.fill_null(logs["campaign_id"], "")
pq.write_table(pa.table({"exchange_id": logs["exchange_id"], "account_id": logs["account_id"],
    "started_at": logs["started_at"].cast(pa.timestamp("us", "UTC")), "campaign": campaign,
    "part": pc.if_else(pc.equal(campaign, ""), "", "extraction")}), truth / "truth_exchanges.parquet")
(truth / "world.json").write_text(json.dumps({"seed": int(a.seed)}))
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "generator").mkdir()
    path = tmp_path / "generator" / "world.py"
    path.write_text(SCRIPT)
    return path


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    kinds = ["campaign", "campaign", "campaign_idle", "harvest", "licensed_beyond", "organic", "popular_tool", "class"]
    kinds.append("campaign")  # said to belong to it, but it never worked for it
    names = [f"a{number}" for number in range(len(kinds))]
    accounts = {
        "kind": kinds,
        "network": ["n", "n", "n", "h", "", "", "", "c", "n"],
        "campaign": ["hydra-0", "hydra-0", *[""] * 6, "hydra-0"],
    }
    pq.write_table(pa.table({"account_id": names, **accounts}), tmp_path / "truth_accounts.parquet")
    members = pa.table({"campaign": ["hydra-0"] * 2, "account_id": ["a0", "a1"]})
    pq.write_table(members, tmp_path / "truth_members.parquet")
    span = {name: pa.array([BEGIN + timedelta(days=day)], _TIME) for name, day in (("first_seen", 1), ("last_seen", 3))}
    counts = {"campaign": ["hydra-0"], "rung": ["hydra"], "accounts": [2], "exchanges": [3]}
    shares = ['{"tool_use": 0.25, "other": 0.75}']
    pq.write_table(pa.table({**counts, **span, "targets": shares}), tmp_path / "truth_campaigns.parquet")
    rows = [("e0", "a0", "extraction"), ("e1", "a1", "probe"), ("e2", "a1", "replay"), ("e3", "a1", "cover")]
    rows += [("e4", "a3", "kept"), ("e5", "a5", "")]
    ids, owners, parts = (list(column) for column in zip(*rows, strict=True))
    campaign = ["hydra-0"] * 3 + [""] * 3
    times = pa.array([BEGIN + timedelta(days=1, hours=number) for number in range(6)], _TIME)
    table = pa.table(
        {"exchange_id": ids, "account_id": owners, "started_at": times, "campaign": campaign, "part": parts}
    )
    pq.write_table(table, tmp_path / "truth_exchanges.parquet")
    (tmp_path / "world.json").write_text(json.dumps({"seed": 7}))
    return tmp_path


def test_the_truth_is_put_into_our_form(truth: Path) -> None:
    translate(truth)
    accounts = pq.read_table(truth / "accounts.parquet").to_pylist()
    roles = ["campaign", "campaign", "apart", "apart", "apart", "organic", "organic", "innocent", "apart"]
    assert [row["role"] for row in accounts] == roles
    assert [row["campaign_id"] for row in accounts] == ["7-hydra-0", "7-hydra-0", *[None] * 7]
    kinds = ["hydra", "hydra", "campaign_idle", "harvest", "licensed_beyond", "person", "person", "class", "campaign"]
    assert [row["kind"] for row in accounts] == kinds
    assert [row["group_id"] for row in accounts] == ["n", "n", "n", "h", None, None, None, "c", "n"]
    exchanges = pq.read_table(truth / "exchanges.parquet")
    assert exchanges["exchange_id"].to_pylist() == ["e0", "e1", "e2"]
    assert set(exchanges["campaign_id"].to_pylist()) == {"7-hydra-0"}
    assert exchanges["started_at"][0].as_py() == (BEGIN + timedelta(days=1)).replace(tzinfo=None)
    (campaign,) = pq.read_table(truth / "campaigns.parquet").to_pylist()
    assert campaign["targets"] == [("other", 0.75), ("tool_use", 0.25)]
    parts = pq.read_table(truth / "parts.parquet").to_pylist()
    assert {row["exchange_id"]: row["part"] for row in parts} == {
        "e1": "probe",
        "e2": "replay",
        "e3": "cover",
        "e4": "kept",
    }


def test_a_truth_of_another_form_and_a_script_that_fails_are_named(tmp_path: Path, script: Path) -> None:
    with pytest.raises(InputError, match="no truth of the second generator"):
        translate(tmp_path)
    with pytest.raises(RunError, match="no such seed"):
        build_second(script, 13, "small", tmp_path / "world")


def test_its_scores_stand_beside_ours(tmp_path: Path, script: Path, steps: list[str]) -> None:
    recipe = tmp_path / "tiny.toml"
    recipe.write_text('[[population]]\nkind = "letter"\nshare = 0.04\ngroups = 1\n')
    plan = Plan((3,), tmp_path / "out", scale=0.001, world=str(recipe), second=script)
    document = run(plan, Console(file=StringIO(), width=120), lambda _: None)
    assert steps.count("second") == 1
    (section,) = [one for one in document.sections if one.name == "second"]
    recall = {row[0]: row for row in section.tables[0].rows}
    assert recall.keys() == {"letter", "mixed"}
    assert recall["mixed"][1:5] == (None, None, None, None)
    assert recall["mixed"][5] == "90"
    assert {path.suffix for path in plan.home(3).iterdir()} == {".json"}
    run(plan, Console(file=StringIO(), width=120), lambda _: None)
    assert steps.count("second") == 1
    before = second_mark(plan)
    script.write_text(SCRIPT + "\n# changed\n")
    assert second_mark(plan) != before


def test_without_the_script_it_is_left_out_with_a_reason(tmp_path: Path, steps: list[str]) -> None:
    said: list[str] = []
    recipe = tmp_path / "people.toml"
    recipe.write_text('[[population]]\nkind = "letter"\nshare = 0.04\ngroups = 1\n')
    plan = Plan((3,), tmp_path / "out", scale=0.001, world=str(recipe), second=tmp_path / "absent.py")
    document = run(plan, Console(file=StringIO(), width=120), said.append)
    assert any("absent.py" in text for text in said)
    assert "second" not in [one.name for one in document.sections]


def test_the_section_shows_both_sides(tmp_path: Path) -> None:
    own = Pool((records.run([records.campaign("letter"), records.campaign("mixed", 0.9)]),))
    other = Pool((records.run([records.campaign("letter", 0.25), records.campaign("heavy", 0.5)], innocents=3),))
    section = sections_second.second_section(own, other)
    assert [row[0] for row in section.tables[0].rows] == ["letter", "mixed", "heavy"]
    figures = {row[0]: row[1:] for row in section.tables[1].rows}
    assert figures["innocents at act, per 100,000 accounts"] == ("0.0 (0 accounts)", "3.0 (3 accounts)")
    assert figures["exchanges inside accounts of mixed: recall"][1] == "-"
    act = figures["all campaigns' accounts at act or a stronger level"]
    for shown_share, pool in zip(act, (own, other), strict=True):
        found = [round(one["recall"]["act"] * one["accounts"]) for run in pool.runs for one in run["campaigns"]]
        accounts = [one["accounts"] for run in pool.runs for one in run["campaigns"]]
        assert shown_share.startswith(f"{100 * sum(found) / sum(accounts):.1f} %")
    document = records.document(sections=(section,))
    shown = StringIO()
    tables.render(document, Console(file=shown, width=200))
    assert "Both generators side by side" in shown.getvalue()
    assert "Both generators side by side" in page.render(document)
