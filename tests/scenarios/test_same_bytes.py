"""The same exchanges give the same bytes: whatever their order, files, threads, and whoever sketched them."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stillwatch import flow
from stillwatch.group import loading
from stillwatch.job import Inputs, resolve
from stillwatch.link import segments as ranges
from stillwatch.records.outputs import RUN_FILES
from tests.scenarios.small_world import EXCHANGES, SmallWorld, digests, findings, rows, shuffled

MADE = "exchange_sketches.parquet"


def test_the_plain_run_says_something_in_every_table(plain: Path) -> None:
    empty = {table.name for table in RUN_FILES if not rows(plain, table.name)}
    # nothing is wrong with this log
    wrong = {"quarantine", "altered_values", "altered_accounts", "conflicting_rows", "unread_files"}
    # no partner told anything, no account names a reseller, and there is no address data
    said = {"seen_indicators", "resellers", "resold_accounts", "regions"}
    assert empty == {"applied_judgements", *said, *wrong}, "equal bytes of empty tables would prove nothing"


@pytest.mark.parametrize(("parts", "threads"), [(1, 1), (4, 2)])
def test_order_of_rows_files_and_threads_change_no_byte(
    world: SmallWorld, plain: Path, tmp_path: Path, parts: int, threads: int
) -> None:
    exchanges = shuffled(world.exchanges, tmp_path / "exchanges", parts, seed=parts)
    assert digests(world.scan(tmp_path / "run", threads, exchanges=exchanges)) == digests(plain)


def test_one_thread_changes_no_byte(world: SmallWorld, plain: Path, tmp_path: Path) -> None:
    assert digests(world.scan(tmp_path / "run", threads=1)) == digests(plain)


def in_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "ROWS", EXCHANGES // 7)
    monkeypatch.setattr(loading, "ROWS", EXCHANGES // 20)


def test_reading_in_many_ranges_changes_no_byte(
    world: SmallWorld, plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_ranges(monkeypatch)
    assert digests(world.scan(tmp_path / "run")) == digests(plain)


@pytest.mark.parametrize(("group_rows", "scattered"), [(500, False), (EXCHANGES, True)])
def test_ranges_of_files_in_order_of_accounts_change_no_byte(
    world: SmallWorld,
    plain: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    group_rows: int,
    scattered: bool,
) -> None:
    in_ranges(monkeypatch)
    flow.write_sketches(
        resolve(Inputs((str(world.folder / "exchanges"),)), settings=world.settings()), tmp_path / "sketches"
    )
    pq.write_table(pq.read_table(tmp_path / "sketches" / MADE), tmp_path / MADE, row_group_size=group_rows)
    said: list[bool] = []
    looked = ranges.scattered
    monkeypatch.setattr(ranges, "scattered", lambda *given: said.append(looked(*given)) or said[-1])
    assert findings(world.scan(tmp_path / "run", exchanges=tmp_path / MADE)) == findings(plain)
    assert said == [scattered]


def test_order_of_accounts_changes_no_byte(world: SmallWorld, plain: Path, tmp_path: Path) -> None:
    accounts = shuffled(world.accounts, tmp_path / "accounts", 3, seed=5)
    assert digests(world.scan(tmp_path / "run", accounts=accounts)) == digests(plain)


def test_sketches_in_place_of_logs_change_no_byte(world: SmallWorld, plain: Path, tmp_path: Path) -> None:
    job = resolve(Inputs((str(world.folder / "exchanges"),)), settings=world.settings())
    flow.write_sketches(job, tmp_path / "sketches")
    assert findings(world.scan(tmp_path / "run", exchanges=tmp_path / "sketches" / MADE)) == findings(plain)


def test_some_logs_and_some_sketches_change_no_byte(world: SmallWorld, plain: Path, tmp_path: Path) -> None:
    parts = shuffled(world.exchanges, tmp_path / "parts", 2, seed=9)
    first, _ = sorted(parts.iterdir())
    flow.write_sketches(resolve(Inputs((str(first),)), settings=world.settings()), tmp_path / "sketches")
    (tmp_path / "sketches" / MADE).rename(parts / first.name)
    assert findings(world.scan(tmp_path / "run", exchanges=parts)) == findings(plain)
