"""What is decided stays within its bounds, lasts while its ground does, and is undone when that is gone."""

from __future__ import annotations

from pathlib import Path

from stillwatch.ledger import Judgement, opened
from stillwatch.ledger.ledger import Ledger
from stillwatch.respond import People, decide
from tests.respond.epochs import HOUR, NOBODY, Epochs, accounts_of
from tests.respond.policies import line, policy
from tests.respond.runs import DAY, NOW, Seen, many, written


class TestBounds:
    def test_a_policy_that_would_hit_a_tenth_does_nothing(self, tmp_path: Path, ledger: Ledger) -> None:
        rules = policy(tmp_path, limits={"share_of_accounts": 0.05, "all_accounts": 1_000, "per_hour": 5})
        summary = Epochs(tmp_path, ledger, rules).next(many(100))
        assert summary.refusal is not None
        assert "100 of 1,000 accounts" in summary.refusal
        assert "(10.0 %)" in summary.refusal
        assert ledger.decisions.list() == ()

    def test_the_share_counts_who_is_hit_already(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path, limits={"share_of_accounts": 0.05, "all_accounts": 1_000}))
        assert epochs.next(many(30)).refusal is None
        assert epochs.next(many(50), NOW + HOUR).refusal is None
        refused = epochs.next(many(51), NOW + 2 * HOUR)
        assert refused.refusal is not None
        assert len(ledger.decisions.active(NOW)) == 50

    def test_an_hour_and_a_day_hold_only_so_many(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path, limits={"per_hour": 4, "per_day": 9}))
        counts = [len(epochs.next(many(20), NOW + hours * HOUR).decided) for hours in (0, 0.5, 1, 2, 3, 24, 25)]
        assert counts == [4, 0, 4, 1, 0, 4, 4]

    def test_a_finding_that_wavers_takes_room_once(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(
            tmp_path, ledger, policy(tmp_path, limits={"per_hour": 5, "per_day": 5, "second_person_above": 3})
        )
        names = [f"w{number}" for number in range(3)]
        wavering, fallen = ([Seen(name, level) for name in names] for level in ("act", "review"))
        for hour in range(0, 6, 2):
            assert len(epochs.next(wavering, NOW + hour * HOUR).decided) == 3
            assert len(epochs.next(fallen, NOW + (hour + 1) * HOUR).reversed) == 3
        others = [Seen(f"z{number}", campaign="C2", network="N2") for number in range(3)]
        last = epochs.next([*wavering, *others], NOW + 6 * HOUR)
        assert accounts_of(last) == ["w0", "w1", "w2", "z0", "z1"]
        assert last.kept_out == {"cap": ("z2",)}
        assert not any(one.needs_approval for one in last.decided)

    def test_the_strongest_findings_come_first(self, tmp_path: Path, ledger: Ledger) -> None:
        rules = policy(tmp_path, line(), line("label", level="review", effect="label"), limits={"per_hour": 2})
        seen = [Seen("a", "review"), Seen("b"), Seen("c", "review"), Seen("d")]
        summary = Epochs(tmp_path, ledger, rules).next(seen)
        assert accounts_of(summary) == ["b", "d"]
        assert summary.kept_out == {"cap": ("a", "c")}

    def test_campaigns_take_turns_so_that_none_keeps_the_others_out(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path, limits={"per_hour": 4, "per_day": 8}))
        decoys = [Seen(f"d{number:02}") for number in range(50)]
        others = [Seen(f"z{number}", campaign="C2", network="N2") for number in range(5)]
        assert accounts_of(epochs.next([*decoys, *others])) == ["d00", "d01", "z0", "z1"]
        # a campaign that comes later has not had its turns of the day
        late = [Seen(f"y{number}", campaign="C3", network="N3") for number in range(3)]
        second = epochs.next([*decoys, *others, *late], NOW + HOUR)
        assert accounts_of(second) == ["d02", "y0", "y1", "y2"]

    def test_no_turn_goes_before_a_level(self, tmp_path: Path, ledger: Ledger) -> None:
        rules = policy(tmp_path, line(), line("label", level="review", effect="label"), limits={"per_hour": 3})
        seen = [*many(3), Seen("z", "review", campaign="C2", network="N2")]
        assert "z" not in accounts_of(Epochs(tmp_path, ledger, rules).next(seen))

    def test_above_a_size_a_second_person_is_asked(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path, limits={"second_person_above": 5}))
        assert not any(one.needs_approval for one in epochs.next(many(5)).decided)
        assert all(one.needs_approval for one in epochs.next(many(6), NOW + HOUR).decided)
        other = [Seen("z", campaign="C2", network="N2")]
        assert not any(one.needs_approval for one in epochs.next([*many(6), *other], NOW + 2 * HOUR).decided)

    def test_all_of_a_large_step_wait(self, tmp_path: Path, ledger: Ledger) -> None:
        summary = Epochs(tmp_path, ledger, policy(tmp_path, limits={"second_person_above": 5})).next(many(6))
        assert [one.needs_approval for one in summary.decided] == [True] * 6
        assert ledger.decisions.active(NOW) == ()

    def test_a_suspension_always_waits(self, tmp_path: Path, ledger: Ledger) -> None:
        summary = Epochs(tmp_path, ledger, policy(tmp_path, line(effect="suspend"))).next(many(1))
        assert [one.needs_approval for one in summary.decided] == [True]

    def test_hold_outs_are_decided_on_and_left_alone(self, tmp_path: Path, ledger: Ledger) -> None:
        rules = policy(tmp_path, hold_out={"share": 0.3}, limits={"per_hour": 200})
        summary = Epochs(tmp_path, ledger, rules).next(many(200))
        held = {one.account_id for one in summary.decided if one.held_out}
        assert 35 <= len(held) <= 85
        assert set(summary.kept_out["hold_out"]) == held
        assert held.isdisjoint(one.account_id for one in ledger.decisions.active(NOW))
        with opened(tmp_path / "other") as other:
            again = Epochs(tmp_path / "again", other, rules).next(many(200), NOW + 40 * HOUR)
        assert {one.account_id for one in again.decided if one.held_out} == held


class TestOverEpochs:
    def test_an_account_keeps_its_decision(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path))
        first = epochs.next(many(3))
        for hour in range(1, 60, 6):
            later = epochs.next(many(3), NOW + hour * HOUR)
            assert (later.decided, later.renewed, later.reversed, later.kept) == ((), (), (), 3)
        assert {one.decision for one in ledger.decisions.list()} == set(first.decided)

    def test_the_same_run_twice_adds_nothing(self, tmp_path: Path, ledger: Ledger) -> None:
        run = written(tmp_path / "run", many(3))
        decide(run, ledger, policy(tmp_path), None, NOBODY, NOW)
        before = ledger.decisions.list()
        decide(run, ledger, policy(tmp_path), None, NOBODY, NOW + HOUR)
        assert ledger.decisions.list() == before

    def test_a_renewal_follows_without_a_gap_and_names_what_it_renews(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path))
        (first,) = epochs.next(many(1)).decided
        late = first.expires_at - DAY
        (second,) = epochs.next(many(1), late, newest=late).renewed
        assert (second.renews, second.since) == (first.decision_id, first.expires_at)
        assert second.expires_at == first.expires_at + 7 * DAY
        assert second.appeal != first.appeal
        assert epochs.next(many(1), late + HOUR, newest=late).renewed == ()
        for moment in (first.expires_at - HOUR, first.expires_at, first.expires_at + HOUR):
            acting = [one for one in ledger.decisions.active(moment) if one.since <= moment]
            assert len(acting) == 1

    def test_what_falls_in_level_is_reversed_with_the_reason(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path))
        epochs.next([Seen("a"), Seen("b"), Seen("c")])
        summary = epochs.next([Seen("a", "review"), Seen("c")], NOW + HOUR)
        assert sorted(reason for _, reason in summary.reversed) == [
            "run 000002 finds the account in no network",
            "the account's level fell from `act` to `review` in run 000002",
        ]
        assert [one.account_id for one in ledger.decisions.active(NOW)] == ["c"]

    def test_a_judgement_a_permit_and_a_protection_reverse(self, tmp_path: Path, ledger: Ledger) -> None:
        rules = policy(tmp_path)
        epochs = Epochs(tmp_path, ledger, rules)
        epochs.next([Seen("a"), Seen("b"), Seen("c"), Seen("d")])
        ledger.judgements.add(Judgement("a", "innocent", "Bo", NOW))
        epochs.people = People(organisation_of={}, permits=({"holder": "b"},))
        epochs.rules = policy(tmp_path, protect={"accounts": ["c"]})
        summary = epochs.next([Seen("a"), Seen("b"), Seen("c"), Seen("d")], NOW + HOUR)
        assert len(summary.reversed) == 3
        assert [one.account_id for one in ledger.decisions.active(NOW)] == ["d"]

    def test_reversals_are_made_even_where_the_policy_goes_too_far(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path, limits={"share_of_accounts": 0.01, "all_accounts": 1_000}))
        epochs.next(many(3))
        ledger.judgements.add(Judgement("a000", "innocent", "Bo", NOW))
        summary = epochs.next(many(300), NOW + HOUR)
        assert summary.refusal is not None
        assert len(ledger.decisions.active(NOW)) == 2

    def test_what_a_person_reversed_does_not_come_back(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path))
        (first,) = epochs.next(many(1)).decided
        ledger.decisions.reverse(first.decision_id, "Bo", NOW, "looks like a class")
        later = epochs.next(many(1), NOW + HOUR)
        assert later.decided == ()
        assert later.kept_out == {"person": ("a000",)}
        month = NOW + 31 * DAY
        assert len(epochs.next(many(1), month, newest=month).decided) == 1

    def test_what_a_person_refused_does_not_come_back(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path, line(approval="always")))
        (first,) = epochs.next(many(1)).decided
        ledger.decisions.refuse(first.decision_id, "Bo", NOW, "a class")
        assert epochs.next(many(1), NOW + HOUR).kept_out == {"person": ("a000",)}

    def test_reversing_one_reverses_its_renewal(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path))
        (first,) = epochs.next(many(1)).decided
        late = first.expires_at - HOUR
        epochs.next(many(1), late, newest=late)
        ledger.decisions.reverse(first.decision_id, "Bo", late, "wrong")
        assert ledger.decisions.active(late) == ()

    def test_a_harder_line_adds_and_a_milder_one_reverses(self, tmp_path: Path, ledger: Ledger) -> None:
        rules = policy(tmp_path, line(), line("label", level="review", effect="label"))
        epochs = Epochs(tmp_path, ledger, rules)
        epochs.next([Seen("a", "review")])
        assert [one.effect for one in epochs.next([Seen("a")], NOW + HOUR).decided] == ["throttle"]
        assert sorted(one.effect for one in ledger.decisions.active(NOW)) == ["label", "throttle"]
        summary = epochs.next([Seen("a", "review")], NOW + 2 * HOUR)
        assert len(summary.reversed) == 1
        assert [one.effect for one in ledger.decisions.active(NOW)] == ["label"]

    def test_who_wavers_does_not_begin_to_wait_anew(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path))
        (first,) = epochs.next([Seen("a")]).decided
        epochs.next([Seen("a", "review")], NOW + HOUR)
        (again,) = epochs.next([Seen("a")], NOW + 2 * HOUR).decided
        assert again.since == first.since
        epochs.next([Seen("a", "review")], first.since + HOUR, newest=first.since)
        (late,) = epochs.next([Seen("a")], first.since + 2 * HOUR, newest=first.since).decided
        assert late.since == first.since + 2 * HOUR

    def test_a_run_folder_that_is_replaced_is_decided_on_anew(self, tmp_path: Path, ledger: Ledger) -> None:
        for number, (level, decided) in enumerate((("act", 1), ("watch", 0), ("act", 1), ("act", 0))):
            run = written(tmp_path / "latest", [Seen("a", level)])
            done = decide(run, ledger, policy(tmp_path), None, NOBODY, NOW + number * HOUR)
            assert len(done.decided) == decided
        assert len(ledger.decisions.active(NOW)) == 1

    def test_what_comes_back_after_it_was_gone_is_decided_anew(self, tmp_path: Path, ledger: Ledger) -> None:
        epochs = Epochs(tmp_path, ledger, policy(tmp_path))
        epochs.next(many(1))
        epochs.next([Seen("a000", "watch")], NOW + HOUR)
        assert len(epochs.next(many(1), NOW + 2 * HOUR).decided) == 1
