"""The cheapest evasion is the right one, bills count what worlds used, and the command runs a profile through."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from stillwatch.cli.main import invoke
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch_lab.adversary.bill import Bill, bill_of
from stillwatch_lab.adversary.evasions import GOODS, Evasion, Price
from stillwatch_lab.adversary.search import (
    AdversaryResult,
    Attempt,
    ProfileResult,
    summed,
)
from stillwatch_lab.adversary.terminal import in_words, render
from stillwatch_lab.adversary.world import Outcome, recipe_of
from stillwatch_lab.worlds.build import build

PRICES = {good: Price(float(number), "assumption") for number, good in enumerate(GOODS, start=1)}
USED = {"account": 100.0, "card": 50.0, "phone": 10.0, "address_month": 20.0}
BILL = Bill(10_000, 500, 2_000, 20.0, USED)


def an_attempt(
    name: str, recall: float, dollars: float, pace: float = 5.0, a_day: float = 500.0, refused: float = 0.0
) -> Attempt:
    return Attempt(name, "in some way", recall, 0.0, USED, 10_000, refused, dollars, pace, a_day)


def test_a_bill_by_hand() -> None:
    assert BILL.dollars(PRICES) == 100 * 1 + 50 * 2 + 10 * 3 + 20 * 4
    assert BILL.dollars_per_million(PRICES) == pytest.approx(310 * 100)
    assert (BILL.pace, BILL.exchanges_a_day, BILL.refused_share) == (5.0, 500.0, 0.05)
    assert Bill(0, 0, 0, 0.0, USED).dollars_per_million(PRICES) == float("inf")


def test_sums_over_seeds_weigh_by_size() -> None:
    small = Bill(1_000, 50, 1_000, 10.0, dict.fromkeys(GOODS, 0.0))
    both = summed(Evasion("e", "says"), [Outcome(1.0, 2, BILL, {}), Outcome(0.5, 0, small, {})], PRICES)
    assert (both.recall, both.innocents, both.exchanges) == (0.75, 1.0, 5_500)
    assert both.dollars_per_million == pytest.approx(310 / 11_000 * 1e6)
    assert both.pace == pytest.approx(11_000 / 3_000)
    assert both.refused == pytest.approx(550 / 11_000)
    assert both.used == {good: used / 2 for good, used in USED.items()}


def test_the_cheapest_that_halves() -> None:
    dear, cheap, weak = an_attempt("dear", 0.1, 90.0), an_attempt("cheap", 0.45, 60.0), an_attempt("weak", 0.46, 10.0)
    profile = ProfileResult("letter", an_attempt("plain", 0.9, 50.0), (dear, cheap, weak))
    assert profile.cheapest is cheap
    faster = replace(cheap, name="faster", pace=9.0)
    assert ProfileResult("letter", profile.plain, (cheap, faster)).cheapest is faster, "of equal price the faster"
    assert ProfileResult("letter", profile.plain, (weak,)).cheapest is None
    assert ProfileResult("hydra", an_attempt("plain", 0.0, 50.0), (dear,)).cheapest is None, "there is nothing to halve"


def test_accounts_needed_make_up_for_throughput() -> None:
    slow = an_attempt("slow", 0.1, 90.0, a_day=125.0)
    assert ProfileResult("letter", an_attempt("plain", 0.9, 50.0), (slow,)).accounts_needed(slow) == pytest.approx(400)


def test_requests_that_nobody_takes_over_are_counted_as_lost() -> None:
    plain, waits = an_attempt("plain", 0.9, 50.0, refused=0.2), an_attempt("no_handovers", 0.1, 50.0)
    found = ProfileResult("letter", plain, (waits,))
    assert found.waiting(waits) == pytest.approx(0.2)
    assert found.accounts_needed(waits) == pytest.approx(100 / 0.8)
    assert found.waiting(replace(waits, refused=0.3)) == 0.0, "none waits where as many are taken over"


def test_words_and_table() -> None:
    slow = an_attempt("slow", 0.1, 90.0, pace=1.25, a_day=125.0)
    found = ProfileResult("letter", an_attempt("plain", 0.9, 50.0), (slow,))
    said = in_words(found)
    for part in ("`slow`", "90.0 % to 10.0 %", "90 dollars instead of 50", "1.2 a day instead of 5.0", "400 accounts"):
        assert part in said
    assert "nothing to halve" in in_words(replace(found, plain=an_attempt("plain", 0.0, 50.0)))
    assert "No evasion tried" in in_words(replace(found, attempts=()))
    shown = StringIO()
    render(AdversaryResult((1,), 0.05, PRICES, (found,)), Console(file=shown, width=120))
    assert "slow*" in shown.getvalue()
    assert "address month: 4.00 dollars; assumption" in shown.getvalue()


def test_the_bill_counts_the_worlds_own_files(tmp_path: Path, engine: DuckDBEngine) -> None:
    recipe = replace(recipe_of("letter", None, {}, 400), populations=recipe_of("letter", None, {}, 400).populations[:1])
    build(recipe, 2, 400, 6_000, None, tmp_path)
    bill = bill_of(engine, tmp_path)
    mine = pq.read_table(tmp_path / "truth" / "exchanges.parquet")["exchange_id"].combine_chunks()
    logs = ds.dataset(tmp_path / "exchanges").to_table(
        ["exchange_id", "account_id", "client_address", "started_at", "status_code"]
    )
    logs = logs.filter(pc.is_in(logs["exchange_id"], mine))
    rows = logs.to_pylist()
    refused = [row for row in rows if row["status_code"] is not None and row["status_code"] >= 400]
    assert bill.exchanges + bill.refused == len(mine) == len(rows)
    assert bill.refused == len(refused) > 0, "a relay is refused at times"
    assert bill.used["account"] == len({row["account_id"] for row in rows})
    assert bill.account_days == len({(row["account_id"], row["started_at"].date()) for row in rows})
    addresses = {(row["client_address"], row["started_at"].date()) for row in rows}
    assert bill.used["address_month"] == pytest.approx(min(len(addresses), bill.account_days) / 30)
    stated = pq.read_table(tmp_path / "accounts.parquet").to_pylist()
    holders = [row for row in stated if row["account_id"] in {own["account_id"] for own in rows}]
    cards = {row["payment_fingerprint"] for row in holders} - {None}
    assert bill.used["card"] == len(cards) > 0
    assert bill.used["phone"] == sum(row["phone_prefix"] is not None for row in holders)


def test_the_command_tries_a_profile(capsys: pytest.CaptureFixture[str]) -> None:
    words = "lab adversary --profile letter --evasion thinner --seeds 2 --scale 0.005 --json"
    assert invoke(words.split()) == 0
    told = json.loads(capsys.readouterr().out)
    (profile,) = told["profiles"]
    (evaded,) = profile["evasions"]
    assert (profile["profile"], evaded["name"], told["seeds"]) == ("letter", "thinner", [2])
    assert evaded["used"]["account"] > 3 * profile["plain"]["used"]["account"]
    assert evaded["exchanges"] == pytest.approx(profile["plain"]["exchanges"], rel=0.25), "as many, over more accounts"
    assert evaded["dollars_per_million"] > profile["plain"]["dollars_per_million"]
    assert 0 <= evaded["recall"] <= 1


def test_mistakes_of_the_command_are_listed_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["lab", "adversary", "--profile", "hydr", "--evasion", "none", "--seeds", "1", "2"]) == 2
    said = capsys.readouterr().err
    for expected in ("`--profile hydr`", "`--evasion none`"):
        assert said.count(expected) == 1
