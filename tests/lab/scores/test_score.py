"""Scores against truths small enough to count by hand, and properties that hold for every run."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from scipy.stats import binomtest

from stillwatch.errors import InputError
from stillwatch.records.outputs import (
    CAMPAIGN_EXCHANGES,
    CAMPAIGN_MEMBERS,
    CAMPAIGNS,
    LEVELS,
)
from stillwatch_lab.scores.score import calibration_error, score, total_variation
from stillwatch_lab.scores.scorecard import (
    ReliabilityBin,
    Scores,
    interval,
    percent,
)

DAY_0 = datetime(2026, 4, 22)
SHARES = pa.map_(pa.string(), pa.float64())
Row = dict[str, object]


def day(number: float) -> datetime:
    return DAY_0 + timedelta(days=number)


@dataclass
class World:
    """A truth folder and a run folder in the making."""

    accounts: list[Row] = field(default_factory=list)
    exchanges: list[Row] = field(default_factory=list)
    campaigns: list[Row] = field(default_factory=list)
    found: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    found_exchanges: list[Row] = field(default_factory=list)

    def people(self, *names: str, kind: str = "person", group: str | None = None) -> None:
        role = "organic" if kind == "person" else "innocent"
        for name in names:
            self.accounts.append(
                {"account_id": name, "role": role, "kind": kind, "group_id": group, "campaign_id": None}
            )

    def campaign(self, name: str, accounts: int, per_account: int = 4) -> None:
        """Accounts `<name>-0`…, each with one exchange a day from day 0 on."""
        for number in range(accounts):
            account = f"{name}-{number}"
            self.accounts.append(
                {"account_id": account, "role": "campaign", "kind": "letter", "group_id": name, "campaign_id": name}
            )
            for index in range(per_account):
                self.exchanges.append(
                    {"exchange_id": f"{account}/{index}", "account_id": account, "campaign_id": name}
                    | {"started_at": day(index)}
                )
        self.campaigns.append(
            {"campaign_id": name, "rung": "letter", "accounts": accounts, "exchanges": accounts * per_account}
            | {"first_seen": day(0), "last_seen": day(per_account - 1), "targets": {"grading": 0.5, "tool_use": 0.5}}
        )

    def claim(
        self, name: str, members: dict[str, str], detected: float = 1.0, probability: float = 0.9, level: str = "act"
    ) -> None:
        """A found campaign; members by level. Its exchanges are every true one of its members."""
        ids = [row for row in self.exchanges if row["account_id"] in members]
        for account, own in members.items():
            self.members.append(
                {"campaign_id": name, "account_id": account, "exchanges": 4, "probability": probability}
                | {"level": own, "detected_at": day(detected)}
            )
        for row in ids:
            self.found_exchanges.append(
                {"campaign_id": name, "probability": 0.9, "started_at": row["started_at"]}
                | {key: row[key] for key in ("exchange_id", "account_id")}
            )
        self.found.append(
            {"campaign_id": name, "first_seen": day(1), "last_seen": day(3), "accounts": len(members)}
            | {"exchanges": len(ids), "expected_innocent_accounts": 0.25, "confidence": 90.0, "q_value": 0.01}
            | {"level": level, "targets": {"grading": 1.0}, "networks": ["N1"]}
        )

    def scores(self, folder: Path, timed: bool = True) -> Scores:
        truth, run, logs = folder / "world" / "truth", folder / "run", folder / "world" / "exchanges"
        for path in (truth, run, logs):
            path.mkdir(parents=True, exist_ok=True)
        text = {name: pa.string() for name in ("account_id", "role", "kind", "group_id", "campaign_id", "exchange_id")}
        kinds = text | {"started_at": pa.timestamp("us"), "targets": SHARES, "rung": pa.string()}
        kinds |= {"accounts": pa.int64(), "exchanges": pa.int64()}
        kinds |= {"first_seen": pa.timestamp("us"), "last_seen": pa.timestamp("us")}

        def write(path: Path, rows: list[Row], names: str) -> None:
            schema = pa.schema([(name, kinds[name]) for name in names.split()])
            pq.write_table(pa.Table.from_pylist(rows, schema), path)

        write(truth / "accounts.parquet", self.accounts, "account_id role kind group_id campaign_id")
        write(
            truth / "campaigns.parquet",
            self.campaigns,
            "campaign_id rung accounts exchanges first_seen last_seen targets",
        )
        times = " started_at" if timed else ""
        write(truth / "exchanges.parquet", self.exchanges, "exchange_id account_id campaign_id" + times)
        write(logs / "part-0.parquet", self.exchanges, "exchange_id account_id started_at")
        for table, rows in (
            (CAMPAIGNS, self.found),
            (CAMPAIGN_MEMBERS, self.members),
            (CAMPAIGN_EXCHANGES, self.found_exchanges),
        ):
            names = dict.fromkeys(table.names)
            pq.write_table(
                pa.Table.from_pylist([names | row for row in rows], table.schema), run / f"{table.name}.parquet"
            )
        return score(run, truth)


def at(level: str, *accounts: str) -> dict[str, str]:
    return dict.fromkeys(accounts, level)


@pytest.fixture
def world() -> World:
    """Ten accounts of campaign X, two of Y; four people, a class of four, ten in all innocent."""
    made = World()
    made.campaign("X", 10)
    made.campaign("Y", 2)
    made.people("p1", "p2", "p3", "p4", "p5", "p6")
    made.people("s1", "s2", "s3", "s4", kind="class", group="class-1")
    return made


def test_a_half_found_campaign_counted_by_hand(world: World, tmp_path: Path) -> None:
    members = at("act", *(f"X-{n}" for n in range(5))) | at("review", "X-5", "p1") | at("watch", "X-6")
    world.claim("C1", members, detected=1.0)
    x, y = world.scores(tmp_path).campaigns
    assert x.found_as == ("C1",)
    assert x.recall == {"act": 0.5, "review": 0.6, "watch": 0.7}
    assert (x.accounts, x.accounts_found, x.accounts_error) == (10, 8, pytest.approx(-0.2))
    assert (x.exchanges, x.exchanges_found, x.exchanges_error) == (40, 28, pytest.approx(-0.3))
    assert (x.exchange_precision, x.exchange_recall) == (1.0, 0.7)
    assert (x.purity, x.completeness) == (pytest.approx(7 / 8), 0.7)
    # five accounts leak day 0 only (1 of 4), five never reach `act`: 5·1 + 5·4 of 40
    assert x.leak_share == pytest.approx(25 / 40)
    # seven leak day 0, three are never detected
    assert x.leak_share_any == pytest.approx(19 / 40)
    assert (x.first_day_error, x.last_day_error) == (1.0, 0.0)
    assert x.targets_distance == pytest.approx(0.5)
    assert (y.found_as, y.recall["watch"], y.leak_share, y.exchanges_error) == ((), 0.0, 1.0, -1.0)
    assert (y.purity, y.targets_distance, y.first_day_error, y.exchange_precision) == (None, None, None, None)


def test_times_come_from_the_logs_when_the_truth_has_none(world: World, tmp_path: Path) -> None:
    world.claim("C1", at("act", *(f"X-{n}" for n in range(10))), detected=2.0)
    with_times, without = (world.scores(tmp_path / str(timed), timed) for timed in (True, False))
    assert with_times == without
    assert with_times.campaigns[0].leak_share == 0.5


def test_innocents_by_level_kind_and_group(world: World, tmp_path: Path) -> None:
    world.claim("C1", at("act", "X-0", "X-1", "X-2", "p1") | at("review", "s1"))
    world.claim("C2", at("review", "s1", "s2", "p2"), level="review")
    scores = world.scores(tmp_path)
    innocents = scores.innocents
    assert (scores.accounts, scores.innocent_accounts) == (22, 10)
    assert scores.innocent_kinds == {"class": 4, "person": 6}
    assert [innocents[level].accounts for level in LEVELS] == [1, 4, 4]
    assert innocents["act"].per_100k == pytest.approx(100_000 / 22)
    assert innocents["review"].by_kind == {"class": 2, "person": 2}
    assert (innocents["act"].groups, innocents["review"].groups) == ((), ("class-1",))
    assert (innocents["act"].expected, innocents["review"].expected) == (0.25, 0.5)
    assert (innocents["act"].false_campaigns, innocents["review"].false_campaigns) == ((), ("C2",))


def test_an_accused_account_that_the_truth_does_not_know_is_innocent(world: World, tmp_path: Path) -> None:
    world.claim("C1", at("act", "nobody"))
    scores = world.scores(tmp_path)
    assert scores.innocents["act"].by_kind == {"unknown": 1}
    assert scores.innocents["act"].false_campaigns == ("C1",)


def test_split_and_merged(world: World, tmp_path: Path) -> None:
    world.claim("C1", at("act", *(f"X-{n}" for n in range(5)), "Y-0", "Y-1"))
    world.claim("C2", at("act", *(f"X-{n}" for n in range(5, 10))))
    scores = world.scores(tmp_path)
    assert (scores.split, scores.merged) == (("X",), ("C1",))
    x, y = scores.campaigns
    assert (x.found_as, y.found_as) == (("C1", "C2"), ())
    assert (x.completeness, x.purity) == (0.5, pytest.approx(10 / 12))
    assert x.exchange_precision == pytest.approx(40 / 48)
    # its accounts were found, although under another campaign's name
    assert y.recall["act"] == 1.0


def test_reliability(world: World, tmp_path: Path) -> None:
    world.claim("C1", at("act", "X-0", "X-1", "X-2", "p1"), probability=0.95)
    world.claim("C2", at("watch", "X-3", "p2", "p3", "p4"), probability=0.3, level="watch")
    scores = world.scores(tmp_path)
    assert [(one.low, one.members, one.observed) for one in scores.reliability] == [(0.3, 4, 0.25), (0.9, 4, 0.75)]
    assert scores.calibration_error == pytest.approx((0.05 + 0.2) / 2)


def test_a_certain_probability_falls_into_the_last_tenth(world: World, tmp_path: Path) -> None:
    world.claim("C1", at("act", "X-0"), probability=1.0)
    (only,) = world.scores(tmp_path).reliability
    assert (only.low, only.high, only.stated, only.observed) == (0.9, 1.0, 1.0, 1.0)


def test_an_account_may_serve_two_campaigns(world: World, tmp_path: Path) -> None:
    world.exchanges.append(
        {"exchange_id": "X-0/other", "account_id": "X-0", "campaign_id": "Y", "started_at": day(5)},
    )
    world.claim("C1", at("act", "X-0"))
    x, y = world.scores(tmp_path).campaigns
    assert (x.recall["act"], y.accounts, y.recall["act"]) == (0.1, 3, pytest.approx(1 / 3))


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"campaign_members\.parquet.*truth") as caught:
        score(tmp_path, tmp_path / "truth")
    assert str(caught.value).count(".parquet") == 6


def test_it_prints(world: World, tmp_path: Path) -> None:
    world.claim("[bold]C1", at("act", "X-0", "p1", "X-1"))
    text = StringIO()
    world.scores(tmp_path).render(Console(file=text, width=200))
    for expected in ("[bold]C1", "3 of 10", "not found", "person 1", "20.0 % / 20.0 % / 20.0 %"):
        assert expected in text.getvalue()


def test_no_heading_is_cut_in_a_terminal(world: World, tmp_path: Path) -> None:
    world.claim("C1", at("act", "X-0", "p1", "X-1"))
    text = StringIO()
    world.scores(tmp_path).render(Console(file=text, width=80))
    headings = [line for line in text.getvalue().splitlines() if line.startswith("┃")]
    assert len(headings) > 4
    assert [line for line in headings if "…" in line] == []
    for expected in ("recall at act", "precision", "targets", "leaked"):
        assert expected in text.getvalue()


def test_nearly_all_is_never_shown_as_all() -> None:
    assert (percent(0.99999), percent(1.0), percent(0.0), percent(None)) == ("99.9 %", "100.0 %", "0.0 %", "-")


def test_the_interval_is_wilsons() -> None:
    for hits, trials in ((8, 10), (0, 20), (20, 20), (317, 1000)):
        expected = binomtest(hits, trials).proportion_ci(0.95, "wilson")
        assert interval(hits, trials) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert interval(0, 0) == (0.0, 1.0)


sizes = st.lists(st.integers(1, 5), min_size=1, max_size=3)


@settings(max_examples=10)
@given(sizes=sizes, people=st.integers(0, 4))
def test_a_perfect_run_scores_perfectly(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], people: int
) -> None:
    world = World()
    world.people(*(f"p{n}" for n in range(people)))
    for number, size in enumerate(sizes):
        world.campaign(f"T{number}", size)
        world.claim(f"C{number}", at("act", *(f"T{number}-{n}" for n in range(size))), detected=0, probability=1.0)
    scores = world.scores(tmp_path_factory.mktemp("perfect"))
    for one in scores.campaigns:
        assert set(one.recall.values()) == {1.0}
        assert (one.leak_share, one.leak_share_any, one.exchanges_error, one.accounts_error) == (0.0, 0.0, 0.0, 0.0)
        assert (one.purity, one.completeness, one.exchange_precision, one.exchange_recall) == (1.0, 1.0, 1.0, 1.0)
    assert (scores.split, scores.merged, scores.calibration_error) == ((), (), 0.0)
    assert all(level.accounts == 0 and not level.false_campaigns for level in scores.innocents.values())


@settings(max_examples=5)
@given(sizes=sizes)
def test_an_empty_run_finds_nothing_and_accuses_nobody(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    world = World()
    for number, size in enumerate(sizes):
        world.campaign(f"T{number}", size)
    scores = world.scores(tmp_path_factory.mktemp("empty"))
    assert all(set(one.recall.values()) == {0.0} and one.leak_share == 1.0 for one in scores.campaigns)
    assert all(level.accounts == 0 for level in scores.innocents.values())
    assert (scores.reliability, scores.calibration_error) == ((), None)


shares = st.dictionaries(st.sampled_from("abcd"), st.floats(0.01, 1), min_size=1)


@given(left=shares, right=shares)
def test_total_variation_is_a_distance(left: dict[str, float], right: dict[str, float]) -> None:
    assert total_variation(left, left) == 0
    assert total_variation(left, right) == pytest.approx(total_variation(right, left))
    assert 0 <= total_variation(left, right) <= 1 + 1e-12
    if not set(left) & set(right):
        assert total_variation(left, right) == pytest.approx(1)


def test_calibration_error_weighs_by_members() -> None:
    bins = (ReliabilityBin(0.0, 0.1, 3, 0.05, 0.05), ReliabilityBin(0.9, 1.0, 1, 0.9, 0.5))
    assert calibration_error(bins) == pytest.approx(0.1)
