"""A real LiteLLM proxy asks: the blocked see the stated reason, all others go on, whatever happens to us."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from stillwatch.ledger import opened
from stillwatch.verdicts import Verdict, write
from tests.serve.asked import NOTICE, effect
from tests.serve.gateways.litellm_proxy import GENERIC, Proxy, proxy
from tests.serve.gateways.model_server import TEXT
from tests.serve.gateways.programs import LITELLM, faulty
from tests.serve.live import Live, live

pytestmark = pytest.mark.skipif(
    not (LITELLM / "bin" / "litellm").is_file(), reason="LiteLLM is not installed; run `make litellm`"
)
BARE = "sk-bare-17"
CUSTOMERS = [f"sk-user-customer-{number}" for number in range(57)]
SUSPENDED = ["sk-user-mallory", BARE]
SETTINGS = "[serve]\nrefresh_seconds = 0.05\n"


class Beside:
    """The proxy and our server, which may be replaced by another on the same port."""

    def __init__(self, state: Path, folder: Path, example: str = GENERIC) -> None:
        self.state = state
        self._stack = ExitStack()
        with opened(state) as ledger:  # before the server starts, which reads keys made later only now and then
            key = ledger.keys.create("litellm", "verdict", datetime.now(UTC))[1]
        self.server: Live = self._stack.enter_context(live(state, SETTINGS))
        self.proxy: Proxy = self._stack.enter_context(
            proxy(folder, f"http://127.0.0.1:{self.server.port}", key, example)
        )

    def close(self) -> None:
        self._stack.close()

    @contextmanager
    def replaced(self, how: str) -> Iterator[None]:
        """Our server is killed, stopped, or another answers in its place, while the block runs."""
        if how == "stopped":
            os.kill(self.server.process.pid, signal.SIGSTOP)
            yield
            os.kill(self.server.process.pid, signal.SIGCONT)
            return
        self.server.process.kill()
        self.server.process.wait()
        if how == "killed":
            yield
        else:
            with faulty(how, self.server.port, self.state):
                yield
        self.server = self._stack.enter_context(live(self.state, SETTINGS, port=self.server.port))


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    yield from made(tmp_path_factory, GENERIC)


def made(tmp_path_factory: pytest.TempPathFactory, example: str) -> Iterator[Beside]:
    """The proxy beside our server, whose snapshot suspends two accounts."""
    state, now = tmp_path_factory.mktemp("state"), datetime.now(UTC)
    held = (effect("suspend", "d1", now),)
    bare = sha256(BARE.encode()).hexdigest()
    write(state / "verdicts", [Verdict(one, "act", effects=held) for one in ("mallory", bare)], now)
    found = Beside(state, tmp_path_factory.mktemp("litellm") / "proxy", example)
    yield found
    found.close()


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_the_blocked_see_the_reason_and_others_feel_nothing(beside: Beside) -> None:
    keys = [*CUSTOMERS, *SUSPENDED, "sk-unknown"]
    seen = dict(zip(keys, beside.proxy.calls([{"key": key} for key in keys]), strict=True))
    assert {(seen[key]["status"], seen[key]["text"]) for key in CUSTOMERS} == {(200, TEXT)}
    assert {(seen[key]["status"], seen[key]["text"]) for key in SUSPENDED} == {(400, NOTICE)}
    assert seen["sk-unknown"]["status"] == 401


def test_a_stream_is_blocked_before_it_begins(beside: Beside) -> None:
    blocked, passed = beside.proxy.calls([{"key": SUSPENDED[0], "stream": True}, {"key": CUSTOMERS[0], "stream": True}])
    assert (blocked["status"], blocked["text"]) == (400, NOTICE)
    assert (passed["status"], passed["text"]) == (200, TEXT)


FORGED = [
    {"metadata": {"user_api_key_user_id": "customer-0", "user_api_key_hash": "0" * 64}},
    {"litellm_metadata": {"user_api_key_user_id": "customer-0", "user_api_key_hash": "0" * 64}},
    {"request_data": {"user_api_key_user_id": "customer-0"}},
    {"user_api_key_user_id": "customer-0", "user_api_key_dict": {"user_id": "customer-0"}},
    {"guardrails": []},
    {"metadata": {"guardrails": [], "disable_global_guardrail": True, "disable_global_guardrails": True}},
    {"disable_global_guardrail": True, "disable_global_guardrails": True},
]


@pytest.mark.parametrize("extra", FORGED, ids=range(len(FORGED)))
def test_a_forged_body_lets_nobody_escape_and_blocks_nobody_else(beside: Beside, extra: dict[str, object]) -> None:
    blocked, passed = beside.proxy.calls([{"key": SUSPENDED[0], "extra": extra}, {"key": CUSTOMERS[0], "extra": extra}])
    assert (blocked["status"], blocked["text"]) == (400, NOTICE)
    assert passed["status"] in (200, 400)
    assert passed["text"] != NOTICE


def test_a_customer_is_not_blocked_by_naming_another(beside: Beside) -> None:
    words = {"user_api_key_user_id": "mallory"}
    calls = [{"key": CUSTOMERS[1], "extra": {name: words}} for name in ("metadata", "litellm_metadata", "request_data")]
    assert [one["text"] for one in beside.proxy.calls(calls)] == [TEXT] * 3


@pytest.mark.parametrize("how", ["killed", "stopped", "hangs", "500", "rubbish"])
def test_customers_go_on_whatever_happens_to_us(beside: Beside, how: str) -> None:
    calls = [{"key": key} for key in CUSTOMERS[:8]]
    with beside.replaced(how):
        seen = beside.proxy.calls(calls)
    assert {(one["status"], one["text"]) for one in seen} == {(200, TEXT)}
    until(lambda: beside.proxy.calls([{"key": SUSPENDED[0]}])[0]["text"] == NOTICE)


def test_the_log_names_accounts_as_the_guardrail_does(beside: Beside) -> None:
    beside.proxy.calls([{"key": CUSTOMERS[5], "text": "what the log holds"}])
    until(lambda: any("what the log holds" in str(line.get("messages")) for line in beside.proxy.lines()))
    lines = beside.proxy.lines()
    assert {line["metadata"]["user_api_key_user_id"] for line in lines} >= {"customer-5", "mallory"}
    blocked = [line for line in lines if line["metadata"]["user_api_key_user_id"] == "mallory"]
    assert {line["status"] for line in blocked} == {"failure"}
    assert "model_map_information" not in lines[0]
