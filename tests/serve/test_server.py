"""The process itself: slow, endless and broken requests end, swaps and kills leave no wrong answer, signals end it."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch.ledger import opened
from stillwatch.serve.server import _listening, serve
from stillwatch.settings import ServeSettings
from stillwatch.verdicts import Verdict, write
from tests.serve.asked import NOTICE, effect, publish
from tests.serve.live import Live, everything, live

GUARDRAIL = "/beta/litellm_basic_guardrail_api"
CALL = {"request_data": {"user_api_key_user_id": "mallory"}}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    publish(folder, datetime.now(UTC))
    return folder


@pytest.fixture(scope="module")
def key(state: Path) -> str:
    with opened(state) as ledger:
        return ledger.keys.create("gateway", "verdict", datetime.now(UTC))[1]


@pytest.fixture(scope="module")
def server(state: Path, key: str) -> Iterator[Live]:
    with live(state) as found:
        yield found


def answers(server: Live, key: str) -> bool:
    return server.post(GUARDRAIL, key, CALL) == (200, {"action": "BLOCKED", "blocked_reason": NOTICE})


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"POST /v1/verdict HTTP/1.1\r\nhost: x\r\n",
        b"POST /v1/verdict HTTP/1.1\r\nhost: x\r\nx-api-key: KEY\r\ncontent-length: 50\r\n\r\n{",
        b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /heal",
    ],
    ids=["nothing", "half a header", "half a body", "half a second request"],
)
def test_a_slow_client_is_shown_the_door(server: Live, key: str, sent: bytes) -> None:
    answer = server.sent(sent.replace(b"KEY", key.encode()))  # returns only once the server has closed
    assert answer.count(b"HTTP/1.1") == sent.count(b"/healthz")
    assert answers(server, key)


def test_headers_that_do_not_end_are_refused(server: Live, key: str) -> None:
    flood = b"GET /healthz HTTP/1.1\r\n" + b"".join(b"x-%d: %s\r\n" % (number, b"a" * 1_000) for number in range(300))
    with socket.create_connection(("127.0.0.1", server.port), 30) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(flood)
        assert everything(connection)[:12] in (b"HTTP/1.1 431", b"")
    assert answers(server, key)


@pytest.mark.parametrize("raw", [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 100])
def test_what_is_no_http_is_refused(server: Live, key: str, raw: bytes) -> None:
    assert server.sent(raw)[:12] in (b"HTTP/1.1 400", b"")
    assert answers(server, key)


def test_a_body_beyond_its_bound_is_refused_before_it_is_sent(server: Live, key: str) -> None:
    head = b"POST /v1/verdict HTTP/1.1\r\nhost: x\r\nx-api-key: %s\r\ncontent-length: 99999999\r\n\r\n" % key.encode()
    assert server.sent(head).startswith(b"HTTP/1.1 413")
    chunked = head.replace(b"content-length: 99999999", b"transfer-encoding: chunked")
    assert server.sent(chunked + b"100000\r\n" + b"a" * 0x100000).startswith(b"HTTP/1.1 413")
    assert answers(server, key)


def test_pipelined_requests_are_all_answered(server: Live) -> None:
    one = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    assert server.sent(one * 5 + one.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")).count(b" 200 OK") == 6


def test_a_swap_is_answered_from_within_a_second(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with opened(tmp_path) as ledger:
        _, key = ledger.keys.create("gateway", "verdict", now)
    with live(tmp_path) as server:
        assert server.post(GUARDRAIL, key, CALL)[1] == {"action": "NONE"}, "without a snapshot nobody is blocked"
        for words in ("first", "second"):
            write(
                tmp_path / "verdicts", [Verdict("mallory", "act", effects=(effect("suspend", "d", now, words),))], now
            )
            expected = {"action": "BLOCKED", "blocked_reason": words}
            until = time.monotonic() + 30
            while server.post(GUARDRAIL, key, CALL)[1] != expected:
                assert time.monotonic() < until
        (file,) = (tmp_path / "verdicts").glob("*.verdicts")
        file.write_bytes(file.read_bytes()[:-1])
        while not any(line["event"] == "snapshot refused" for line in server.lines()):
            assert time.monotonic() < until + 30
        assert server.post(GUARDRAIL, key, CALL)[1] == expected, "the last good one stays"


def test_killed_and_started_again_it_answers_the_same(state: Path, key: str) -> None:
    for _ in range(3):
        with live(state) as server:
            assert answers(server, key)
            os.kill(server.process.pid, signal.SIGKILL)
            assert server.process.wait(30) == -signal.SIGKILL


def test_a_signal_ends_it_in_order(state: Path, key: str) -> None:
    with live(state) as server:
        assert answers(server, key)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 0
        assert [line["event"] for line in server.lines()] == ["serving", "ended"]


def test_answers_are_sent_at_once() -> None:
    """asyncio turns Nagle's algorithm off only where a socket names its protocol; else each answer waits for 40 ms."""
    with _listening("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        assert accepted.proto == socket.IPPROTO_TCP
        accepted.close()


def test_a_port_that_is_taken_is_named(state: Path, server: Live) -> None:
    with pytest.raises(UsageError, match="cannot be listened on"):
        serve(state, "127.0.0.1", server.port, None, ServeSettings())
