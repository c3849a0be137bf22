"""Partners: their record and quota, what they told and were told, and the second person's word on a share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from stillwatch.ledger import Judgement
from stillwatch.ledger.exchanged import Sighting
from tests.console.asked import Console, decided, served
from tests.ledger.made import identity, indicator, told

FILE = """[provider]
name = "Example AI"
[[partner]]
name = "northwind"
legal_basis = "agreement <b>of</b> 1 October"
matches_a_day = 3
[[partner]]
name = "authority"
profile = "government"
legal_basis = "notice"
pull_from = "https://authority.example/taxii2/"
key_file = "authority.key"
objects_a_day = 10
"""


def share_of(here: Console) -> str:
    """The share that waits."""
    return here.ledger.shares.list("northwind")[0].share_id


def test_stand_with_record_quota_and_shares(here: Console) -> None:
    text = here.get("/partners", "viewer").text
    assert "northwind" in text and "not in the file" in text and "No sharing file is named" in text
    assert "2 of 50,000" in text
    assert f"/shares/{share_of(here)}" in text


def test_are_read_in_as_many_queries_however_many_there_are(here: Console) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    now = datetime.now(UTC)
    here.get("/partners", "viewer")  # enters
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        here.get("/partners", "viewer")
        few = len(asked)
        for number in range(9):
            told = indicator("9", by=f"Partner {number}")
            here.ledger.received.add(f"partner-{number}", [told], now, 10)
            here.ledger.received.see([Sighting(f"partner-{number}", told["id"], "C1", "a run", now)])
        asked.clear()
        assert "partner-8" in here.get("/partners", "viewer").text
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert len(asked) == few > 0


def test_earn_their_record_by_judgements(here: Console) -> None:
    assert "Nobody has judged anything yet" in here.get("/partners/northwind").text
    here.ledger.judgements.add(Judgement("C1", "confirmed", "ana", datetime.now(UTC), "seen"))
    text = here.get("/partners/northwind").text
    assert "people judged 1 right and 0 wrong" in text and "judged <b>confirmed</b>" in text
    assert "18 %" in text  # 2 of 11: trust begins low


def test_show_what_they_told_without_believing_its_words(here: Console) -> None:
    text = here.get("/partners/northwind", "viewer").text
    assert "Address &lt;b&gt;7&lt;/b&gt;" in text and "203.0.113.8" in text
    assert "<b>7</b>" not in text


def test_of_the_sharing_file_stand_with_what_was_agreed(state: Path, tmp_path: Path, account: str) -> None:
    path = tmp_path / "sharing.toml"
    path.write_text(FILE, encoding="utf-8")
    with served(state, sharing=path) as here:
        decided(state, here.ledger, account)
        text = here.get("/partners").text
        assert "government" in text and "0 of 10" in text
        one = here.get("/partners/northwind").text
        assert "agreement &lt;b&gt;of&lt;/b&gt; 1 October" in one and "at most 3 sessions a day" in one
        assert here.get("/partners/authority").status == 200
        path.write_text("[provider]\n", encoding="utf-8")
        broken = here.get("/partners")
        assert broken.status == 200 and "The sharing file cannot be used" in broken.text


@pytest.mark.parametrize("name", ["nobody", "..%2f", "%00", "northwind%20", "'--"])
def test_that_are_none_are_not_found(shared: Console, name: str) -> None:
    assert shared.get(f"/partners/{name}").status == 404
    assert shared.get(f"/shares/{name}").status == 404


class TestShare:
    def test_leaves_once_a_second_person_agrees(self, here: Console) -> None:
        path = f"/shares/{share_of(here)}"
        assert "Let it leave" in here.get(path, "approver").text
        assert "Let it leave" not in here.get(path, "analyst").text
        assert here.post(f"{path}/answer", "analyst", answer="approve", reason="x").status == 403
        assert here.post(f"{path}/answer", "approver", answer="approve", reason="").status == 409
        assert here.post(f"{path}/answer", "approver", answer="send", reason="x").status == 409
        assert here.ledger.shares.find(share_of(here)).status == "waiting"
        assert here.post(f"{path}/answer", "approver", answer="approve", reason="agreed").status == 303
        assert here.ledger.shares.find(share_of(here)).status == "released"

    def test_of_ones_own_is_let_leave_by_somebody_else(self, here: Console) -> None:
        mine = told(subject="C2", made_by="Approver ", needs_approval=True)
        made = here.ledger.shares.add(mine, [identity(), indicator("2")])
        path = f"/shares/{made.share_id}"
        assert "Let it leave" not in here.get(path, "approver").text
        assert here.post(f"{path}/answer", "approver", answer="approve", reason="x").status == 409
        assert here.post(f"{path}/answer", "approver", answer="refuse", reason="not yet").status == 303

    def test_that_left_is_withdrawn(self, here: Console) -> None:
        path = f"/shares/{share_of(here)}"
        here.post(f"{path}/answer", "approver", answer="approve", reason="agreed")
        assert here.post(f"{path}/answer", "admin", answer="withdraw", reason="wrong").status == 303
        text = here.get(path).text
        assert "withdrawn" in text and "Withdraw it" not in text
        assert "takes another back" in here.get("/partners/northwind").text
        assert here.post(f"{path}/answer", "admin", answer="withdraw", reason="again").status == 409
