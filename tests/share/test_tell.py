"""From one provider's run to the other's ledger, over a real server, with approval, and taken back again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stillwatch.errors import InputError, UsageError
from stillwatch.ledger import opened
from stillwatch.ledger.exchanged import inbox, outgoing
from stillwatch.share.sharing import Partner, Provider, Sharing
from stillwatch.share.tell import deliver, hear, tell
from tests.serve.live import live
from tests.share.runs import CAMPAIGN, TOLD, tables, value, written

BASIS = "an agreement"


def sharing(*partners: Partner) -> Sharing:
    return Sharing(provider=Provider(name="Alpha"), partner=partners)


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[Partner]:
    """The server of beta, at which alpha has a key."""
    theirs = tmp_path / "beta"
    theirs.mkdir()
    with opened(theirs) as ledger:
        key = ledger.keys.create("alpha", "share", datetime.now(UTC))[1]
    (tmp_path / "beta.key").write_text(key)
    with live(theirs, "") as server:
        base = f"http://127.0.0.1:{server.port}/taxii2/api/collections"
        yield Partner(
            name="beta",
            legal_basis=BASIS,
            push_to=f"{base}/{inbox('alpha')}/",
            pull_from=f"{base}/{outgoing('alpha')}/",
            key_file=tmp_path / "beta.key",
        )


def received(folder: Path) -> list[dict[str, object]]:
    with opened(folder) as ledger:
        return [json.loads(one.body) for one in ledger.received.indicators("alpha")]


def test_a_share_waits_leaves_and_is_taken_back(tmp_path: Path, partner: Partner) -> None:
    run, ours = written(tmp_path / "run"), sharing(partner)
    now = datetime.now(UTC)
    with opened(tmp_path / "alpha") as ledger:
        share = tell(run, CAMPAIGN, partner, ours, ledger, "Ana", now)
        assert (share.recipient, share.marking, share.legal_basis) == ("beta", "amber+strict", BASIS)
        assert list(deliver(ours, ledger, "Ana", now)) == []
        assert received(tmp_path / "beta") == []
        ledger.shares.approve(share.share_id, "Bo", now)
        assert [one.share_id for one in deliver(ours, ledger, "Ana", now)] == [share.share_id]
        assert list(deliver(ours, ledger, "Ana", now)) == []
        assert len(received(tmp_path / "beta")) == len(TOLD)
        gone = ledger.shares.withdraw(share.share_id, "Bo", datetime.now(UTC), "it was a class")
        assert [one.share_id for one in deliver(ours, ledger, "Ana", now)] == [gone.share_id]
    assert {one["revoked"] for one in received(tmp_path / "beta")} == {True}


def test_a_later_run_tells_only_what_is_new(tmp_path: Path, partner: Partner) -> None:
    now, ours = datetime.now(UTC), sharing(partner.model_copy(update={"approval": "never"}))
    with opened(tmp_path / "alpha") as ledger:
        first = tell(written(tmp_path / "one"), CAMPAIGN, ours.partners[0], ours, ledger, "Ana", now)
        values = [value(claim, text, number=at) for at, (claim, text) in enumerate(TOLD.items())]
        rows = tables(values=[*values, value("same_address", "198.51.100.9", number=9)])
        second = tell(written(tmp_path / "two", rows), CAMPAIGN, ours.partners[0], ours, ledger, "Ana", now)
        told = [one["type"] for one in ledger.shares.objects(second.share_id)]
        assert len(ledger.shares.objects(first.share_id)) > 15
        assert sorted(told) == ["indicator", "relationship"]


def test_what_a_partner_tells_is_read_on(tmp_path: Path, partner: Partner) -> None:
    ours, now = sharing(partner), datetime.now(UTC)
    theirs = Sharing(
        provider=Provider(name="Beta"), partner=(Partner(name="alpha", legal_basis=BASIS, approval="never"),)
    )
    with opened(tmp_path / "alpha") as ledger:
        assert hear(partner, ours, ledger, now) == 0
        with opened(tmp_path / "beta") as other:
            share = tell(written(tmp_path / "run"), CAMPAIGN, theirs.partners[0], theirs, other, "Cy", now)
        count = hear(partner, ours, ledger, now)
        assert count > 15
        assert hear(partner, ours, ledger, now) == 0
        assert len(ledger.received.indicators("beta")) == len(TOLD)
        with opened(tmp_path / "beta") as other:
            other.shares.withdraw(share.share_id, "Cy", datetime.now(UTC), "wrong")
        assert hear(partner, ours, ledger, datetime.now(UTC)) > 10
        assert {json.loads(one.body)["revoked"] for one in ledger.received.indicators("beta")} == {True}


def test_one_bad_object_keeps_the_rest_out(tmp_path: Path, partner: Partner) -> None:
    ours, now = sharing(partner), datetime.now(UTC)
    with opened(tmp_path / "beta") as other:
        told = Sharing(
            provider=Provider(name="Alpha"), partner=(Partner(name="alpha", legal_basis=BASIS, approval="never"),)
        )
        tell(written(tmp_path / "run"), CAMPAIGN, told.partners[0], told, other, "Cy", now)
    with opened(tmp_path / "alpha") as ledger:
        never = sharing(partner.model_copy(update={"approval": "never"}))
        tell(tmp_path / "run", CAMPAIGN, never.partners[0], never, ledger, "Ana", now)
        with pytest.raises(InputError, match="is one of ours"):
            hear(partner, ours, ledger, now)
        assert ledger.received.partners() == ()


def test_a_partner_without_a_server_is_said(tmp_path: Path) -> None:
    plain = Partner(name="gamma", legal_basis=BASIS)
    with opened(tmp_path) as ledger, pytest.raises(UsageError, match="has no `pull_from`"):
        hear(plain, sharing(plain), ledger, datetime.now(UTC))
