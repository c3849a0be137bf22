"""The queue is fair, nothing is judged twice or lost, and every word can be taken back."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.console.gate import csrf_of
from stillwatch.console.review import Item, _decisions, in_turn
from stillwatch.errors import UsageError
from stillwatch.ledger import Entry, Judgement, opened
from stillwatch.ledger.ledger import Ledger
from tests.console.asked import Console, ask, served
from tests.ledger.made import DAY, decision

NOW = datetime(2026, 6, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def item(number: int, sort: str = "campaign", priority: int = 1) -> Item:
    return Item(sort, f"{sort}{number}", "", priority, NOW + number * MINUTE, "/", "analyst")


items = st.lists(
    st.builds(item, st.integers(0, 1_000), st.sampled_from(["campaign", "decision", "appeal"]), st.integers(0, 3)),
    unique_by=lambda one: one.subject,
)


class TestOrder:
    @given(items, st.integers(1, 20))
    def test_loses_nothing_within_a_sorts_number(self, every: list[Item], most: int) -> None:
        found = in_turn(every, most)
        for sort in ("campaign", "decision", "appeal"):
            mine = sorted((one for one in every if one.sort == sort), key=lambda one: (one.priority, one.since))
            kept = sorted((one for one in found if one.sort == sort), key=lambda one: (one.priority, one.since))
            assert kept == mine[:most]

    @given(items)
    def test_is_by_priority_and_then_by_age_within_a_sort(self, every: list[Item]) -> None:
        found = in_turn(every, len(every) + 1)
        assert [one.priority for one in found] == sorted(one.priority for one in found)
        for sort in {one.sort for one in found}:
            for priority in range(4):
                ages = [one.since for one in found if (one.sort, one.priority) == (sort, priority)]
                assert ages == sorted(ages)

    def test_lets_sorts_take_turns_so_that_none_floods_it(self) -> None:
        flood = [item(number) for number in range(1_000)]
        found = in_turn([*flood, item(5_000, "appeal"), item(5_001, "decision")], 50)
        assert {one.sort for one in found[:3]} == {"campaign", "appeal", "decision"}
        assert len(found) == 52

    def test_lets_campaigns_take_turns_so_that_none_hides_anothers_decisions(self) -> None:
        flood = [decision(f"{number:03}", subject="C1") for number in range(200)]
        last = decision("last", subject="C2", made_at=NOW + 30 * DAY)
        found = in_turn(_decisions(Entry(one, ()) for one in [*flood, last]), 50)
        assert [one.subject for one in found[:2]] == [flood[0].decision_id, last.decision_id]


def verdict(here: Console, person: str, subject: str = "C1", seen: str = "", **changed: str) -> int:
    form = {"subject": subject, "verdict": "confirmed", "reason": "seen", "seen": seen, **changed}
    return here.post("/judge", person, **form).status


@pytest.fixture
def alone(state: Path) -> Iterator[Console]:
    """A console in which one person may judge any number of accounts."""
    with served(state, second_person_above=10_000) as found:
        yield found


class TestJudging:
    def test_leads_from_one_to_the_next(self, alone: Console) -> None:
        subjects = []
        seen = alone.post("/review/next", "analyst")
        while "/review/campaign/" in seen.header("location"):
            subjects.append(re.search(r"campaign/(C\d)", seen.header("location"))[1])  # type: ignore[index]
            form = {"subject": subjects[-1], "verdict": "unsure", "reason": "read", "seen": "", "then": "next"}
            seen = alone.post("/judge", "analyst", **form)
        assert subjects == ["C1", "C2", "C3"]
        assert "Nothing waits for you" in seen.text
        assert len(alone.ledger.judgements.list()) == 3

    def test_needs_a_reason(self, alone: Console) -> None:
        assert verdict(alone, "analyst", reason="  ") == 409
        assert verdict(alone, "analyst", verdict="guilty") == 409
        assert verdict(alone, "analyst", subject="C77") == 409
        assert alone.ledger.judgements.list() == ()

    def test_of_what_was_judged_meanwhile_is_stale(self, alone: Console) -> None:
        assert verdict(alone, "analyst") == 303
        form = {"subject": "C1", "verdict": "innocent", "reason": "no", "seen": ""}
        stale = alone.post("/judge", "approver", **form)
        assert stale.status == 409
        assert "analyst judged it confirmed" in stale.text
        assert [one.verdict for one in alone.ledger.judgements.list("C1")] == ["confirmed"]

    def test_sent_twice_is_one(self, alone: Console) -> None:
        assert [verdict(alone, "analyst") for _ in range(2)] == [303, 409]
        assert len(alone.ledger.judgements.list("C1")) == 1

    def test_of_what_another_holds_is_refused(self, alone: Console) -> None:
        alone.post("/review/next", "analyst")
        assert verdict(alone, "approver") == 409
        taken = alone.get("/review/campaign/C1", "approver").text
        assert "analyst works on this" in taken
        following = alone.post("/review/next", "approver").header("location")
        assert following.startswith("/review/campaign/C2")
        alone.post("/review/release", "analyst", subject="C1")
        assert verdict(alone, "approver") == 303

    def test_is_undone_by_a_withdrawal_with_a_reason(self, alone: Console) -> None:
        verdict(alone, "analyst")
        (said,) = alone.ledger.judgements.list("C1")
        path = f"/judgements/{said.judgement_id}/withdrawal"
        assert alone.post(path, "analyst", reason="").status == 409
        assert alone.post(path, "analyst", reason="wrong campaign").status == 303
        assert alone.ledger.judgements.list("C1") == ()
        assert "withdrawn by analyst" in alone.get("/judgements").text
        assert alone.post(path, "analyst", reason="again").status == 409
        assert alone.post("/review/next", "analyst").header("location").startswith("/review/campaign/C1")

    def test_measures_the_product(self, alone: Console) -> None:
        verdict(alone, "analyst")
        found = alone.ledger.judgements.findings()
        (said,) = alone.ledger.judgements.list("C1")
        assert found[said.judgement_id].level == "act"
        assert dict(found[said.judgement_id].claims)["draws_from_one_pool"] == 42.7
        assert "draws from one pool" in alone.get("/judgements").text

    def test_skips_what_was_skipped(self, alone: Console) -> None:
        alone.post("/review/next", "analyst")
        form = {"subject": "C1", "skipped": "C1", "then": "next"}
        assert alone.post("/review/release", "analyst", **form).header("location") == "/review/campaign/C2?skipped=C1"


class TestSecondPerson:
    def test_is_needed_above_a_size(self, here: Console) -> None:
        assert verdict(here, "approver", "C1") == 303  # C1 has 1,180 accounts
        assert here.ledger.judgements.list("C1") == ()
        (one,) = here.ledger.proposals.waiting()
        path = f"/review/proposal/{one.proposal_id}"
        assert here.post(path, "approver", answer="agree", reason="me too").status == 409
        assert here.get(path, "admin").status == 200
        assert here.post(path, "admin", answer="agree", reason="checked").status == 303
        (said,) = here.ledger.judgements.list("C1")
        assert (said.verdict, said.decided_by) == ("confirmed", "approver")
        assert "shared by admin" in said.reason
        assert here.post(path, "admin", answer="agree", reason="again").status == 409

    def test_may_decline(self, here: Console) -> None:
        verdict(here, "analyst", "C1")
        (one,) = here.ledger.proposals.waiting()
        assert here.post(f"/review/proposal/{one.proposal_id}", "approver", answer="decline", reason="").status == 409
        done = here.post(f"/review/proposal/{one.proposal_id}", "approver", answer="decline", reason="thin")
        assert done.status == 303
        assert here.ledger.proposals.waiting() == ()
        assert here.ledger.judgements.list("C1") == ()

    def test_is_not_needed_to_be_unsure(self, here: Console) -> None:
        assert verdict(here, "analyst", "C1", verdict="unsure") == 303
        assert len(here.ledger.judgements.list("C1")) == 1


class TestManyAtOnce:
    ANALYSTS = 50

    def test_judge_each_subject_once(self, where: Path | str, state: Path) -> None:
        """Fifty take what is next and judge it, all at once: each of three campaigns is judged by one of them."""
        with served(state, where, second_person_above=10_000) as here:
            for number in range(self.ANALYSTS):
                here.enter(f"ana{number}", "analyst")
            asyncio.run(self._all(here))
            said = here.ledger.judgements.every()
            assert sorted(one.subject for one in said) == ["C1", "C2", "C3"]
            assert len({one.decided_by for one in said}) == 3

    async def _all(self, here: Console) -> None:
        await asyncio.gather(*(self._one(here, f"ana{number}") for number in range(self.ANALYSTS)))

    async def _one(self, here: Console, person: str) -> None:
        secret = here.secrets[person]
        cookie = {"cookie": f"stillwatch={secret}", "content-type": "application/x-www-form-urlencoded"}
        csrf = {"csrf": csrf_of(secret)}
        taken = await ask(here.app, "POST", "/review/next", urlencode(csrf).encode(), cookie)
        assert taken.status in (200, 303, 409)
        found = re.search(r"campaign/(C\d)", taken.header("location"))
        if found is not None:
            form = {**csrf, "subject": found[1], "verdict": "confirmed", "reason": person, "seen": ""}
            seen = await ask(here.app, "POST", "/judge", urlencode(form).encode(), cookie)
            assert seen.status == 303

    @pytest.fixture(params=["sqlite", "postgresql"])
    def where(self, request: pytest.FixtureRequest, state: Path) -> Path | str:
        """Where the ledger is."""
        found: Path | str = state if request.param == "sqlite" else request.getfixturevalue("database")
        return found


class TestClaims:
    def test_of_threads_that_want_one_are_one(self, tmp_path: Path) -> None:
        def take(number: int) -> bool:
            try:
                ledger.claims.take("C1", f"ana{number}", NOW, 5 * MINUTE)
            except UsageError:
                return False
            return True

        with opened(tmp_path) as ledger, ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(take, range(32))) == 1

    def test_end_by_time_and_by_their_holder(self, tmp_path: Path) -> None:
        with opened(tmp_path) as ledger:
            ledger.claims.take("C1", "ana", NOW, 5 * MINUTE)
            ledger.claims.release("C1", "bo", NOW)
            assert ledger.claims.held(NOW)["C1"].by == "ana"
            assert ledger.claims.held(NOW + 6 * MINUTE) == {}
            ledger.claims.release("C1", "ana", NOW)
            assert ledger.claims.held(NOW) == {}


class TestNextScan:
    def test_heeds_what_was_judged_here_and_not_what_was_withdrawn(self, alone: Console) -> None:
        for subject in ("C1", "C2"):
            verdict(alone, "analyst", subject)
        (first, _) = alone.ledger.judgements.list()
        alone.post(f"/judgements/{first.judgement_id}/withdrawal", "analyst", reason="wrong")
        assert [one.subject for one in alone.ledger.judgements.list()] == ["C2"]


def made(ledger: Ledger, subject: str) -> Judgement:
    return ledger.judgements.add(Judgement(subject, "unsure", "ana", NOW, "x"))


def test_a_judgement_is_told_by_its_id(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        one = made(ledger, "C1")
        assert one.judgement_id == replace(one).judgement_id != made(ledger, "C2").judgement_id
