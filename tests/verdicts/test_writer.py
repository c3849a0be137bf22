"""What is written is what is found; effects are dropped, writers wait for each other, kills leave a whole snapshot."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.errors import InputError, OutputError
from stillwatch.verdicts import Reader, Verdict, drop, write
from stillwatch.verdicts import writer as writers
from tests.verdicts.records import HOUR, NOW, effect, moments, snapshots, suspended, texts

FORK = multiprocessing.get_context("fork")
PATIENCE = 20.0  # seconds until a writer must have written one
KILLS = 60


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(snapshots, texts, moments)
def test_what_is_written_is_found(tmp_path: Path, records: list[Verdict], stranger: str, now: datetime) -> None:
    name = write(tmp_path, records, NOW)
    reader = Reader(tmp_path)
    assert reader.refused is None
    assert reader.snapshot == (name, NOW, len(records))
    for record in records:
        held = tuple(one for one in record.effects if one.since <= now < one.expires_at)
        assert reader.find(record.account_id, now) == record._replace(effects=held)
    if stranger not in {record.account_id for record in records}:
        assert reader.find(stranger, now) is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(snapshots, st.data())
def test_effects_of_dropped_decisions_are_gone(tmp_path: Path, records: list[Verdict], data: st.DataObject) -> None:
    known = sorted({one.decision_id for record in records for one in record.effects})
    dropped = set(data.draw(st.lists(st.sampled_from(known)))) if known else {"d"}
    before = write(tmp_path, records, NOW)
    after = drop(tmp_path, dropped)
    assert (after == before) == (not known or not dropped)
    reader = Reader(tmp_path)
    assert reader.snapshot == (after, NOW, len(records))
    for record in records:
        for one in record.effects:
            found = reader.find(record.account_id, one.since)
            assert found is not None
            kept = tuple(x for x in record.effects if x.since <= one.since < x.expires_at)
            assert found.effects == tuple(x for x in kept if x.decision_id not in dropped)


def test_a_dropped_text_is_no_longer_in_the_file(tmp_path: Path) -> None:
    write(tmp_path, [suspended("a", "d-secret"), suspended("b", "d-other")], NOW)
    drop(tmp_path, ["d-secret"])
    (file,) = tmp_path.glob("*.verdicts")
    assert b"d-secret" not in file.read_bytes()
    assert b"d-other" in file.read_bytes()


def test_an_effect_ends_on_time_without_the_pipeline(tmp_path: Path) -> None:
    write(tmp_path, [Verdict("a", "act", effects=(effect(since=NOW, until=NOW + HOUR),))], NOW)
    reader = Reader(tmp_path)
    instant = timedelta(microseconds=1)
    held = [
        bool(reader.find("a", at).effects)  # type: ignore[union-attr]
        for at in (NOW - instant, NOW, NOW + HOUR - instant, NOW + HOUR)
    ]
    assert held == [False, True, True, False]
    assert reader.find("a") is not None, "the clock's own time is used where none is named"


def test_times_without_a_zone_are_utc(tmp_path: Path) -> None:
    naive = effect(since=(NOW - HOUR).replace(tzinfo=None), until=(NOW + HOUR).replace(tzinfo=None))
    write(tmp_path, [Verdict("a", "act", effects=(naive,))], NOW.replace(tzinfo=None))
    reader = Reader(tmp_path)
    assert reader.find("a", NOW) == Verdict("a", "act", effects=(effect(),))
    assert reader.snapshot is not None
    assert reader.snapshot.made_at == NOW


def test_only_the_current_snapshot_is_kept(tmp_path: Path) -> None:
    names = [write(tmp_path, [suspended("a")], NOW) for _ in range(3)]
    assert [path.stem for path in tmp_path.glob("*.verdicts")] == names[-1:]
    assert {path.name for path in tmp_path.iterdir()} == {f"{names[-1]}.verdicts", "current", ".lock"}


def test_two_verdicts_on_one_account_are_refused(tmp_path: Path) -> None:
    before = write(tmp_path, [suspended("a")], NOW)
    with pytest.raises(ValueError, match="two verdicts on account `b`"):
        write(tmp_path, [suspended("b"), suspended("c"), suspended("b")], NOW)
    assert Reader(tmp_path).snapshot == (before, NOW, 1)


def test_nothing_is_dropped_where_nothing_is(tmp_path: Path) -> None:
    assert drop(tmp_path / "none", ["d"]) is None


def test_nothing_is_dropped_from_a_damaged_snapshot(tmp_path: Path) -> None:
    name = write(tmp_path, [suspended("a")], NOW)
    path = tmp_path / f"{name}.verdicts"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="publish a new one"):
        drop(tmp_path, ["d1"])


def test_records_that_fail_leave_what_was(tmp_path: Path) -> None:
    def broken() -> Iterator[Verdict]:
        yield suspended("b")
        raise RuntimeError("the ledger went away")

    name = write(tmp_path, [suspended("a")], NOW)
    with pytest.raises(RuntimeError):
        write(tmp_path, broken(), NOW)
    assert Reader(tmp_path).snapshot == (name, NOW, 1)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="name a writable `--state`"):
        write(tmp_path / "file" / "verdicts", [], NOW)


def test_a_writer_that_waits_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def second() -> Iterator[Verdict]:
        write(tmp_path, [], NOW)
        yield suspended("a")

    monkeypatch.setattr(writers, "_PATIENCE", 0.0)
    with pytest.raises(OutputError, match="another process"):
        write(tmp_path, second(), NOW)


def add_one(folder: Path, accounts: int, start: int) -> None:
    """Writes `accounts` verdicts again and again, each time with the next decision."""
    for number in range(start, 1_000_000):
        write(folder, (suspended(f"a{one}", f"d{number}") for one in range(accounts)), NOW)


def test_a_writer_killed_at_any_point_leaves_a_whole_snapshot(tmp_path: Path) -> None:
    draw, latest = random.Random(18), 0
    write(tmp_path, (suspended(f"a{one}", "d0") for one in range(300)), NOW)
    reader = Reader(tmp_path)
    for turn in range(KILLS):
        process = FORK.Process(target=add_one, args=(tmp_path, 300, latest + 1))
        process.start()
        # every third is killed after it has written one, however busy the machine is, the others whenever it comes
        until = time.monotonic() + PATIENCE * (turn % 3 == 0)
        while time.monotonic() < until and not reader.refresh():
            time.sleep(0.002)
        time.sleep(draw.uniform(0.0, 0.03))
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        reader.refresh()
        assert reader.refused is None
        found = {reader.find(f"a{one}", NOW).effects[0].decision_id for one in range(300)}  # type: ignore[union-attr]
        assert len(found) == 1, "no snapshot mixes two"
        number = int(found.pop()[1:])
        assert number >= latest
        latest = number
    assert latest > 0
    write(tmp_path, [suspended("a")], NOW)
    assert len(list(tmp_path.iterdir())) == 3, "the next writer removes what killed ones left"


def test_two_writers_take_turns(tmp_path: Path) -> None:
    def publish(decision: str) -> None:
        for _ in range(20):
            write(tmp_path, [suspended("a", decision), suspended("b", decision)], NOW)

    others = [FORK.Process(target=publish, args=(f"d{number}",)) for number in range(2)]
    for one in others:
        one.start()
    for one in others:
        one.join()
    assert [one.exitcode for one in others] == [0, 0]
    assert Reader(tmp_path).refused is None
    assert len(list(tmp_path.iterdir())) == 3
