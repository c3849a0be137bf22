"""Claims exclude others, proposals wait for a second person, and what was said can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stillwatch.errors import UsageError
from stillwatch.ledger import Judged, Judgement
from stillwatch.ledger.ledger import Ledger
from tests.ledger.made import DAY, NOW

HOUR = timedelta(hours=1)


class TestClaims:
    def test_exclude_others_until_they_end(self, ledger: Ledger) -> None:
        ledger.claims.take("C1", "Bo", NOW, HOUR)
        with pytest.raises(UsageError, match="is being worked on by Bo"):
            ledger.claims.take("C1", "Cy", NOW, HOUR)
        ledger.claims.take("C1", "bo", NOW + HOUR / 2, HOUR)
        assert ledger.claims.held(NOW + HOUR)["C1"].until == NOW + 1.5 * HOUR
        ledger.claims.release("C1", "Bo", NOW + HOUR)
        assert ledger.claims.take("C1", "Cy", NOW + HOUR, HOUR).by == "Cy"

    def test_need_a_subject(self, ledger: Ledger) -> None:
        for subject in ("", " ", "a\0b"):
            with pytest.raises(UsageError):
                ledger.claims.take(subject, "Bo", NOW, HOUR)
        ledger.claims.release("a\0b", "Bo", NOW)


class TestProposals:
    def test_wait_until_somebody_answers(self, ledger: Ledger) -> None:
        one = ledger.proposals.add("C1", "confirmed", "Bo", NOW, "seen")
        assert ledger.proposals.waiting() == (one,)
        with pytest.raises(UsageError, match="waits for a second person"):
            ledger.proposals.add("C1", "innocent", "Cy", NOW, "no")
        ledger.judgements.take_back(one.proposal_id, "proposal", "Cy", NOW, "thin")
        assert ledger.proposals.find(one.proposal_id) is None
        ledger.proposals.add("C1", "innocent", "Cy", NOW, "no")

    def test_need_a_verdict_and_a_reason(self, ledger: Ledger) -> None:
        for verdict, reason in (("guilty", "x"), ("confirmed", " ")):
            with pytest.raises(UsageError):
                ledger.proposals.add("C1", verdict, "Bo", NOW, reason)


class TestWithdrawals:
    def test_let_the_judgement_before_count_again(self, ledger: Ledger) -> None:
        first = ledger.judgements.add(Judgement("C1", "innocent", "Bo", NOW, "a class"))
        second = ledger.judgements.add(Judgement("C1", "confirmed", "Cy", NOW + DAY, "seen"))
        ledger.judgements.withdraw(second.judgement_id, "Cy", NOW + 2 * DAY, "wrong")
        assert ledger.judgements.latest() == {"C1": first}
        assert [one.verdict for one in ledger.judgements.every()] == ["confirmed", "innocent"]
        assert ledger.judgements.withdrawals()[second.judgement_id].reason == "wrong"
        with pytest.raises(UsageError, match="was withdrawn before"):
            ledger.judgements.withdraw(second.judgement_id, "Cy", NOW, "again")
        with pytest.raises(UsageError, match="the reason"):
            ledger.judgements.withdraw(first.judgement_id, "Cy", NOW, " ")

    def test_stand_beside_what_the_run_said(self, ledger: Ledger) -> None:
        one = Judged("j1", "7", "act", 3, (("same_address", 2.5), ("repeats", -1.0)))
        ledger.judgements.note_finding(one)
        ledger.judgements.note_finding(one)
        assert ledger.judgements.findings() == {"j1": one}


class TestViews:
    def test_are_their_owners(self, ledger: Ledger) -> None:
        ledger.saved_views.add("Bo", "acts", "/campaigns?level=act", NOW)
        assert [one.address for one in ledger.saved_views.list("Bo")] == ["/campaigns?level=act"]
        assert ledger.saved_views.list("Cy") == ()

    @pytest.mark.parametrize("address", ["", "https://evil.example", "//evil.example", "/\\evil.example", "/a\0"])
    def test_lead_nowhere_else(self, ledger: Ledger, address: str) -> None:
        with pytest.raises(UsageError):
            ledger.saved_views.add("Bo", "x", address, NOW)


def test_bulk_actions_are_one_row_with_their_failures(ledger: Ledger) -> None:
    one = ledger.bulk_actions.add("reverse", "Bo", NOW, "a class", ["d1", "d2"], {"d3": "is refused"})
    assert ledger.bulk_actions.list() == (one,)


def test_notes_are_found_by_their_words(ledger: Ledger) -> None:
    ledger.notes.add("C1", "Bo", NOW, "Asked the Bank, 100% sure")
    for text, found in (("bank", 1), ("100%", 1), ("%", 1), ("_", 0), ("nothing", 0), ("a\0", 0)):
        assert len(ledger.notes.search(text)) == found, text
