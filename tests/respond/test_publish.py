"""The snapshot says of each account what run, joins and ledger say together, and never accuses who is innocent."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from stillwatch.ledger import Judgement, opened
from stillwatch.respond import decide, publish
from stillwatch.respond.people import People
from stillwatch.verdicts import Reader, drop
from tests.respond.policies import policy
from tests.respond.runs import DAY, NOW, Seen, written

NOBODY = People(permits=())


def test_levels_networks_and_effects(tmp_path: Path) -> None:
    run = written(tmp_path / "run", [Seen("a"), Seen("b", "review"), Seen("c", None)])
    row = {"account_id": "j", "network_id": "N1", "campaign_id": "C1", "level": "act", "bits": 9.0, "linked_at": NOW}
    joins = pa.Table.from_pylist([row])
    with opened(tmp_path) as ledger:
        done = decide(run, ledger, policy(tmp_path), joins, NOBODY, NOW)
        publish(run, ledger, joins, tmp_path / "verdicts", NOW)
    reader = Reader(tmp_path / "verdicts")
    found = {name: reader.find(name, NOW) for name in "abcjz"}
    assert found.pop("z") is None
    assert {name: (one.level, one.network_id, one.campaign_id) for name, one in found.items() if one} == {
        "a": ("act", "N1", "C1"),
        "b": ("review", "N1", "C1"),
        "c": (None, "N1", None),
        "j": ("act", "N1", "C1"),
    }
    assert {one.account_id for one in done.decided} == {"a", "j"}
    (mine,) = [one for one in done.decided if one.account_id == "a"]
    for moment, expected in ((mine.since - timedelta(minutes=1), 0), (mine.since, 1), (mine.expires_at, 0)):
        verdict = reader.find("a", moment)
        assert verdict is not None
        assert len(verdict.effects) == expected
    verdict = reader.find("a", mine.since)
    assert verdict is not None
    assert (verdict.effects[0].appeal, verdict.effects[0].message) == (mine.appeal, mine.holder_text)


def test_a_reversal_and_a_judgement_end_the_effect(tmp_path: Path) -> None:
    run = written(tmp_path / "run", [Seen("a"), Seen("b"), Seen("c")])
    with opened(tmp_path) as ledger:
        done = decide(run, ledger, policy(tmp_path), None, NOBODY, NOW)
        ids = {one.account_id: one.decision_id for one in done.decided}
        ledger.decisions.reverse(ids["a"], "Bo", NOW, "wrong")
        ledger.judgements.add(Judgement("b", "innocent", "Bo", NOW))
        publish(run, ledger, None, tmp_path / "verdicts", NOW)
    reader = Reader(tmp_path / "verdicts")
    for name, level, effects in (("a", "act", 0), ("b", None, 0), ("c", "act", 1)):
        verdict = reader.find(name, NOW + 3 * DAY)
        assert verdict is not None
        assert (verdict.level, len(verdict.effects)) == (level, effects), name
    drop(tmp_path / "verdicts", [ids["c"]])
    reader.refresh()
    verdict = reader.find("c", NOW + 3 * DAY)
    assert verdict is not None
    assert verdict.effects == ()


def test_a_word_on_a_network_after_the_run_spares_its_accounts(tmp_path: Path) -> None:
    run = written(tmp_path / "run", [Seen("a"), Seen("b", campaign="C2", network="N2")])
    with opened(tmp_path) as ledger:
        decide(run, ledger, policy(tmp_path), None, NOBODY, NOW)
        ledger.judgements.add(Judgement("N2", "innocent", "Bo", NOW))
        publish(run, ledger, None, tmp_path / "verdicts", NOW)
    reader = Reader(tmp_path / "verdicts")
    found = [reader.find(name, NOW + 3 * DAY) for name in "ab"]
    assert [(one.level, len(one.effects)) for one in found if one] == [("act", 1), (None, 0)]


def test_what_waits_or_is_held_out_has_no_effect(tmp_path: Path) -> None:
    run = written(tmp_path / "run", [Seen("a"), Seen("b")])
    rules = policy(tmp_path, limits={"second_person_above": 0})
    with opened(tmp_path) as ledger:
        done = decide(run, ledger, rules, None, NOBODY, NOW)
        ledger.decisions.approve(done.decided[0].decision_id, "Bo", NOW)
        publish(run, ledger, None, tmp_path / "verdicts", NOW)
    reader = Reader(tmp_path / "verdicts")
    found = [reader.find(one.account_id, NOW + 3 * DAY) for one in done.decided]
    assert [len(one.effects) for one in found if one] == [1, 0]


def test_an_account_that_the_run_has_lost_keeps_its_effect_until_the_next_decision(tmp_path: Path) -> None:
    first, second = written(tmp_path / "1", [Seen("a")]), written(tmp_path / "2", [Seen("b")])
    with opened(tmp_path) as ledger:
        decide(first, ledger, policy(tmp_path), None, NOBODY, NOW)
        publish(second, ledger, None, tmp_path / "verdicts", NOW)
    verdict = Reader(tmp_path / "verdicts").find("a", NOW + 3 * DAY)
    assert verdict is not None
    assert (verdict.level, len(verdict.effects)) == (None, 1)
