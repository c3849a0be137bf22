"""Decisions are undone, seconded and appealed against in the console, and their effects end."""

from __future__ import annotations

from datetime import UTC, datetime

from stillwatch.verdicts import Reader
from tests.console.asked import ENDED, HOLDER, WAITING, Console


class TestDecision:
    def test_is_reversed_with_a_reason_and_its_effect_ends(self, here: Console, account: str) -> None:
        folder = here.state / "verdicts"
        assert Reader(folder).find(account).effects != ()  # type: ignore[union-attr]
        assert here.post(f"/decisions/{HOLDER}/reversal", "analyst", reason=" ").status == 409
        assert here.post(f"/decisions/{HOLDER}/reversal", "analyst", reason="a class").status == 303
        assert Reader(folder).find(account).effects == ()  # type: ignore[union-attr]
        text = here.get(f"/decisions/{HOLDER}").text
        assert "<b>reversed</b> by analyst" in text
        assert "a class" in text

    def test_that_waits_needs_another_person_with_the_role(self, here: Console) -> None:
        path = f"/decisions/{WAITING}/second"
        assert here.post(path, "analyst", answer="approve", reason="x").status == 403
        assert here.post(path, "approver", answer="perhaps", reason="x").status == 409
        assert here.post(path, "approver", answer="approve", reason="checked").status == 303
        assert "<h1>Suspend: in force</h1>" in here.get(f"/decisions/{WAITING}").text

    def test_that_waits_is_refused(self, here: Console) -> None:
        assert here.post(f"/decisions/{WAITING}/second", "approver", answer="refuse", reason="").status == 409
        assert here.post(f"/decisions/{WAITING}/second", "approver", answer="refuse", reason="thin").status == 303
        assert here.post(f"/decisions/{WAITING}/second", "approver", answer="approve", reason="x").status == 409

    def test_of_no_name_is_not_found(self, here: Console) -> None:
        assert here.post("/decisions/nothing/reversal", "analyst", reason="x").status == 404

    def test_of_many_is_counted_before_it_is_done(self, here: Console) -> None:
        form = {"id": [HOLDER, ENDED, "nothing"], "what": "reverse", "reason": "a whole class"}
        counted = here.send("/bulk", "approver", form)
        assert "3 decisions" in counted.text
        assert here.ledger.bulk_actions.list() == ()
        at = counted.text.split('name="at" value="')[1].split('"')[0]
        assert here.send("/bulk", "approver", {**form, "confirmed": "2", "at": at}).status == 200
        assert here.send("/bulk", "approver", {**form, "confirmed": "3", "at": "1"}).status == 409
        assert here.send("/bulk", "approver", {**form, "confirmed": "3", "at": at}).status == 303
        (one,) = here.ledger.bulk_actions.list()
        assert set(one.done) == {HOLDER, ENDED}
        assert set(one.failures) == {"nothing"}
        assert "1 failed" in here.get("/judgements").text

    def test_of_too_many_is_refused(self, here: Console) -> None:
        form = {"id": [f"d{number}" for number in range(201)], "what": "reverse", "reason": "x"}
        assert here.send("/bulk", "approver", form).status == 409
        assert here.send("/bulk", "approver", {"what": "reverse", "reason": "x"}).status == 409
        assert here.send("/bulk", "approver", {"id": HOLDER, "what": "delete", "reason": "x"}).status == 409

    def test_that_approved_is_cancelled_as_a_whole_and_once(self, here: Console) -> None:
        form = {"id": [WAITING, "nothing"], "what": "approve", "reason": "agreed"}
        counted = here.send("/bulk", "admin", form)
        at = counted.text.split('name="at" value="')[1].split('"')[0]
        assert "The count holds until" in counted.text and 'href="/decisions">Cancel' in counted.text
        assert here.send("/bulk", "admin", {**form, "confirmed": "2", "at": at}).status == 303
        (act,) = here.ledger.bulk_actions.list()
        path = f"/bulk/{act.action_id}/cancellation"
        assert path in here.get("/judgements").text
        assert here.post(path, "analyst", reason="too early").status == 403
        assert here.post(path, "approver", reason=" ").status == 409
        assert here.post(path, "approver", reason="too early").status == 303
        entry = here.ledger.decisions.find(WAITING)
        assert entry is not None and entry.status(datetime.now(UTC)) == "reversed"
        assert [one.what for one in here.ledger.bulk_actions.list()] == ["reverse", "approve"]
        assert "Cancelled</b> by approver" in here.get("/judgements").text
        assert here.post(path, "approver", reason="again").status == 409
        assert here.post("/bulk/nothing/cancellation", "approver", reason="x").status == 404

    def test_that_reversed_cannot_be_cancelled(self, here: Console) -> None:
        at = str(round(datetime.now(UTC).timestamp()))
        form = {"id": HOLDER, "what": "reverse", "reason": "x", "confirmed": "1", "at": at}
        assert here.send("/bulk", "approver", form).status == 303
        (act,) = here.ledger.bulk_actions.list()
        assert f"/bulk/{act.action_id}/" not in here.get("/judgements").text
        assert here.post(f"/bulk/{act.action_id}/cancellation", "approver", reason="x").status == 409


class TestAppeal:
    def test_that_is_granted_ends_every_effect(self, here: Console, appeal: str, account: str) -> None:
        shown = here.get(f"/appeals/{appeal}", "approver").text
        assert "I am a class of students." in shown
        done = here.post(f"/appeals/{appeal}/outcome", "approver", outcome="overturned", reason="students")
        assert done.status == 303
        assert Reader(here.state / "verdicts").find(account).effects == ()  # type: ignore[union-attr]
        assert [one.verdict for one in here.ledger.judgements.list(account)] == ["innocent"]
        again = here.post(f"/appeals/{appeal}/outcome", "admin", outcome="upheld", reason="no")
        assert again.status == 409

    def test_needs_a_reason_and_an_outcome(self, here: Console, appeal: str) -> None:
        path = f"/appeals/{appeal}/outcome"
        assert here.post(path, "approver", outcome="upheld", reason="").status == 409
        assert here.post(path, "approver", outcome="perhaps", reason="x").status == 409
        assert here.ledger.appeals.find(appeal).status == "received"  # type: ignore[union-attr]

    def test_is_not_heard_by_who_had_a_part_in_the_decision(self, here: Console, appeal: str) -> None:
        here.post(f"/decisions/{HOLDER}/reversal", "approver", reason="in doubt")
        assert "Not you." in here.get(f"/appeals/{appeal}", "approver").text
        assert here.post(f"/appeals/{appeal}/outcome", "approver", outcome="upheld", reason="x").status == 409
        assert here.post(f"/appeals/{appeal}/outcome", "admin", outcome="upheld", reason="x").status == 303

    def test_is_assigned(self, here: Console, appeal: str) -> None:
        assert here.post(f"/appeals/{appeal}/assignment", "analyst", to="bo").status == 303
        assert here.ledger.appeals.find(appeal).status == "assigned"  # type: ignore[union-attr]

    def test_is_in_the_queue_with_its_time(self, here: Console) -> None:
        text = here.get("/review", "approver").text
        assert "An appeal waits for an answer" in text
        assert "in 12 days" in text or "in 13 days" in text
