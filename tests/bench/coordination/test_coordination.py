"""The bench of real coordination: sets are read as they are, and every method runs on a small made one."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from bench.coordination.posts import busiest, commonest
from bench.coordination.real_set import RealSet, moments, read_columns, seconds, times
from bench.coordination.registrations import cliques
from bench.coordination.sets import SETS

from bench.coordination import __main__ as bench
from bench.coordination import table

DATA = Path(os.environ.get("STILLWATCH_DATA", "../shared/data"))
DAY = 86_400_000_000
MINUTE = 60_000_000
BEGIN = 1_700_000_000_000_000  # µs


def made(operated: int = 30, people: int = 300) -> RealSet:
    """One operator's accounts hand each other texts within a minute and were born in an hour, among people."""
    generator = np.random.default_rng(1)
    names = [f"op{i}" for i in range(operated)] + [f"person{i}" for i in range(people)]
    account, at, text = [], [], []
    for turn in range(8 * operated):
        for step in (0, 1):
            account.append(f"op{(turn + step) % operated}")
            at.append(BEGIN + turn * 3 * 60 * MINUTE + step * MINUTE // 2)
            text.append(f"please share the message number {turn} with everyone today {turn * 7919}")
    for i in range(people):
        for _ in range(8):
            account.append(f"person{i}")
            at.append(BEGIN + int(generator.integers(0, 30 * DAY)))
            text.append(" ".join(f"w{word}" for word in generator.integers(0, 3000, 12)))
    born = np.where(
        np.arange(len(names)) < operated,
        BEGIN - 100 * DAY + generator.integers(0, 60 * MINUTE, len(names)),
        BEGIN - generator.integers(0, 700 * DAY, len(names)),
    )
    return RealSet(
        "made",
        "made here",
        "nothing real",
        pa.table({"account_id": account, "started_at": times(np.array(at)), "input_text": text}),
        pa.table({"account_id": names, "created_at": times(born), "email_shape": ["a9"] * len(names)}),
        dict.fromkeys(names[:operated], "operator"),
    )


def test_the_record_of_a_made_set_shows_its_operator_and_nothing_else() -> None:
    record = bench.measured(made(), threads=1)
    ours = record["methods"]["Stillwatch"]
    assert ours["best"] > 0.9 and ours["strangers"] == 0 and ours["purity"] == 1.0
    assert record["networks"][0]["shares"].count("handover") == 1
    assert record["networks"][0]["tests"]["born_together"] > 2
    assert {"lockstep by the hour", "act together within a minute", "born within an hour"} <= set(record["methods"])
    assert record["methods"]["act together within a minute"]["best"] > 0.9
    assert record["methods"]["born within an hour"]["best"] == 1.0
    assert record["births"]["operator"]["groups_of_30"] == 1.0
    written = json.dumps(record)
    assert "op1" not in written and "person" not in written.replace("like_no_person", "")
    assert "message" not in written
    shown = table.text({"sets": [record]})
    assert "300 strangers" in shown and "SynchroTrap" in shown


def test_a_folder_without_the_data_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--data", str(tmp_path)]) == 2
    assert "--data" in capsys.readouterr().err


def test_columns_are_read_as_text_with_line_breaks_and_nothing_for_none(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b'id,body,at\n007,"two\nlines",\n8,,2020-01-02 03:04:05\n'))
    rows = read_columns(path, "id", "body", "at")
    assert rows == {"id": ["007", "8"], "body": ["two\nlines", None], "at": [None, "2020-01-02 03:04:05"]}
    assert times(moments(rows["at"])).null_count == 1
    assert times(seconds(["1.5"])).cast("int64").to_pylist() == [1_500_000]


def test_products_are_cliques_that_cover_every_pair_once_or_more() -> None:
    pairs = {("a", "b"), ("a", "c"), ("b", "c"), ("c", "d"), ("e", "f")}
    neighbours: dict[str, set[str]] = {}
    for one, two in pairs:
        neighbours.setdefault(one, set()).add(two)
        neighbours.setdefault(two, set()).add(one)
    found = cliques(neighbours)
    assert sorted(found) == [["a", "b", "c"], ["c", "d"], ["e", "f"]]


def test_labels_and_weeks_are_the_commonest_and_the_busiest() -> None:
    assert commonest([("a", "x"), ("a", "y"), ("a", "y"), ("b", None)]) == {"a": "y", "b": "Unknown"}
    assert commonest([("a", "y"), ("a", "x")]) == {"a": "x"}
    at = np.array([0, 10, 11, 12, 30]) * DAY
    assert busiest(at, 3 * DAY) == (10 * DAY, 3 * DAY)


@pytest.mark.skipif(not (DATA / "coordination").is_dir(), reason=f"no real sets in {DATA}; set STILLWATCH_DATA")
@pytest.mark.parametrize(
    ("name", "accounts", "coordinated"),
    [
        ("reddit_ira_2018", 940, 940),
        ("vk_purchased_bots", 8705, 2192),
        ("cresci_purchased_spambots", 7283, 2328),
        ("cresci_hundred_each", 5155, 200),
        ("ephemeral_astroturfing", 4974, 4974),
    ],
)
def test_real_sets_hold_the_accounts_that_their_notes_state(name: str, accounts: int, coordinated: int) -> None:
    real = SETS[name](DATA)
    assert real.accounts is not None
    assert len(real.accounts) == accounts
    assert len(real.operator) == coordinated
    seen = set(real.exchanges["account_id"].to_pylist())
    assert set(real.operator) <= set(real.accounts["account_id"].to_pylist())
    assert seen <= set(real.accounts["account_id"].to_pylist())
