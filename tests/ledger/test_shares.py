"""What others are told: a second person agrees, pages do not repeat, and what is withdrawn is revoked and gone."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.errors import UsageError
from stillwatch.ledger import opened
from stillwatch.ledger.exchanged import Stored, Wanted, inbox, outgoing
from stillwatch.ledger.ledger import Ledger
from tests.ledger.made import DAY, NOW, identity, indicator, told

MINUTE = timedelta(minutes=1)


def every(ledger: Ledger, recipient: str = "northwind", limit: int = 100, **asked: Any) -> list[Stored]:
    """All pages, as a client turns them."""
    found: list[Stored] = []
    after: datetime | None = asked.pop("after", None)
    while True:
        rows = ledger.shares.page(recipient, Wanted(after=after, limit=limit, **asked))
        found += rows[:limit]
        if len(rows) <= limit:
            return found
        after = found[-1].at


def read(ledger: Ledger, **asked: Any) -> list[dict[str, Any]]:
    return [json.loads(one.body) for one in every(ledger, **asked)]


class TestApproval:
    def test_what_nobody_has_to_approve_leaves_at_once(self, ledger: Ledger) -> None:
        share = ledger.shares.add(told(), [identity(), indicator()])
        assert ledger.shares.find(share.share_id).status == "released"
        assert read(ledger) == [identity(), indicator()]
        assert read(ledger, recipient="other") == []

    def test_what_waits_cannot_be_read(self, ledger: Ledger) -> None:
        share = ledger.shares.add(told(needs_approval=True), [indicator()])
        assert ledger.shares.find(share.share_id).status == "waiting"
        assert read(ledger) == []
        with pytest.raises(UsageError, match="second person"):
            ledger.shares.approve(share.share_id, " ANA", NOW)
        assert read(ledger) == []
        assert ledger.shares.approve(share.share_id, "Bo", NOW + DAY).status == "released"
        assert read(ledger) == [indicator()]
        with pytest.raises(UsageError, match="is released"):
            ledger.shares.approve(share.share_id, "Cy", NOW)

    def test_one_subject_waits_once_for_a_recipient(self, ledger: Ledger) -> None:
        first = ledger.shares.add(told(needs_approval=True), [indicator("1")])
        changed = told(needs_approval=True, made_at=NOW + DAY)
        said = rf"share `{first.share_id}`: waits .* about `c1` for `northwind`; .*refuse"
        with pytest.raises(UsageError, match=said):
            ledger.shares.add(changed, [indicator("1"), indicator("2")])
        for other in ({"subject": "c2"}, {"recipient": "south"}):
            ledger.shares.add(told(needs_approval=True, **other), [indicator("1")])
        ledger.shares.refuse(first.share_id, "Bo", NOW, "too early")
        second = ledger.shares.add(changed, [indicator("1"), indicator("2")])
        ledger.shares.approve(second.share_id, "Bo", NOW + DAY)
        ledger.shares.add(told(needs_approval=True, made_at=NOW + 2 * DAY), [indicator("3")])
        assert sorted(one.status for one in ledger.shares.about("c1")) == ["refused", "released", "waiting", "waiting"]

    def test_a_client_that_read_before_an_approval_meets_it_later(self, ledger: Ledger) -> None:
        waiting = ledger.shares.add(told(needs_approval=True, subject="c2"), [indicator("2")])
        ledger.shares.add(told(made_at=NOW + MINUTE), [indicator("1")])
        seen = every(ledger)
        ledger.shares.approve(waiting.share_id, "Bo", NOW)  # by a clock that went back
        assert [json.loads(one.body)["name"] for one in every(ledger, after=seen[-1].at)] == ["Address 2"]

    def test_what_is_refused_never_leaves(self, ledger: Ledger) -> None:
        share = ledger.shares.add(told(needs_approval=True), [indicator()])
        assert ledger.shares.refuse(share.share_id, "Bo", NOW, "too early").status == "refused"
        with pytest.raises(UsageError, match="is refused"):
            ledger.shares.approve(share.share_id, "Bo", NOW)
        with pytest.raises(UsageError, match="is refused"):
            ledger.shares.withdraw(share.share_id, "Bo", NOW, "late")
        assert read(ledger) == []

    @pytest.mark.parametrize("name", ["s1", "a\0b", "\ud800"])
    def test_an_unknown_share_is_said(self, ledger: Ledger, name: str) -> None:
        with pytest.raises(UsageError, match="is not in the ledger"):
            ledger.shares.find(name)

    @pytest.mark.parametrize("changed", [{"legal_basis": " "}, {"recipient": ""}, {"made_by": ""}, {"marking": ""}])
    def test_a_share_says_to_whom_and_why(self, ledger: Ledger, changed: dict[str, str]) -> None:
        with pytest.raises(UsageError, match="is empty"):
            ledger.shares.add(told(**changed), [indicator()])
        assert ledger.shares.list() == ()


class TestVersions:
    def test_the_same_words_are_not_told_again(self, ledger: Ledger) -> None:
        ledger.shares.add(told(), [identity(), indicator()])
        with pytest.raises(UsageError, match="told all of this already"):
            ledger.shares.add(told(made_at=NOW + DAY), [identity(), indicator(at=NOW + DAY)])
        assert len(ledger.shares.list()) == 1

    def test_what_changed_keeps_its_first_time(self, ledger: Ledger) -> None:
        ledger.shares.add(told(), [indicator()])
        changed = indicator(at=NOW + DAY, name="another name", created="2026-06-02T12:00:00.000Z")
        ledger.shares.add(told(made_at=NOW + DAY), [changed])
        assert read(ledger) == [{**changed, "created": indicator()["created"]}]
        assert [one["name"] for one in read(ledger, versions=("first",))] == ["Address 1"]
        assert len(read(ledger, versions=("all",))) == 2
        assert [one["name"] for one in read(ledger, versions=(NOW,))] == ["Address 1"]
        assert len(read(ledger, versions=("first", "last"))) == 2

    def test_what_is_withdrawn_is_revoked_and_otherwise_gone(self, ledger: Ledger) -> None:
        share = ledger.shares.add(told(), [identity(), indicator()])
        gone = ledger.shares.withdraw(share.share_id, "Bo", NOW, "it was a class")
        assert (gone.withdraws, gone.status) == (share.share_id, "released")
        assert ledger.shares.find(share.share_id).status == "withdrawn"
        for versions in (("last",), ("first",), ("all",)):
            (one,) = read(ledger, versions=versions)
            assert one["revoked"] is True
            assert one["modified"] > indicator()["modified"]
        with pytest.raises(UsageError, match="it was withdrawn"):
            ledger.shares.add(told(made_at=NOW + DAY), [indicator(at=NOW + DAY, name="again")])
        for name in (share.share_id, gone.share_id):
            with pytest.raises(UsageError, match=r"is withdrawn|takes another one back"):
                ledger.shares.withdraw(name, "Bo", NOW, "twice")

    def test_a_withdrawal_is_for_one_recipient(self, ledger: Ledger) -> None:
        share = ledger.shares.add(told(), [indicator()])
        ledger.shares.add(told(recipient="south"), [indicator()])
        ledger.shares.withdraw(share.share_id, "Bo", NOW, "wrong")
        assert read(ledger, recipient="south") == [indicator()]


class TestPages:
    def test_filters_name_what_they_keep(self, ledger: Ledger) -> None:
        ledger.shares.add(told(), [identity(), *(indicator(str(number)) for number in range(5))])
        assert len(read(ledger, types=("indicator",))) == 5
        assert read(ledger, ids=(identity()["id"],)) == [identity()]
        assert read(ledger, types=("campaign",)) == []
        assert read(ledger, ids=()) == []

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(0, 7), min_size=1, max_size=30), st.integers(1, 5), st.data())
    def test_pages_repeat_nothing_and_lose_nothing_while_the_collection_grows(
        self, tmp_path_factory: pytest.TempPathFactory, names: list[int], limit: int, data: st.DataObject
    ) -> None:
        """Between two pages shares are added and withdrawn, also by a clock that goes back."""
        with opened(tmp_path_factory.mktemp("ledger")) as ledger:
            first = ledger.shares.add(told(), [indicator(str(one)) for one in sorted(set(names))])
            seen: list[tuple[str, datetime]] = []
            after = None
            for turn in range(60):
                rows = ledger.shares.page("northwind", Wanted(versions=("all",), after=after, limit=limit))
                seen += [(one.object_id, one.version) for one in rows[:limit]]
                if len(rows) <= limit:
                    break
                after = rows[limit - 1].at
                if data.draw(st.booleans()):
                    at = NOW + data.draw(st.integers(-5, 5)) * DAY
                    ledger.shares.add(told(made_at=at), [indicator(f"{turn}-new", at=at)])
                if turn == 3 and data.draw(st.booleans()):
                    ledger.shares.withdraw(first.share_id, "Bo", NOW, "wrong")
            else:
                pytest.fail("the pages do not end")
            assert len(seen) == len(set(seen))
            readable = {(one.object_id, one.version) for one in every(ledger, versions=("all",))}
            assert readable <= set(seen)

    def test_times_of_addition_are_unlike(self, ledger: Ledger) -> None:
        for number in range(3):
            ledger.shares.add(told(made_at=NOW), [indicator(f"{number}-{one}") for one in range(4)])
        times = [one.at for one in every(ledger)]
        assert times == sorted(set(times))
        assert len(times) == 12


def test_every_partner_has_its_own_collections() -> None:
    assert len({one(name) for name in ("northwind", "south") for one in (outgoing, inbox)}) == 4


def test_a_delivery_stands_in_the_ledger(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        share = ledger.shares.add(told(), [indicator()])
        ledger.shares.delivered(share.share_id, "Bo", NOW)
        assert [one.event for one in ledger.shares.find(share.share_id).events] == ["delivered"]
        assert ledger.shares.objects(share.share_id) == [indicator()]
