"""An appeal is heard once, by a person who had no part in the decision, and ends what it overturns."""

from __future__ import annotations

import pytest

from stillwatch.errors import UsageError
from stillwatch.ledger.appeals import MOST_OPEN
from stillwatch.ledger.ledger import Ledger
from stillwatch.ledger.records import LONGEST_TEXT
from stillwatch.records.subjects import account_of, of_account
from tests.ledger.made import DAY, NOW, decision


class TestReceiving:
    def test_keeps_what_the_holder_wrote(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision()])
        appeal = ledger.appeals.receive("d1", "It is a class.\r\nAsk Dr. Ω.", NOW, "a@b.example")
        assert (appeal.text, appeal.contact, appeal.status) == ("It is a class.\nAsk Dr. Ω.", "a@b.example", "received")
        assert ledger.appeals.find(appeal.appeal_id) == appeal

    def test_counts_the_same_words_once(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision()])
        first = ledger.appeals.receive("d1", "No.", NOW)
        assert ledger.appeals.receive("d1", " No. ", NOW + DAY) == first
        assert len(ledger.appeals.list()) == 1

    def test_takes_hostile_text_without_what_hides(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision()])
        appeal = ledger.appeals.receive("d1", "\0\x1b[31m\ud800<script>\u202e" + "x" * 100_000, NOW, "\0" * 9)
        assert appeal.text.startswith("[31m <script> xxx")
        assert len(appeal.text) <= LONGEST_TEXT
        assert appeal.contact is None

    @pytest.mark.parametrize(("decision_id", "text"), [("d1", " \0 "), ("d2", "No."), ("\ud800", "No."), ("\0", "No.")])
    def test_refuses_what_says_nothing_or_is_about_nothing(self, ledger: Ledger, decision_id: str, text: str) -> None:
        ledger.decisions.add([decision()])
        with pytest.raises(UsageError):
            ledger.appeals.receive(decision_id, text, NOW)
        assert ledger.appeals.list() == ()

    def test_is_bounded_for_each_decision(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision("1"), decision("2")])
        for number in range(MOST_OPEN):
            ledger.appeals.receive("d1", f"No {number}", NOW)
        with pytest.raises(UsageError, match="wait for the answer"):
            ledger.appeals.receive("d1", "Once more", NOW)
        ledger.appeals.receive("d2", "Another holder", NOW)
        assert len(ledger.appeals.list()) == MOST_OPEN + 1


class TestWaiting:
    def test_neither_a_holder_nor_a_campaign_hides_another(self, ledger: Ledger) -> None:
        flood = [decision(f"f{number}", subject="C1") for number in range(30)]
        ledger.decisions.add([*flood, decision("in", subject="C1"), decision("out", subject="C2")])
        for number in range(30):
            for again in range(4):
                ledger.appeals.receive(f"df{number}", f"No {again}", NOW)
        ledger.appeals.receive("dout", "I am another", NOW + DAY)
        ledger.appeals.receive("din", "So am I", NOW + DAY)
        found = [one.decision_id for one, _ in ledger.appeals.waiting()]
        assert len(found) == 122
        assert found.index("dout") == 1, "another campaign's first is of the first turn"
        assert found.index("din") == 31, "every account's first comes before anybody's second"

    def test_is_by_age_where_nobody_writes_twice(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision(str(number), subject=f"C{number}") for number in range(9)])
        for number in (4, 2, 8, 1):
            ledger.appeals.receive(f"d{number}", "No", NOW + number * DAY)
        settled = ledger.appeals.receive("d3", "No", NOW)
        ledger.appeals.decide(settled.appeal_id, "upheld", "Bo", NOW + DAY, "looked at")
        assert [(one.decision_id, turn) for one, turn in ledger.appeals.waiting()] == [
            ("d1", 0),
            ("d2", 0),
            ("d4", 0),
            ("d8", 0),
        ]


class TestDeciding:
    def test_overturned_grants_what_else_the_holder_waits_for(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision("1"), decision("2", account_id="account-1"), decision("3")])
        first, _, _, other = (
            ledger.appeals.receive(against, text, NOW)
            for against, text in (("d1", "No."), ("d1", "And no."), ("d2", "No."), ("d3", "No."))
        )
        ledger.appeals.decide(first.appeal_id, "overturned", "Bo", NOW + DAY, "a class")
        assert {one.status for one in ledger.appeals.list() if one != other} == {"overturned"}
        assert [one.appeal_id for one, _ in ledger.appeals.waiting()] == [other.appeal_id]
        ledger.check()

    def test_upheld_leaves_the_others_waiting(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision("1")])
        first, second = (ledger.appeals.receive("d1", text, NOW) for text in ("No.", "And no."))
        ledger.appeals.decide(first.appeal_id, "upheld", "Bo", NOW + DAY, "the evidence stands")
        assert [one.appeal_id for one, _ in ledger.appeals.waiting()] == [second.appeal_id]

    def test_overturned_reverses_and_clears_the_account(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision("1"), decision("2", account_id="account-1"), decision("3")])
        appeal = ledger.appeals.receive("d1", "No.", NOW)
        ledger.appeals.decide(appeal.appeal_id, "overturned", "Bo", NOW + DAY, "a class")
        assert [one.decision_id for one in ledger.decisions.active(NOW + DAY)] == ["d3"]
        assert ledger.judgements.latest()["account-1"].verdict == "innocent"
        assert [one.status for one in ledger.appeals.list()] == ["overturned"]
        assert ledger.appeals.waiting() == ()

    @pytest.mark.parametrize("account", ["N0123456789ab", "C0123456789ab", "screening:x", "reentry:x", "account:x"])
    def test_overturned_clears_nothing_that_has_the_accounts_name(self, ledger: Ledger, account: str) -> None:
        ledger.decisions.add([decision("1", account_id=account)])
        appeal = ledger.appeals.receive("d1", "No.", NOW)
        ledger.appeals.decide(appeal.appeal_id, "overturned", "Bo", NOW + DAY, "a class")
        (subject,) = ledger.judgements.latest()
        assert subject != account
        assert (subject, account_of(subject)) == (of_account(account), account)

    def test_upheld_changes_nothing_else(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision()])
        appeal = ledger.appeals.receive("d1", "No.", NOW)
        ledger.appeals.decide(appeal.appeal_id, "upheld", "Bo", NOW, "seen again")
        assert len(ledger.decisions.active(NOW)) == 1
        assert ledger.judgements.latest() == {}

    def test_is_not_for_who_made_approved_or_reversed_it(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision(needs_approval=True, made_by="Ann")])
        ledger.decisions.approve("d1", "Bo", NOW)
        appeal = ledger.appeals.receive("d1", "No.", NOW)
        for person in ("ann", "BO", " b o", "Ｂｏ"):
            with pytest.raises(UsageError, match="let another person decide"):
                ledger.appeals.decide(appeal.appeal_id, "upheld", person, NOW, "seen")
            with pytest.raises(UsageError, match="let another person decide"):
                ledger.appeals.assign(appeal.appeal_id, person, "Dee", NOW)
        assert ledger.appeals.assign(appeal.appeal_id, "Cy", "Dee", NOW).assignee == "Cy"
        assert [one.status for one, _ in ledger.appeals.waiting()] == ["assigned"]
        ledger.appeals.decide(appeal.appeal_id, "upheld", "Cy", NOW, "seen")

    def test_happens_once(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision()])
        appeal = ledger.appeals.receive("d1", "No.", NOW)
        ledger.appeals.decide(appeal.appeal_id, "upheld", "Bo", NOW, "seen")
        with pytest.raises(UsageError, match="settled already"):
            ledger.appeals.decide(appeal.appeal_id, "overturned", "Cy", NOW, "other")
        assert len(ledger.decisions.active(NOW)) == 1

    def test_of_an_expired_decision_still_clears_the_account(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision()])
        appeal = ledger.appeals.receive("d1", "No.", NOW)
        ledger.appeals.decide(appeal.appeal_id, "overturned", "Bo", NOW + 30 * DAY, "a class")
        assert ledger.judgements.latest()["account-1"].verdict == "innocent"

    def test_needs_a_known_appeal_outcome_and_reason(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision()])
        appeal = ledger.appeals.receive("d1", "No.", NOW)
        with pytest.raises(UsageError, match="is not in the ledger"):
            ledger.appeals.decide("a9", "upheld", "Bo", NOW, "seen")
        with pytest.raises(UsageError, match="`--reason`: is empty"):
            ledger.appeals.decide(appeal.appeal_id, "upheld", "Bo", NOW, "")
        with pytest.raises(UsageError, match="is no outcome"):
            ledger.appeals.decide(appeal.appeal_id, "granted", "Bo", NOW, "seen")  # type: ignore[arg-type]
