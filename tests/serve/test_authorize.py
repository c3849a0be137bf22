"""`/v1/authorize` answers 200 or 403 and nothing else; a forged account header lets nobody escape."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stillwatch.serve.authorize import MOST_ACCOUNTS, MOST_BUCKETS, Rates, header_value
from tests.serve.asked import NOTICE, Answered, Served, publish, served, without_keys

METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND"]


def check(one: Served, *accounts: str | bytes, **given: Any) -> Answered:
    """Asks as a gateway that names these accounts."""
    headers: list[tuple[str, Any]] = [("x-stillwatch-account", account) for account in accounts]
    headers.append(("x-stillwatch-key", one.keys.get(given.pop("key", "verdict"), "wrong")))
    path = given.pop("path", "/v1/authorize/v1/chat/completions?x=1")
    return one.ask(given.pop("method", "GET"), path, headers=[*headers, *given.pop("headers", [])])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/v1/authorize", "/v1/authorize/", "/v1/authorize/v1/x?y=z", "/v1/authorize/../%00"])
def test_a_suspended_account_is_refused_on_every_path(here: Served, method: str, path: str) -> None:
    found = check(here, "mallory", method=method, path=path)
    assert found.status == 403
    assert found.headers["x-stillwatch-effect"] == "suspend"
    assert found.headers["x-stillwatch-decision"] == "d1"
    assert 86_000 < int(found.headers["x-stillwatch-retry-after"]) <= 86_400
    assert found.json["detail"] == NOTICE


@pytest.mark.parametrize("account", ["alice", "peggy", "Mallory", "mallory,alice"])
def test_all_others_pass_without_a_word(here: Served, account: str) -> None:
    found = check(here, account)
    assert (found.status, found.body) == (200, b"")
    assert not [name for name in found.headers if name.startswith("x-stillwatch")]


def test_effects_that_only_the_gateway_can_act_on_are_named(here: Served) -> None:
    found = check(here, "trent")
    assert (found.status, found.headers["x-stillwatch-effect"], found.headers["x-stillwatch-decision"]) == (
        200,
        "challenge",
        "d4",
    )


def test_a_throttled_account_passes_so_many_times(here: Served) -> None:
    answers = [check(here, "eve") for _ in range(8)]
    assert [one.status for one in answers[:6]] == [200] * 6
    assert answers[-1].status == 403
    assert answers[-1].headers["x-stillwatch-effect"] == "throttle", "the hardest of its effects is named"
    assert 1 <= int(answers[-1].headers["x-stillwatch-retry-after"]) <= 10


def test_a_rate_is_spread_evenly() -> None:
    now = [0.0]
    rates = Rates(6.0, lambda: now[0])
    assert [rates.wait("a") for _ in range(6)] == [0.0] * 6
    assert rates.wait("a") == pytest.approx(10.0)
    assert rates.wait("b") == 0.0
    now[0] = 9.9
    assert rates.wait("a") == pytest.approx(0.1)
    now[0] = 10.1
    assert rates.wait("a") == 0.0
    assert rates.wait("a") > 9
    now[0] = 1e6
    assert [rates.wait("a") for _ in range(7)][-1] > 0, "no more than the allowance is saved up"


def test_rates_need_bounded_memory() -> None:
    rates = Rates(6.0, lambda: 0.0)
    for number in range(MOST_BUCKETS + 10):
        rates.wait(str(number))
    assert len(rates._left) <= MOST_BUCKETS


@pytest.mark.parametrize("accounts", [("mallory", "alice"), ("alice", "mallory"), ("alice", "eve", "mallory")])
def test_a_second_account_header_lets_nobody_escape(here: Served, accounts: tuple[str, ...]) -> None:
    found = check(here, *accounts)
    assert (found.status, found.headers["x-stillwatch-effect"]) == (403, "suspend")


@pytest.mark.parametrize("accounts", [("alice", "trent"), ("trent", "alice"), ("peggy", "alice", "trent")])
def test_nor_from_an_effect_that_the_gateway_acts_on(here: Served, accounts: tuple[str, ...]) -> None:
    assert check(here, *accounts).headers["x-stillwatch-effect"] == "challenge"


def test_nor_do_many_account_headers(here: Served) -> None:
    forged = [f"nobody-{number}" for number in range(MOST_ACCOUNTS + 1)]
    for accounts in ((*forged, "mallory"), ("mallory", *forged), forged):
        assert check(here, *accounts).status == 403
    assert check(here, *["alice"] * 20).status == 200, "one account, however often a chain of gateways names it"


def test_who_names_another_learns_nothing_of_it_and_takes_nothing_away(here: Served) -> None:
    for other in ("mallory", "eve", "trent"):
        for _ in range(10):
            found = check(here, "alice", other)
            said = " ".join([*found.headers.values(), found.body.decode()])
            assert not [name for name in found.headers if name in ("x-stillwatch-decision", "x-stillwatch-appeal")]
            assert "SW-" not in said
    assert [check(here, "eve").status for _ in range(6)] == [200] * 6


@pytest.mark.parametrize("accounts", [("mallory", "mallory"), ("", "mallory")])
def test_one_account_named_twice_is_one(here: Served, accounts: tuple[str, ...]) -> None:
    assert check(here, *accounts).headers["x-stillwatch-decision"] == "d1"


@pytest.mark.parametrize("value", ["mallory ", "mallory\t", " \tmallory  "])
def test_blanks_around_an_account_are_no_part_of_it(here: Served, value: str) -> None:
    assert check(here, value).status == 403


def test_only_the_configured_header_is_trusted(tmp_path: Path, now: datetime) -> None:
    publish(tmp_path, now)
    one = served(tmp_path, account_header="X-Provider-Account")
    assert check(one, "mallory").status == 200
    forged = [("x-provider-account", "alice")]
    assert check(one, "mallory", headers=forged).status == 200
    assert check(one, "alice", headers=[("x-provider-account", "mallory")]).status == 403


def test_an_account_in_utf_8_and_one_that_is_not_are_both_looked_up(here: Served) -> None:
    assert check(here, b"mallory").status == 403
    assert check(here, b"\xff\xfe").status == 200


@pytest.mark.parametrize("fails", ["open", "closed"])
def test_without_knowledge_the_setting_answers(tmp_path: Path, now: datetime, fails: str) -> None:
    expected = 200 if fails == "open" else 403
    nothing = served(tmp_path, authorize_fails=fails)
    publish(tmp_path, now - timedelta(days=2))
    old = served(tmp_path, authorize_fails=fails)
    publish(tmp_path, now)
    fresh = served(tmp_path, authorize_fails=fails)
    assert check(nothing, "alice").status == expected
    assert check(old, "mallory").status == expected
    assert check(without_keys(fresh), "mallory").status == expected
    assert check(fresh).status == expected, "no account was named"
    assert check(fresh, "").status == expected
    assert check(fresh, "mallory", key="none").status == expected, "a wrong key of the gateway is no customer's fault"
    assert check(fresh, "mallory", key="ingest").status == expected
    assert check(fresh, "alice").status == 200


def test_a_clients_own_credentials_are_not_the_gateways(here: Served) -> None:
    """A client that holds a key of ours cannot speak for the gateway, for the gateway passes these headers on."""
    for name in ("authorization", "x-api-key"):
        value = ("Bearer " if name == "authorization" else "") + here.keys["verdict"]
        headers = [(name, value), ("x-stillwatch-account", "mallory")]
        assert here.ask("GET", "/v1/authorize/", headers=headers).status == 200


def test_an_error_inside_is_answered_as_the_setting_says(here: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(account: str) -> None:
        raise MemoryError

    monkeypatch.setattr(here.parts.snapshots, "answer", broken)
    assert check(here, "mallory").status == 200


def test_no_text_ends_a_header() -> None:
    assert header_value("d1\r\nset-cookie: a=b\0ü") == b"d1??set-cookie: a=b??"
