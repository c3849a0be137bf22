"""What Traefik's ForwardAuth asks, as `examples/gateways/traefik.yaml` has it ask, and what then becomes of a request.

No package here carries Traefik, so that its middlewares are played from the file, by its documentation of ForwardAuth
and Headers (version 3): nothing here shows that Traefik takes the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.serve.asked import NOTICE, Answered, Served
from tests.serve.gateways.programs import EXAMPLES

yaml = pytest.importorskip("yaml")
Headers = dict[str, str]
FORGED = {
    "x-stillwatch-account": "alice",
    "x-stillwatch-key": "mine",
    "x-stillwatch-effect": "none",
    "x-forwarded-uri": "/healthz",
    "x-forwarded-method": "OPTIONS",
}


@dataclass
class Passed:
    """What became of a request: the answer to the customer, or the headers that reach what stands behind."""

    answer: Answered | None
    reached: Headers


def through(here: Served, method: str, uri: str, account: str, headers: Headers) -> Passed:
    """Plays the router's middlewares in their order; the provider's own authentication names `account`."""
    http = yaml.safe_load(
        (EXAMPLES / "traefik.yaml").read_text(encoding="utf-8").replace('"KEY"', here.keys["verdict"])
    )
    reached = dict(headers)
    for name in http["http"]["routers"]["models"]["middlewares"]:
        ((kind, how),) = http["http"]["middlewares"][name].items()
        if kind == "headers":
            reached |= how["customRequestHeaders"]
            reached = {header: value for header, value in reached.items() if value}
            continue
        if name == "account":
            answer = Answered(200, {"x-stillwatch-account": account}, b"")
        else:
            answer = asked(here, how, (method, uri), reached)
        if not 200 <= answer.status < 300:
            return Passed(answer, {})
        for header in how["authResponseHeaders"]:
            reached.pop(header, None)
            if header in answer.headers:
                reached[header] = answer.headers[header]
    return Passed(None, reached)


def asked(here: Served, how: dict[str, Any], line: tuple[str, str], client: Headers) -> Answered:
    sent = {name: value for name, value in client.items() if name in how["authRequestHeaders"]}
    assert not how["trustForwardHeader"]
    sent |= {
        "x-forwarded-method": line[0],
        "x-forwarded-uri": line[1],
        "x-forwarded-host": "models.example",
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-proto": "https",
        "x-forwarded-port": "443",
    }
    path = how["address"].removeprefix("http://127.0.0.1:8080")
    return here.ask("GET", path, headers=list(sent.items()))


@pytest.mark.parametrize(("method", "uri"), [("POST", "/v1/chat/completions"), ("DELETE", "/v1/files/1?x=%00%F0")])
@pytest.mark.parametrize("forged", [{}, FORGED], ids=["plain", "forged"])
def test_a_suspended_account_is_refused_whatever_a_client_sends(
    here: Served, method: str, uri: str, forged: Headers
) -> None:
    found = through(here, method, uri, "mallory", forged).answer
    assert found is not None
    assert (found.status, found.json["detail"]) == (403, NOTICE)
    assert found.headers["x-stillwatch-effect"] == "suspend"
    assert int(found.headers["x-stillwatch-retry-after"]) > 0


@pytest.mark.parametrize("forged", [{}, FORGED | {"x-stillwatch-account": "mallory"}], ids=["plain", "forged"])
def test_others_pass_and_nothing_of_ours_or_forged_goes_with_them(here: Served, forged: Headers) -> None:
    found = through(here, "POST", "/v1/chat/completions", "alice", {"authorization": "Bearer sk-1", **forged})
    assert found.answer is None
    assert not [name for name in found.reached if name.startswith("x-stillwatch")]
    assert found.reached["authorization"] == "Bearer sk-1"


def test_an_effect_reaches_what_stands_behind(here: Served) -> None:
    found = through(here, "POST", "/v1/chat/completions", "trent", {})
    assert found.answer is None
    assert (found.reached["x-stillwatch-effect"], found.reached["x-stillwatch-decision"]) == ("challenge", "d4")


def test_the_throttled_are_refused_for_a_while(here: Served) -> None:
    answers = [through(here, "POST", "/v1/chat/completions", "eve", {}).answer for _ in range(8)]
    assert answers[0] is None
    last = answers[-1]
    assert last is not None
    assert (last.status, last.headers["x-stillwatch-effect"]) == (403, "throttle")


@pytest.mark.parametrize("account", ["", "mallory" * 5_000])
def test_an_account_that_says_nothing_is_answered_by_setting(here: Served, account: str) -> None:
    assert through(here, "GET", "/v1/models", account, {}).answer is None
