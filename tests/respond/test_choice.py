"""An effect reaches whom its line names, and never a customer of a relay, a permit's holder or an innocent."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from stillwatch.ledger import Judgement
from stillwatch.ledger.ledger import Ledger
from stillwatch.records.subjects import of_account
from stillwatch.respond import People, Policy, Summary
from tests.respond.epochs import HOUR, Epochs, accounts_of
from tests.respond.policies import line, policy
from tests.respond.runs import DAY, NOW, Seen, many

NETWORK, CAMPAIGN = "N0123456789ab", "C0123456789ab"


class TestWhoIsHit:
    def test_nobody_by_default(self, tmp_path: Path, ledger: Ledger) -> None:
        summary = Epochs(tmp_path, ledger, Policy()).next(many(30))
        assert summary == Summary("000001", NOW)
        assert ledger.decisions.list() == ()

    def test_accounts_at_the_level_of_the_line(self, tmp_path: Path, ledger: Ledger) -> None:
        seen = [Seen("a"), Seen("b", "review"), Seen("c", "watch"), Seen("d", None)]
        summary = Epochs(tmp_path, ledger, policy(tmp_path)).next(seen)
        assert accounts_of(summary) == ["a"]

    def test_the_first_line_that_fits_counts(self, tmp_path: Path, ledger: Ledger) -> None:
        rules = policy(
            tmp_path,
            line("ring", effect="suspend", approval="above", network_kinds=["fraud_ring"]),
            line("one", effect="limit_models", subjects=["C2"]),
            line("rest"),
        )
        seen = [Seen("a"), Seen("b", campaign="C2", network="N2"), Seen("c", campaign="C3", network="N3")]
        summary = Epochs(tmp_path, ledger, rules).next(seen, kinds={"N2": "relay", "N3": "relay"})
        assert {one.account_id: one.effect for one in summary.decided} == {
            "a": "suspend",
            "b": "limit_models",
            "c": "throttle",
        }

    @pytest.mark.parametrize("kind", ["relay", "reseller", "shared_access", "enterprise", "unknown"])
    def test_no_customer_of_a_relay_below_its_own_act(self, tmp_path: Path, ledger: Ledger, kind: str) -> None:
        rules = policy(
            tmp_path,
            line("act"),
            line("review", level="review", effect="challenge"),
            line("watch", level="watch", effect="label"),
            {"name": "rest", "kind": "network", "effect": "observe", "lasts": "1d", "reason_code": "x"},
        )
        seen = [Seen("a"), Seen("b", "review"), Seen("c", "watch"), Seen("d", None)]
        summary = Epochs(tmp_path, ledger, rules).next(seen, kinds={"N1": kind})
        assert {one.account_id: one.effect for one in summary.decided} == {"a": "throttle", "d": "observe"}
        assert summary.kept_out == {"customer": ("b", "c")}

    def test_nobody_under_a_permit(self, tmp_path: Path, ledger: Ledger) -> None:
        """A permit counts for its account, for its organisation's accounts under contract, and for a network."""
        table = pa.Table.from_pylist(
            [
                {"account_id": "b", "organisation_id": "o1", "verification": "contract"},
                {"account_id": "c", "organisation_id": "o1", "verification": "email"},
                {"account_id": "d", "organisation_id": "o2", "verification": "email"},
            ]
        )
        permits = [
            {"holder": "a", "valid_from": None, "valid_until": None},
            {"holder": "o1", "valid_from": NOW - DAY, "valid_until": NOW + DAY},
            {"holder": "o2", "valid_from": NOW - 2 * DAY, "valid_until": NOW},
            {"holder": "N2", "valid_from": None, "valid_until": NOW + DAY},
        ]
        people = People.of(table, pa.Table.from_pylist(permits))
        seen = [Seen("a"), Seen("b"), Seen("c"), Seen("d"), Seen("e", campaign="C2", network="N2")]
        summary = Epochs(tmp_path, ledger, policy(tmp_path), people).next(seen)
        assert accounts_of(summary) == ["c", "d"]
        assert summary.kept_out == {"permit": ("a", "b", "e")}

    def test_nobody_who_is_protected(self, tmp_path: Path, ledger: Ledger) -> None:
        people = People(organisation_of={"b": "o1"}, permits=())
        (tmp_path / "vip.txt").write_text("d\n\n")
        protect = {
            "accounts": ["a", "typo"],
            "accounts_file": tmp_path / "vip.txt",
            "organisations": ["o1", "o9"],
            "subjects": ["N2"],
        }
        seen = [Seen("a"), Seen("b"), Seen("c", campaign="C2", network="N2"), Seen("d"), Seen("e")]
        summary = Epochs(tmp_path, ledger, policy(tmp_path, protect=protect), people).next(seen)
        assert accounts_of(summary) == ["e"]
        assert summary.kept_out == {"protected": ("a", "b", "c", "d")}
        assert [one.split("`")[3] for one in summary.warnings] == ["typo", "o9"]

    @pytest.mark.parametrize("subject", ["a000", "C1", "N1"])
    def test_nobody_who_was_judged_innocent(self, tmp_path: Path, ledger: Ledger, subject: str) -> None:
        ledger.judgements.add(Judgement(subject, "confirmed", "Bo", NOW - DAY))
        ledger.judgements.add(Judgement(subject, "innocent", "Bo", NOW))
        summary = Epochs(tmp_path, ledger, policy(tmp_path)).next(many(1))
        assert summary.decided == ()
        assert summary.kept_out == {"innocent": ("a000",)}

    def test_an_account_answers_for_nothing_else_with_its_name(self, tmp_path: Path, ledger: Ledger) -> None:
        """Accounts choose ids of networks and organisations of others: no judgement, permit or protection is theirs."""
        people = People(
            organisation_of={"a": "b", "c": NETWORK, "d": "kept", "f": "vip"}, permits=({"holder": NETWORK},)
        )
        ledger.judgements.add(Judgement(of_account(CAMPAIGN), "innocent", "Bo", NOW))
        ledger.judgements.add(Judgement("b", "innocent", "Bo", NOW))
        protect = {"accounts": ["kept", NETWORK], "organisations": ["e", "vip"]}
        mine = {"campaign": CAMPAIGN, "network": "N2"}
        seen = [*(Seen(one, **mine) for one in "acde"), Seen("b"), Seen("f"), Seen("g", campaign="C3", network=NETWORK)]
        seen += [Seen(CAMPAIGN), Seen("N2", **mine)]
        summary = Epochs(tmp_path, ledger, policy(tmp_path, protect=protect), people).next(seen)
        assert accounts_of(summary) == sorted(["N2", *"acde"])
        assert summary.kept_out == {"innocent": (CAMPAIGN, "b"), "protected": ("f",), "permit": ("g",)}

    def test_an_account_named_as_a_network_does_not_make_an_old_word_on_it_hold(
        self, tmp_path: Path, ledger: Ledger
    ) -> None:
        ledger.judgements.add(Judgement(NETWORK, "innocent", "Bo", NOW - DAY))
        stated = {"source": "judgement", "subject": NETWORK, "verdict": "innocent", "accounts": 0, "through": []}
        judged = [{**stated, "decided_at": (NOW - DAY).replace(tzinfo=None), "applies_to": None}]
        seen = [Seen(NETWORK, network=NETWORK), Seen("a", network=NETWORK)]
        summary = Epochs(tmp_path, ledger, policy(tmp_path)).next(seen, judged=judged)
        assert accounts_of(summary) == [NETWORK, "a"]

    def test_an_earlier_word_on_a_network_is_as_the_run_took_it(self, tmp_path: Path, ledger: Ledger) -> None:
        """The run knows for whom a word on a network still holds; one that came after the run holds for all."""
        ledger.judgements.add(Judgement("N1", "innocent", "Bo", NOW - DAY))
        stated = {"source": "judgement", "subject": "N1", "verdict": "innocent", "accounts": 0, "through": []}
        judged = [{**stated, "decided_at": (NOW - DAY).replace(tzinfo=None), "applies_to": None}]
        epochs = Epochs(tmp_path, ledger, policy(tmp_path))
        assert accounts_of(epochs.next([Seen("a")], judged=judged)) == ["a"]
        ledger.judgements.add(Judgement("N1", "innocent", "Bo", NOW))
        assert len(epochs.next([Seen("a")], NOW + HOUR, judged=judged).reversed) == 1

    @pytest.mark.parametrize("account", ["a\0b", " ", "\u00a0\t"])
    def test_an_id_that_nothing_can_store_stops_nobody_else(self, tmp_path: Path, ledger: Ledger, account: str) -> None:
        summary = Epochs(tmp_path, ledger, policy(tmp_path)).next([Seen(account), Seen("c")])
        assert accounts_of(summary) == ["c"]
        assert summary.kept_out == {"id": (account,)}

    @pytest.mark.parametrize("account", ["\u200b", "\u202e", "\n.", "N1", "C1", "x" * 100_000])
    def test_an_odd_id_is_decided_on(self, tmp_path: Path, ledger: Ledger, account: str) -> None:
        summary = Epochs(tmp_path, ledger, policy(tmp_path)).next([Seen(account), Seen("c")])
        assert accounts_of(summary) == sorted([account, "c"])

    def test_who_joined_since_with_a_level_of_its_own(self, tmp_path: Path, ledger: Ledger) -> None:
        rows = [("j1", "N1", "C1", "act"), ("j2", "N1", None, None), ("j3", "N9", None, None)]
        joins = pa.Table.from_pylist(
            [
                {"account_id": one, "network_id": n, "campaign_id": c, "level": level, "bits": 31.0, "linked_at": NOW}
                for one, n, c, level in rows
            ]
        )
        summary = Epochs(tmp_path, ledger, policy(tmp_path)).next([Seen("a")], joins=joins)
        assert accounts_of(summary) == ["a", "j1"]
        joined = next(one for one in summary.decided if one.account_id == "j1")
        assert [one.claim for one in joined.evidence][:2] == ["belongs_to_network", "joined_a_living_network"]
