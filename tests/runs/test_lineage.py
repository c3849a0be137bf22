"""Lasting identity: ids through growth, replaced accounts, splits, merges, silence and return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.inputs import ACCOUNTS
from stillwatch.records.lineage import EVENTS, LINEAGE, LINEAGE_MEMBERS, NETWORK
from stillwatch.runs.lineage import Found, History, advance, inherit, related, reserved
from stillwatch.settings import EngineSettings

DAY = datetime(2026, 5, 1)
NOTHING = History(LINEAGE.schema.empty_table(), LINEAGE_MEMBERS.schema.empty_table())


def accounts(first: int, last: int) -> frozenset[str]:
    return frozenset(f"a{number:03}" for number in range(first, last))


def step(past: History, day: int, *groups: frozenset[str]) -> tuple[History, list[str]]:
    """The history after a run on that day that found these groups, and the ids that they have."""
    fresh = [f"N{min(group)}-{len(group)}" for group in groups]
    names = inherit(past.known(NETWORK), groups, fresh, past.subjects)
    at = DAY + timedelta(days=day)
    found = Found(dict(zip(names, groups, strict=True)), dict.fromkeys(names, at))
    return advance(past, {NETWORK: found}, at), names


def events(past: History, day: int) -> list[tuple[str, str, str | None, int, int | None]]:
    """What was noticed on that day."""
    rows = [row for row in past.events.to_pylist() if row["at"] == DAY + timedelta(days=day)]
    return [(row["subject"], row["event"], row["other"], row["accounts"], row["overlap"]) for row in rows]


def test_a_first_run_gives_fresh_ids_and_says_born() -> None:
    past, names = step(NOTHING, 0, accounts(0, 10), accounts(20, 30))
    assert names == ["Na000-10", "Na020-10"]
    assert events(past, 0) == [("Na000-10", "born", None, 10, None), ("Na020-10", "born", None, 10, None)]


def test_no_new_subject_gets_the_id_of_an_account(tmp_path: Path) -> None:
    with DuckDBEngine(EngineSettings(), tmp_path) as engine:
        assert reserved(engine, NOTHING) == frozenset()
        engine.store(ACCOUNTS, pa.Table.from_pylist([{"account_id": "Nabc"}, {"account_id": "b"}], ACCOUNTS.schema))
        engine.create("account_sketches", Query("seen", "SELECT 'C12' AS account_id UNION ALL SELECT 'aN'"))
        past, _ = step(NOTHING, 0, accounts(0, 10))
        taken = reserved(engine, past)
    assert taken == {"Nabc", "C12", "Na000-10"}
    (name,) = inherit({}, [accounts(20, 30)], ["Nabc"], taken)
    assert name not in taken and name.startswith("N")


@pytest.mark.parametrize(
    ("later", "event", "overlap"),
    [
        (accounts(0, 15), "grew", 10),
        (accounts(0, 6), "shrank", 6),
        (accounts(4, 14), "replaced_accounts", 6),
    ],
)
def test_an_id_stays_while_membership_changes(later: frozenset[str], event: str, overlap: int) -> None:
    past, (name,) = step(NOTHING, 0, accounts(0, 10))
    past, names = step(past, 1, later)
    assert names == [name]
    assert events(past, 1) == [(name, event, None, len(later), overlap)]
    assert past.current[name] == later


def test_nothing_is_noted_where_nothing_changed() -> None:
    past, names = step(NOTHING, 0, accounts(0, 10))
    after, again = step(past, 1, accounts(0, 10))
    assert again == names
    assert after.events.num_rows == past.events.num_rows == 1
    assert after.members.equals(past.members)


def test_on_a_split_the_largest_part_keeps_the_id() -> None:
    past, (name,) = step(NOTHING, 0, accounts(0, 20))
    past, names = step(past, 1, accounts(0, 8), accounts(8, 20))
    assert names == ["Na000-8", name]
    assert (("Na000-8", "split_from", name, 8, 8)) in events(past, 1)
    assert (name, "shrank", None, 12, 12) in events(past, 1)


def test_on_a_merge_the_oldest_id_stays_even_where_it_is_smaller() -> None:
    past, (old,) = step(NOTHING, 0, accounts(0, 8))
    past, names = step(past, 1, accounts(0, 8), accounts(20, 40))
    assert names[0] == old
    past, merged = step(past, 2, accounts(0, 8) | accounts(20, 40))
    assert merged == [old]
    assert (names[1], "merged_into", old, 20, 20) in events(past, 2)
    assert (old, "grew", None, 28, 8) in events(past, 2)
    assert names[1] not in past.known(NETWORK), "an id that merged never comes back"


def test_silence_and_return_keep_the_id() -> None:
    past, (name,) = step(NOTHING, 0, accounts(0, 10))
    past, names = step(past, 1)
    assert names == []
    assert events(past, 1) == [(name, "silent", None, 10, None)]
    quiet, _ = step(past, 2)
    assert events(quiet, 2) == [], "silence is noted once"
    past, names = step(quiet, 3, accounts(2, 14))
    assert names == [name]
    assert events(past, 3) == [(name, "returned", None, 12, 8)]


def test_what_was_silent_can_be_found_merged() -> None:
    past, (old,) = step(NOTHING, 0, accounts(0, 10))
    past, (young,) = step(past, 1, accounts(20, 40))
    past, names = step(past, 2, accounts(0, 10) | accounts(20, 40))
    assert names == [old]
    assert (young, "merged_into", old, 20, 20) in events(past, 2)


def test_a_single_account_carries_no_identity() -> None:
    past, (name,) = step(NOTHING, 0, accounts(0, 3))
    past, names = step(past, 1, accounts(2, 12))
    assert names != [name]
    assert (name, "silent", None, 3, None) in events(past, 1)


def test_an_id_never_comes_to_mean_something_else() -> None:
    past, (name,) = step(NOTHING, 0, accounts(0, 10))
    past, (kept,) = step(past, 1, accounts(0, 10) | accounts(30, 60))
    assert kept == name
    # the first ten are alone again, and would be named as at their birth, but that name lives on with the others
    past, names = step(past, 2, accounts(30, 60), accounts(0, 10))
    assert names[0] == name
    assert names[1] not in {name, ""} and names[1].startswith(NETWORK)
    assert (names[1], "split_from", name, 10, 10) in events(past, 2)


def test_members_say_who_belonged_when() -> None:
    past, (name,) = step(NOTHING, 0, accounts(0, 4))
    past, _ = step(past, 1, accounts(1, 5))
    past, _ = step(past, 2, accounts(0, 5))
    spans = {
        (row["account_id"], row["joined_at"].day, row["left_at"].day if row["left_at"] else None)
        for row in past.members.to_pylist()
        if row["subject"] == name
    }
    assert spans == {("a000", 1, 2), ("a000", 3, None), ("a001", 1, None), ("a002", 1, None), ("a003", 1, None)} | {
        ("a004", 2, None)
    }


def partition(draw: st.DrawFn) -> list[frozenset[str]]:
    """Disjoint groups over sixty accounts, as linking gives them."""
    labels = draw(st.lists(st.integers(0, 5), min_size=60, max_size=60))
    groups = [frozenset(f"a{i:03}" for i, label in enumerate(labels) if label == one) for one in range(1, 6)]
    return [group for group in groups if len(group) >= 3]


partitions = st.lists(st.composite(partition)(), min_size=2, max_size=5)


@settings(max_examples=60)
@given(partitions)
def test_laws_of_any_history(runs: Sequence[Sequence[frozenset[str]]]) -> None:
    past = NOTHING
    for day, groups in enumerate(runs):
        before = past
        past, names = step(past, day, *groups)
        assert len(set(names)) == len(names), "one id names one subject"
        now: Mapping[str, frozenset[str]] = dict(zip(names, groups, strict=True))
        assert {name: past.current[name] for name in names} == now
        known = before.known(NETWORK)
        for subject, parts in related(known, groups).items():
            # whoever is related to something lives on, or is said to have merged
            noted = {row["event"] for row in past.events.to_pylist() if row["subject"] == subject}
            assert subject in names or "merged_into" in noted
            assert len(parts) >= 1
        for name in set(names) - known.keys():
            assert name not in before.subjects, "an id is given once"
        assert set(past.events["event"].to_pylist()) <= set(EVENTS)
        births = [r["subject"] for r in past.events.to_pylist() if r["event"] in {"born", "split_from"}]
        assert len(births) == len(set(births))
        living = past.members.filter(pa.compute.is_null(past.members["left_at"]))
        pairs = list(zip(living["subject"].to_pylist(), living["account_id"].to_pylist(), strict=True))
        assert len(pairs) == len(set(pairs))


@settings(max_examples=40)
@given(partitions)
def test_the_order_of_groups_changes_nothing(runs: Sequence[Sequence[frozenset[str]]]) -> None:
    one = other = NOTHING
    for day, groups in enumerate(runs):
        one, names = step(one, day, *groups)
        shuffled = list(reversed(groups))
        other, renamed = step(other, day, *shuffled)
        assert dict(zip(groups, names, strict=True)) == dict(zip(shuffled, renamed, strict=True))
    assert one.events.equals(other.events)
