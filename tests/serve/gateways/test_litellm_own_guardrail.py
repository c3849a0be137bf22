"""A real LiteLLM proxy asks by `examples/gateways/stillwatch_guardrail.py`: no body makes the question fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serve.asked import NOTICE
from tests.serve.gateways.litellm_proxy import OWN
from tests.serve.gateways.model_server import TEXT
from tests.serve.gateways.programs import LITELLM
from tests.serve.gateways.test_litellm_proxy import CUSTOMERS, FORGED, SUSPENDED, Beside, made, until

pytestmark = pytest.mark.skipif(
    not (LITELLM / "bin" / "litellm").is_file(), reason="LiteLLM is not installed; run `make litellm`"
)
HOSTILE: list[dict[str, object]] = [
    *FORGED,
    # with these, LiteLLM's generic guardrail fails before it asks, or does not ask at all, and the suspended pass
    {"tools": [{"foo": 1}]},
    {"tools": [{"type": 7, "function": {"name": "x"}}]},
    {"messages": [{"role": "user", "content": None}]},
    {"messages": [{"role": 7, "content": "x"}]},
]


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    for found in made(tmp_path_factory, OWN):
        # the first question of a proxy that has just started may take longer than a customer is made to wait
        until(lambda proxy=found.proxy: proxy.calls([{"key": SUSPENDED[0]}])[0]["text"] == NOTICE)  # type: ignore[misc]
        yield found


def test_the_blocked_see_the_reason_and_others_feel_nothing(beside: Beside) -> None:
    calls = [{"key": key, "stream": stream} for key in (*SUSPENDED, *CUSTOMERS[:6]) for stream in (False, True)]
    seen = [(one["status"], one["text"]) for one in beside.proxy.calls(calls)]
    assert seen == [(400, NOTICE)] * 4 + [(200, TEXT)] * 12


def test_no_body_lets_the_suspended_escape(beside: Beside) -> None:
    seen = beside.proxy.calls([{"key": SUSPENDED[0], "extra": extra} for extra in HOSTILE])
    assert {(one["status"], one["text"]) for one in seen} == {(400, NOTICE)}
    others = beside.proxy.calls([{"key": CUSTOMERS[0], "extra": extra} for extra in HOSTILE])
    assert NOTICE not in {one["text"] for one in others}


@pytest.mark.parametrize("how", ["killed", "stopped", "hangs", "500", "rubbish"])
def test_customers_go_on_whatever_happens_to_us(beside: Beside, how: str) -> None:
    with beside.replaced(how):
        seen = beside.proxy.calls([{"key": key} for key in CUSTOMERS[:8]])
    assert {(one["status"], one["text"]) for one in seen} == {(200, TEXT)}
    until(lambda: beside.proxy.calls([{"key": SUSPENDED[0]}])[0]["text"] == NOTICE)
