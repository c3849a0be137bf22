"""Decisions come back as they were added, once, and have an effect only while nothing stands against it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.errors import StillwatchError, UsageError
from stillwatch.ledger import opened
from stillwatch.ledger.ledger import Ledger
from stillwatch.ledger.records import Evidence
from tests.ledger.made import DAY, NOW, decision


class TestAdding:
    def test_gives_back_what_was_added(self, ledger: Ledger) -> None:
        one = decision(evidence=(Evidence("a", -1.25, 'of “one”\n"two"'),), renews="d0", held_out=True)
        assert ledger.decisions.add([one]) == (one,)
        found = ledger.decisions.find("d1")
        assert found is not None
        assert found.decision == one

    def test_adds_each_once(self, ledger: Ledger) -> None:
        one, other = decision("1"), decision("2")
        assert ledger.decisions.add([one]) == (one,)
        assert ledger.decisions.add([one, other, other]) == (other,)
        assert len(ledger.decisions.list()) == 2

    def test_adds_all_or_none(self, ledger: Ledger) -> None:
        with pytest.raises(StillwatchError, match="failed"):
            ledger.decisions.add([decision("1"), decision("2", appeal="appeal-1")])
        assert ledger.decisions.list() == ()

    def test_of_thousands(self, ledger: Ledger) -> None:
        many = [decision(f"{number:05}") for number in range(3_000)]
        assert len(ledger.decisions.add(many)) == 3_000
        assert ledger.decisions.add(many) == ()
        assert len(ledger.decisions.active(NOW)) == 3_000

    @pytest.mark.parametrize(
        "changed",
        [
            {"expires_at": NOW},
            {"effect": "close"},
            {"level": "guilty"},
            {"appeal": " "},
            {"holder_text": ""},
            {"account_id": "a\0b"},
        ],
    )
    def test_refuses_a_decision_that_says_too_little(self, changed: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=r"decision|effect|level"):
            decision(**changed)


class TestListing:
    def test_goes_on_behind_the_last_one_seen(self, ledger: Ledger) -> None:
        ledger.decisions.add(
            [decision(str(n), made_at=NOW + (n // 2) * DAY, expires_at=NOW + 90 * DAY) for n in range(7)]
        )
        seen: list[str] = []
        while page := ledger.decisions.list(after=seen[-1] if seen else None, limit=3):
            seen += [one.decision.decision_id for one in page]
        assert seen == ["d6", "d4", "d5", "d2", "d3", "d0", "d1"]

    def test_of_one_account_or_subject(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision("1"), decision("2", subject="c2")])
        assert [one.decision.decision_id for one in ledger.decisions.list(account_id="account-2")] == ["d2"]
        assert [one.decision.decision_id for one in ledger.decisions.list(subject="c1")] == ["d1"]

    @pytest.mark.parametrize("strange", ["\0", "\ud800", "'; DROP TABLE decisions; --", "x" * 100_000])
    def test_finds_nothing_under_a_strange_id(self, ledger: Ledger, strange: str) -> None:
        ledger.decisions.add([decision()])
        assert ledger.decisions.find(strange) is None
        assert ledger.decisions.by_appeal(strange) is None
        assert ledger.decisions.list(account_id=strange) == ()
        assert ledger.decisions.list(after=strange) == ()
        assert len(ledger.decisions.list()) == 1


class TestWhatBecameOfIt:
    def test_ends_by_itself(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision()])
        assert len(ledger.decisions.active(NOW + 7 * DAY - timedelta(microseconds=1))) == 1
        assert ledger.decisions.active(NOW + 7 * DAY) == ()

    def test_begins_when_it_says(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision(since=NOW + DAY)])
        assert [one.status(NOW) for one in ledger.decisions.list()] == ["to_begin"]
        assert len(ledger.decisions.active(NOW)) == 1

    def test_waits_for_a_second_person(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision(needs_approval=True, made_by="Ann Lee")])
        assert ledger.decisions.active(NOW) == ()
        with pytest.raises(UsageError, match="second person"):
            ledger.decisions.approve("d1", "ann  LEE", NOW)
        ledger.decisions.approve("d1", "Bo", NOW)
        assert len(ledger.decisions.active(NOW)) == 1

    def test_stays_without_effect_when_refused(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision(needs_approval=True)])
        ledger.decisions.refuse("d1", "Bo", NOW, "a class")
        with pytest.raises(UsageError, match="refused"):
            ledger.decisions.approve("d1", "Cy", NOW)
        assert ledger.decisions.active(NOW) == ()

    def test_is_reversed_once(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision()])
        first = ledger.decisions.reverse("d1", "Bo", NOW, "wrong")
        assert ledger.decisions.reverse("d1", "Cy", NOW + DAY, "again") == first
        assert ledger.decisions.active(NOW) == ()
        assert [one.status(NOW) for one in ledger.decisions.list()] == ["reversed"]

    def test_says_why(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision()])
        with pytest.raises(UsageError, match="`--reason`: is empty"):
            ledger.decisions.reverse("d1", "Bo", NOW, " \n")
        with pytest.raises(UsageError, match="`--by`: is empty"):
            ledger.decisions.reverse("d1", "\u200b", NOW, "wrong")

    def test_has_no_effect_while_held_out(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision(held_out=True)])
        assert ledger.decisions.active(NOW) == ()
        assert [one.status(NOW) for one in ledger.decisions.living(NOW)] == ["held_out"]

    def test_with_what_prolongs_it(self, ledger: Ledger) -> None:
        later = {"since": NOW + 7 * DAY, "expires_at": NOW + 14 * DAY}
        ledger.decisions.add(
            [decision("1"), decision("2", renews="d1", **later), decision("3"), decision("4", renews="d9")]
        )
        assert ledger.decisions.chain("d2") == ("d1", "d2")
        ledger.decisions.reverse("d2", "Bo", NOW, "wrong")
        assert [one.decision_id for one in ledger.decisions.active(NOW)] == ["d3", "d4"]

    def test_by_the_policy_is_no_persons_word(self, ledger: Ledger) -> None:
        ledger.decisions.add([decision("1"), decision("2")])
        with pytest.raises(UsageError, match="is no person"):
            ledger.decisions.reverse("d1", " Policy", NOW, "wrong")
        ledger.decisions.lapse([("d1", "gone")], NOW)
        ledger.decisions.lapse([("d1", "gone again")], NOW + DAY)
        assert [one.reason for entry in ledger.decisions.lapsed(NOW) for one in entry.events] == ["gone"]
        ledger.decisions.reverse("d2", "Bo", NOW, "wrong")
        assert [one.decision.decision_id for one in ledger.decisions.ended_by_people(NOW)] == ["d2"]
        assert ledger.decisions.ended_by_people(NOW + DAY) == ()

    def test_of_no_decision_is_an_error(self, ledger: Ledger) -> None:
        with pytest.raises(UsageError, match="is not in the ledger"):
            ledger.decisions.reverse("d9", "Bo", NOW, "wrong")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "approve", "refuse", "reverse"]),
        st.integers(0, 3),
        st.integers(-2, 10),
    ),
    max_size=25,
)


def expected(steps: list[tuple[str, int, int]], days: int) -> set[str]:
    """The decisions that have an effect after the steps, by a plain model: those added, approved and not ended."""
    added: set[int] = set()
    said: dict[int, set[str]] = {}
    for step, number, day in steps:
        mine = said.setdefault(number, set())
        if step == "add":
            added.add(number)
        elif number in added and step == "reverse":
            if "refuse" not in mine:
                mine.add(step)
        elif number in added and number % 2 and not mine and day < 7:
            mine.add(step)
    return {
        f"d{number}"
        for number in added
        if days < 7 and not said[number] & {"refuse", "reverse"} and (number % 2 == 0 or "approve" in said[number])
    }


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, days=st.integers(0, 9))
def test_any_order_of_steps_ends_as_a_plain_model_says(
    steps: list[tuple[str, int, int]], days: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with opened(tmp_path_factory.mktemp("ledger")) as ledger:
        for step, number, day in steps:
            try:
                act(ledger, step, number, NOW + day * DAY)
            except UsageError:
                continue
        found = {one.decision_id for one in ledger.decisions.active(NOW + days * DAY)}
    assert found == expected(steps, days)


def act(ledger: Ledger, step: str, number: int, at: datetime) -> None:
    if step == "add":
        ledger.decisions.add([decision(str(number), needs_approval=number % 2 == 1)])
    elif step == "approve":
        ledger.decisions.approve(f"d{number}", "Bo", at)
    elif step == "refuse":
        ledger.decisions.refuse(f"d{number}", "Bo", at, "no")
    else:
        ledger.decisions.reverse(f"d{number}", "Bo", at, "wrong")
