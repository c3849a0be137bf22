"""A dry run tells day by day what would have happened, and writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stillwatch.ledger import Judgement
from stillwatch.respond import People, Policy, dry_run
from tests.respond.policies import line, policy
from tests.respond.runs import DAY, NOW, Seen, written

NOBODY = People(permits=())


def told(tmp_path: Path, seen: list[Seen], rules: Policy, **said: Any) -> dict[str, Any]:
    found = dry_run(
        written(tmp_path / "run", seen, kinds=said.pop("kinds", None)), rules, said.pop("people", NOBODY), said
    )
    return {f"{day:%d}": (dict(one.effects), dict(one.kept_out)) for day, one in found.days.items()}


def test_each_account_is_told_on_the_day_it_was_found(tmp_path: Path) -> None:
    seen = [Seen("a", found=NOW - 3 * DAY), Seen("b", found=NOW - DAY), Seen("c", found=NOW - 80 * DAY)]
    assert told(tmp_path, seen, policy(tmp_path)) == {
        "02": ({"throttle": ["c"]}, {}),
        "29": ({"throttle": ["a"]}, {}),
        "31": ({"throttle": ["b"]}, {}),
    }


def test_whom_bounds_keep_out_is_named(tmp_path: Path) -> None:
    seen = [Seen("a"), Seen("b"), Seen("c"), Seen("d"), Seen("e", "review", "C2", "N2")]
    rules = policy(
        tmp_path,
        line(),
        line("review", level="review", effect="label"),
        protect={"accounts": ["b"]},
        limits={"per_day": 1},
    )
    people = People(organisation_of={}, permits=({"holder": "a"},))
    said = {"c": Judgement("c", "innocent", "Bo", NOW - 9 * DAY)}
    found = told(tmp_path, seen, rules, people=people, kinds={"N2": "relay"}, **said)
    reasons = {"permit": ["a"], "protected": ["b"], "innocent": ["c"], "customer": ["e"]}
    assert found == {"30": ({"throttle": ["d"]}, reasons)}


def test_what_a_cap_puts_off_happens_later(tmp_path: Path) -> None:
    seen = [Seen(name) for name in "abc"]
    found = told(tmp_path, seen, policy(tmp_path, limits={"per_day": 2}))
    assert {day: effects for day, (effects, _) in found.items()} == {
        "30": {"throttle": ["a", "b"]},
        "31": {"throttle": ["c"]},
    }
    assert found["30"][1] == {"cap": ["c"]}


def test_hold_outs_are_told(tmp_path: Path) -> None:
    seen = [Seen(f"a{n:03}") for n in range(100)]
    ((effects, kept_out),) = told(tmp_path, seen, policy(tmp_path, hold_out={"share": 0.5})).values()
    assert len(effects["throttle"]) + len(kept_out["hold_out"]) == 100
    assert 30 < len(kept_out["hold_out"]) < 70


def test_it_stops_where_the_policy_would_have_stopped(tmp_path: Path) -> None:
    early = [Seen(f"a{n}", found=NOW - 9 * DAY) for n in range(3)]
    late = [Seen(f"b{n}", found=NOW - 2 * DAY) for n in range(8)]
    run = written(tmp_path / "run", [*early, *late])
    rules = policy(tmp_path, limits={"share_of_accounts": 0.1, "all_accounts": 100})
    found = dry_run(run, rules, NOBODY, {})
    assert [len(one.effects["throttle"]) for one in found.days.values()] == [3]
    assert found.refusal is not None
    assert found.refusal.startswith("on 2026-05-30: the policy would put 11 of 100 accounts")


def test_a_run_without_networks_has_nothing_to_tell(tmp_path: Path) -> None:
    found = dry_run(written(tmp_path / "run", []), policy(tmp_path), NOBODY, {})
    assert (found.until, dict(found.days), found.refusal) == (None, {}, None)


def test_names_that_fit_nothing_are_told(tmp_path: Path) -> None:
    rules = policy(tmp_path, line(subjects=["C1", "C7"]), protect={"accounts": ["typo"]})
    found = dry_run(written(tmp_path / "run", [Seen("a")]), rules, NOBODY, {})
    assert [one.split("`")[3] for one in found.warnings] == ["typo", "C7"]


def test_what_must_be_known_is_asked_for(tmp_path: Path) -> None:
    inputs = [{"feeds": "permits", "source": "permits.csv", "rows_used": 2}]
    found = dry_run(written(tmp_path / "run", [Seen("a")], inputs=inputs), policy(tmp_path), People(), {})
    assert found.refusal is not None
    assert "--permits" in found.refusal
