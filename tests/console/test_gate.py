"""Who enters, who stays, and who does not: tokens, sessions, proxies and roles that change."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stillwatch.console.gate import Token, csrf_of
from tests.console.asked import Console, served

HEADER = "x-forwarded-user"


@pytest.fixture
def word(here: Console) -> str:
    """The one-time word that the terminal shows."""
    here.beside.started("http://127.0.0.1:1")
    return re.search(r"token=(\S+)$", here.said[-1])[1]  # type: ignore[index]


class TestToken:
    def test_lets_one_person_in_once(self, here: Console, word: str) -> None:
        shown = here.get(f"/enter?token={word}", None)
        assert f'name="token" value="{word}"' in shown.text
        seen = here.ask("POST", "/enter", None, {"token": word})
        assert (seen.status, seen.header("location")) == (303, "/")
        here.secrets["root"] = seen.cookie
        assert here.get("/people", "root").status == 200
        again = here.ask("POST", "/enter", None, {"token": word})
        assert again.status == 403
        assert again.cookie == ""

    def test_is_not_spent_by_looking(self, here: Console, word: str) -> None:
        for _ in range(3):
            here.get(f"/enter?token={word}", None)
        assert here.ask("POST", "/enter", None, {"token": word}).status == 303

    @pytest.mark.parametrize("wrong", ["", "x", "é", "x" * 10_000, "\0"])
    def test_that_is_wrong_opens_nothing(self, here: Console, word: str, wrong: str) -> None:
        assert here.ask("POST", "/enter", None, {"token": wrong}).status == 403
        assert here.ask("POST", "/enter", None, {"token": word}).status == 303

    def test_is_spent_once_by_whoever_comes_first(self) -> None:
        token = Token()
        word = token.word or ""
        assert [token.spend(word) for _ in range(3)] == [True, False, False]


class TestSession:
    def test_is_a_cookie_that_no_script_reads(self, here: Console, word: str) -> None:
        cookie = here.ask("POST", "/enter", None, {"token": word}).header("set-cookie")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))

    def test_that_was_left_opens_nothing_to_whoever_stole_it(self, here: Console) -> None:
        stolen = here.secrets["analyst"]
        left = here.post("/leave", "analyst")
        assert left.status == 303
        assert "Max-Age=0" in left.header("set-cookie")
        assert here.ask("GET", "/", None, None, {"cookie": f"stillwatch={stolen}"}).status == 401
        form = {"csrf": csrf_of(stolen), "subject": "C1", "verdict": "innocent", "reason": "x", "seen": ""}
        assert here.ask("POST", "/judge", None, form, {"cookie": f"stillwatch={stolen}"}).status == 401

    def test_ends_by_itself(self, here: Console) -> None:
        past = datetime.now(UTC) - timedelta(days=2)
        here.secrets["old"] = here.ledger.sessions.begin("old", "admin", "token", past, timedelta(days=1))
        assert here.get("/", "old").status == 401

    def test_is_ended_by_an_administrator(self, here: Console) -> None:
        assert here.get("/", "viewer").status == 200
        assert here.send("/people/sessions", "admin", {"person": "viewer"}).status == 303
        assert here.get("/", "viewer").status == 401

    @pytest.mark.parametrize(
        "cookie", ["stillwatch=", "stillwatch=x", "stillwatch=" + "x" * 4_000, "other=1", ";;=", "é=é"]
    )
    def test_that_was_never_given_is_none(self, here: Console, cookie: str) -> None:
        assert here.ask("GET", "/", None, None, {"cookie": cookie}).status == 401

    def test_outlives_the_server(self, here: Console, state: Path) -> None:
        with served(state) as other:
            other.secrets["again"] = here.secrets["analyst"]
            assert other.get("/", "again").status == 200


class TestRole:
    def test_that_was_lowered_counts_on_a_page_that_is_open(self, here: Console) -> None:
        assert here.get("/review/campaign/C1", "analyst").status == 200
        assert here.send("/people/roles", "admin", {"person": "analyst", "role": "viewer"}).status == 303
        form = {"subject": "C1", "verdict": "confirmed", "reason": "seen", "seen": ""}
        refused = here.post("/judge", "analyst", **form)
        assert refused.status == 403
        assert "yours is viewer" in refused.text
        assert here.ledger.judgements.list("C1") == ()

    def test_of_none_shuts_out(self, here: Console) -> None:
        here.ledger.people.grant("viewer", "none", "admin", datetime.now(UTC))
        assert here.get("/", "viewer").status == 403

    def test_of_oneself_is_changed_by_another(self, here: Console) -> None:
        assert here.send("/people/roles", "admin", {"person": "ADMIN ", "role": "viewer"}).status == 409
        assert here.get("/people").status == 200

    def test_that_does_not_exist_is_refused(self, here: Console) -> None:
        assert here.send("/people/roles", "admin", {"person": "viewer", "role": "emperor"}).status == 409


class TestProxy:
    @pytest.fixture
    def behind(self, state: Path) -> object:
        return served(state, person_header=HEADER, trusted_proxies=("10.0.0.1",), unknown_person="viewer")

    def test_names_who_is_let_in(self, behind: object) -> None:
        with behind as here:  # type: ignore[attr-defined]
            seen = here.get("/", None, {HEADER: "ana@example.org", "client": "10.0.0.1"})
            assert seen.status == 200
            assert "ana@example.org, viewer" in seen.text
            here.secrets["ana"] = seen.cookie
            again = here.get("/", "ana", {HEADER: "ana@example.org", "client": "10.0.0.1"})
            assert (again.status, again.cookie) == (200, "")

    def test_that_is_not_trusted_names_nobody(self, behind: object) -> None:
        with behind as here:  # type: ignore[attr-defined]
            forged = {HEADER: "admin", "x-forwarded-for": "10.0.0.1", "forwarded": "for=10.0.0.1"}
            assert here.get("/", None, {**forged, "client": "10.0.0.2"}).status == 401
            assert here.get("/", None, forged).status == 401

    def test_cannot_be_left_out_by_a_session_that_it_gave(self, behind: object) -> None:
        with behind as here:  # type: ignore[attr-defined]
            here.secrets["ana"] = here.get("/", None, {HEADER: "ana", "client": "10.0.0.1"}).cookie
            assert here.get("/", "ana").status == 401
            other = here.get("/", "ana", {HEADER: "bo", "client": "10.0.0.1"})
            assert "bo, viewer" in other.text
            assert other.cookie not in ("", here.secrets["ana"])

    def test_whose_header_stands_there_twice_or_is_no_name_names_nobody(self, behind: object) -> None:
        with behind as here:  # type: ignore[attr-defined]
            for value in ("", "  ", "x" * 300):
                assert here.get("/", None, {HEADER: value, "client": "10.0.0.1"}).status == 401
            both = {HEADER: "admin", HEADER.upper(): "ana", "client": "10.0.0.1"}
            assert here.get("/", None, both).status == 401

    def test_over_tls_keeps_the_cookie_to_it(self, behind: object) -> None:
        with behind as here:  # type: ignore[attr-defined]
            seen = here.get("/", None, {HEADER: "ana", "client": "10.0.0.1", "x-forwarded-proto": "https"})
            assert "Secure" in seen.header("set-cookie")

    def test_gives_strangers_no_role_by_default(self, state: Path) -> None:
        with served(state, person_header=HEADER, trusted_proxies=("10.0.0.1",)) as here:
            seen = here.get("/", None, {HEADER: "ana", "client": "10.0.0.1"})
            assert seen.status == 403
            assert "You have no role here" in seen.text
            here.ledger.people.grant("ana", "analyst", "admin", datetime.now(UTC))
            assert here.get("/", None, {HEADER: "ana", "client": "10.0.0.1"}).status == 200
