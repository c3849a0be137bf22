"""Two sides learn what they have in common and nothing else; what is old, changed or not theirs is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("private_set_intersection", reason="openmined-psi not installed: the extra `match` is missing")

from stillwatch.errors import InputError, OutputError, UsageError
from stillwatch.key import Key
from stillwatch.ledger import opened
from stillwatch.share import matching, sessions
from stillwatch.share.matching import SIZES, Value, checked, normalised, size_for, token
from stillwatch.share.sessions import Side
from stillwatch.share.sharing import Partner
from tests.share.runs import NOW, tables, value, written

KEY = Key(b"a secret of two sides, long enough")
OURS = [("same_address", f"203.0.113.{one}") for one in range(40)]
THEIRS = [("same_address", f"203.0.113.{one}") for one in range(30, 90)]


def exchanged(reveal: bool, ours: Sequence[Value] = OURS, theirs: Sequence[Value] = THEIRS) -> tuple[int, list[Value]]:
    """A whole session over bytes."""
    message, kept = matching.offer(ours, "North", "south", KEY, reveal, NOW)
    read = checked(json.dumps(message).encode(), "offer", "South", KEY, NOW)
    said = matching.answer(read, theirs, "South", KEY, reveal, NOW)
    return matching.result(checked(json.dumps(said).encode(), "answer", "North", KEY, NOW), kept)


def test_the_count_is_told_and_no_value() -> None:
    assert exchanged(False) == (10, [])


def test_common_values_are_told_where_both_agree() -> None:
    assert exchanged(True) == (10, sorted(OURS[30:]))
    assert exchanged(True, OURS, [("same_device", "203.0.113.1")]) == (0, [])
    assert exchanged(True, [], []) == (0, [])


def test_values_go_only_where_both_agree() -> None:
    message, _ = matching.offer(OURS, "North", "south", KEY, True, NOW)
    with pytest.raises(UsageError, match="which values are common"):
        matching.answer(message, THEIRS, "South", KEY, False, NOW)


def test_no_message_holds_a_value_a_token_or_a_count() -> None:
    message, _ = matching.offer(OURS, "North", "south", KEY, True, NOW)
    said = matching.answer(message, THEIRS, "South", KEY, True, NOW)
    other, _ = matching.offer(OURS[:3], "North", "south", KEY, True, NOW)
    for text in (json.dumps(message), json.dumps(said)):
        assert "203.0.113" not in text
        assert token(*OURS[0], KEY) not in text
    assert (message["size"], said["size"], len(message["request"])) == (1_000, 1_000, len(other["request"]))


@pytest.mark.parametrize(("count", "size"), [(0, 1_000), (1_000, 1_000), (1_001, 25_000), (1_000_000, 1_000_000)])
def test_sizes_are_fixed(count: int, size: int) -> None:
    assert size_for(count) == size
    assert size in SIZES


def test_too_many_values_are_said() -> None:
    with pytest.raises(UsageError, match="more than 1,000,000"):
        size_for(1_000_001)


def test_values_have_one_text_under_one_secret() -> None:
    told = [("same_address", "[2001:DB8::7]:443"), ("same_address", "2001:db8::7"), ("same_organisation", "firm")]
    assert normalised(told) == [("same_address", "2001:db8::7")]
    assert normalised([("same_payment_fingerprint", "card_1234567")]) == [("same_payment_fingerprint", "card_1234567")]
    assert token(*OURS[0], KEY) != token(*OURS[0], Key(b"another secret of two sides, as long"))
    assert token("same_device", "token-1", KEY) != token("same_client_fingerprint", "token-1", KEY)


def tampered(**changed: Any) -> bytes:
    message, _ = matching.offer(OURS, "North", "south", KEY, False, NOW)
    said = {name: text for name, text in message.items() if name != "signature"} | changed
    return json.dumps(matching.signed(said, KEY)).encode()


def test_a_changed_message_is_refused() -> None:
    message, _ = matching.offer(OURS, "North", "south", KEY, False, NOW)
    for raw in (json.dumps({**message, "reveal": True}), json.dumps({**message, "signature": "ü"})):
        with pytest.raises(InputError, match="is not signed"):
            checked(raw.encode(), "offer", "South", KEY, NOW)
    with pytest.raises(InputError, match="is not signed"):
        checked(json.dumps(message).encode(), "offer", "South", Key(b"the secret of another pair, as long"), NOW)


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"[" * 9_999, b'{"signature": 7}', b"\xff"])
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError, match="this is no offer"):
        checked(raw, "offer", "South", KEY, NOW)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": "answer"}, "this is no offer"),
        ({"profile": "stillwatch-match-0"}, "this is no offer"),
        ({"from": "South"}, "this is no offer"),
        ({"at": "2026-06-01T10:00:00.000Z"}, "older than an hour"),
        ({"at": "2026-06-01T15:00:00.000Z"}, "older than an hour"),
        ({"at": 7}, "older than an hour"),
        ({"size": 7}, "lacks"),
        ({"request": None}, "lacks"),
        ({"reveal": "yes"}, "lacks"),
    ],
)
def test_what_the_profile_does_not_allow_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        checked(tampered(**changed), "offer", "South", KEY, NOW)


@pytest.mark.parametrize(
    "changed", [{"size": 25_000}, {"request": "%"}, {"request": "AAAA"}, {"reveal": True}], ids=str
)
def test_an_offer_that_lies_is_refused(changed: dict[str, Any]) -> None:
    read = checked(tampered(**changed), "offer", "South", KEY, NOW)
    with pytest.raises(InputError, match=r"not what it says|cannot be read"):
        matching.answer(read, THEIRS, "South", KEY, True, NOW)


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    """Two providers with a ledger each, and runs in `north/run` and `south/run` that have one address in common."""
    (tmp_path / "secret").write_bytes(KEY.secret)
    for name, own in (("north", 7), ("south", 8)):
        shared = [value("same_address", "198.51.100.1"), value("same_address", f"198.51.100.{own}", number=1)]
        written(tmp_path / name / "run", tables("review", shared))

    def side(name: str, other: str) -> Side:
        partner = Partner(name=other, legal_basis="an agreement", match_key_file=tmp_path / "secret", matches_a_day=2)
        ledger = stack.enter_context(opened(tmp_path / name))
        return Side(name.title(), partner, ledger, tmp_path / name, NOW)

    with ExitStack() as stack:
        yield side("north", "south"), side("south", "north")


def session(sides: tuple[Side, Side], folder: Path, reveal: bool = True) -> tuple[int, list[Value]]:
    north, south = sides
    sessions.offer(north, north.state / "run", folder / "offer.json", reveal)
    sessions.answer(south, folder / "offer.json", south.state / "run", folder / "answer.json", reveal)
    return sessions.read(north, folder / "answer.json")


def test_a_session_is_logged_on_both_sides_and_becomes_an_indicator(sides: tuple[Side, Side], tmp_path: Path) -> None:
    assert session(sides, tmp_path) == (1, [("same_address", "198.51.100.1")])
    north, south = sides
    (told,) = north.ledger.received.indicators("south")
    assert json.loads(told.body)["pattern"] == "[ipv4-addr:value = '198.51.100.1']"
    assert [one.action.partition(" ")[0] for one in north.logged()] == ["read", "offered"]
    assert [one.action.partition(" ")[0] for one in south.logged()] == ["answered"]
    assert south.ledger.received.partners() == ()
    assert list((north.state / sessions.FOLDER).iterdir()) == []
    assert (tmp_path / "offer.json").stat().st_mode & 0o077 == 0


def test_a_count_tells_no_value(sides: tuple[Side, Side], tmp_path: Path) -> None:
    assert session(sides, tmp_path, reveal=False) == (1, [])
    assert sides[0].ledger.received.partners() == ()


def test_a_message_is_good_once(sides: tuple[Side, Side], tmp_path: Path) -> None:
    session(sides, tmp_path)
    north, south = sides
    with pytest.raises(InputError, match="answered before"):
        sessions.answer(south, tmp_path / "offer.json", south.state / "run", tmp_path / "again.json", True)
    with pytest.raises(InputError, match="no offer of ours waits"):
        sessions.read(north, tmp_path / "answer.json")


def test_a_session_counts_where_its_file_could_be_written(sides: tuple[Side, Side], tmp_path: Path) -> None:
    north, south = sides
    nowhere = tmp_path / "none" / "x.json"
    with pytest.raises(OutputError, match="there is no folder"):
        sessions.offer(north, north.state / "run", nowhere, True)
    assert (list(north.logged()), (north.state / sessions.FOLDER).exists()) == ([], False)
    sessions.offer(north, north.state / "run", tmp_path / "offer.json", True)
    with pytest.raises(OutputError, match="there is no folder"):
        sessions.answer(south, tmp_path / "offer.json", south.state / "run", nowhere, True)
    sessions.answer(south, tmp_path / "offer.json", south.state / "run", tmp_path / "answer.json", True)
    assert [one.action.partition(" ")[0] for one in south.logged()] == ["answered"]


def test_a_wrong_file_is_named(sides: tuple[Side, Side], tmp_path: Path) -> None:
    north, _ = sides
    sessions.offer(north, north.state / "run", tmp_path / "offer.json", True)
    with pytest.raises(
        InputError, match=r"`.*/offer\.json`: this is no answer .*; name the file that the partner sent"
    ):
        sessions.read(north, tmp_path / "offer.json")


def test_sessions_a_day_are_limited_on_both_sides(sides: tuple[Side, Side], tmp_path: Path) -> None:
    north, south = sides
    for _ in range(2):
        session(sides, tmp_path)
    with pytest.raises(UsageError, match="2 sessions within a day"):
        sessions.offer(north, north.state / "run", tmp_path / "third.json", False)
    message, _ = matching.offer(OURS, "North", "south", KEY, False, NOW)
    (tmp_path / "third.json").write_text(json.dumps(message))
    with pytest.raises(UsageError, match="2 sessions within a day"):
        sessions.answer(south, tmp_path / "third.json", south.state / "run", tmp_path / "x.json", False)
    tomorrow = Side(south.ours, south.partner, south.ledger, south.state, NOW + timedelta(days=2))
    message, _ = matching.offer(OURS, "North", "south", KEY, False, tomorrow.now)
    (tmp_path / "third.json").write_text(json.dumps(message))
    sessions.answer(tomorrow, tmp_path / "third.json", south.state / "run", tmp_path / "x.json", False)


def test_an_answer_to_another_partner_is_refused(sides: tuple[Side, Side], tmp_path: Path) -> None:
    north, south = sides
    sessions.offer(north, north.state / "run", tmp_path / "offer.json", True)
    sessions.answer(south, tmp_path / "offer.json", south.state / "run", tmp_path / "answer.json", True)
    other = north.partner.model_copy(update={"name": "west"})
    with pytest.raises(InputError, match="another partner"):
        sessions.read(Side(north.ours, other, north.ledger, north.state, NOW), tmp_path / "answer.json")


def test_without_a_secret_there_is_no_session(sides: tuple[Side, Side], tmp_path: Path) -> None:
    north, _ = sides
    plain = north.partner.model_copy(update={"match_key_file": None})
    with pytest.raises(UsageError, match="has no `match_key_file`"):
        sessions.offer(
            Side(north.ours, plain, north.ledger, north.state, NOW), north.state / "run", tmp_path / "o", True
        )
