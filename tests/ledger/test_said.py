"""Judgements, notes and views come back in their order; repeating one adds nothing."""

from __future__ import annotations

import pytest

from stillwatch.errors import UsageError
from stillwatch.ledger.ledger import Ledger
from stillwatch.ledger.records import Judgement, View
from tests.ledger.made import DAY, NOW


class TestJudgements:
    def test_the_latest_counts(self, ledger: Ledger) -> None:
        ledger.judgements.add(Judgement("n1", "innocent", "Bo", NOW + DAY))
        ledger.judgements.add(Judgement("n1", "confirmed", "Bo", NOW))
        assert ledger.judgements.latest()["n1"].verdict == "innocent"

    def test_of_several_at_one_moment_the_mildest_counts(self, ledger: Ledger) -> None:
        for verdict in ("innocent", "confirmed", "unsure"):
            ledger.judgements.add(Judgement("n1", verdict, "Bo", NOW))
        assert ledger.judgements.latest()["n1"].verdict == "innocent"

    def test_are_added_once(self, ledger: Ledger) -> None:
        for _ in range(2):
            ledger.judgements.add(Judgement("n1", "confirmed", "Bo", NOW, "seen"))
        assert len(ledger.judgements.list("n1")) == 1
        assert ledger.judgements.list("n2") == ()

    @pytest.mark.parametrize(
        "one",
        [Judgement("n1", "guilty", "Bo", NOW), Judgement(" ", "unsure", "Bo", NOW), Judgement("n1", "unsure", "", NOW)],
    )
    def test_that_say_too_little_are_refused(self, ledger: Ledger, one: Judgement) -> None:
        with pytest.raises(UsageError):
            ledger.judgements.add(one)


class TestNotes:
    def test_are_kept_in_order(self, ledger: Ledger) -> None:
        ledger.notes.add("n1", "Bo", NOW + DAY, "second")
        ledger.notes.add("n1", "Bo", NOW, "first\x1b[0m")
        ledger.notes.add("n1", "Bo", NOW + DAY, "second")
        assert [one.text for one in ledger.notes.list("n1")] == ["first [0m", "second"]

    def test_that_say_nothing_are_refused(self, ledger: Ledger) -> None:
        with pytest.raises(UsageError):
            ledger.notes.add("n1", "Bo", NOW, "\0")


class TestViews:
    def test_are_all_kept(self, ledger: Ledger) -> None:
        view = View(NOW, "Bo", "account", "account-1")
        ledger.views.add([view, view])
        ledger.views.add([View(NOW, "Bo", "account", "account-2")])
        assert len(ledger.views.list()) == 3
        assert ledger.views.list("account-1") == (view, view)
        assert [one.subject for one in ledger.views.list(limit=1)] == ["account-2"]
