"""What gateways other than LiteLLM have in common in tests: customers' requests, our server in a gateway's reach."""

from __future__ import annotations

import http.client
import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stillwatch.ledger import opened
from stillwatch.verdicts import Verdict, write
from tests.serve.asked import NOTICE, effect
from tests.serve.gateways.programs import faulty
from tests.serve.live import Live, live

SETTINGS = "[serve]\nrefresh_seconds = 0.05\n"
ACCOUNTS = ("alice", "mallory", "eve", "trent")
FORGED = [
    {"x-stillwatch-account": "alice"},
    {"X-Stillwatch-Account": "alice"},
    {"x-stillwatch-account": ""},
    {"x-stillwatch-account": "alice", "x-stillwatch-key": "forged"},
    {"x_stillwatch_account": "alice"},
    {"x-stillwatch-effect": "observe", "x-stillwatch-decision": "d0"},
    {"x-original-uri": "/", "x-original-method": "GET", "x-forwarded-uri": "/"},
    {"connection": "x-stillwatch-account, x-stillwatch-key"},
]


@dataclass(frozen=True)
class Seen:
    """What a customer saw; `reached` holds the headers of ours that the model got, None where it got no request."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def reached(self) -> Any:
        return json.loads(self.headers["x-seen"]) if "x-seen" in self.headers else None


def ask(port: int, account: str, method: str = "POST", path: str = "/v1/chat/completions?x=1", **forged: str) -> Seen:
    """A customer's request through the gateway at `port`, with further headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"authorization": f"Bearer sk-{account}", "content-type": "application/json", **forged}
    connection.request(method, path, body=b"{}" if method == "POST" else None, headers=headers)
    found = connection.getresponse()
    text = found.read().decode()
    connection.close()
    return Seen(found.status, {name.lower(): value for name, value in found.getheaders()}, text)


class Ours:
    """Our server, which may be replaced by another on the same port; its state has an account under each effect."""

    def __init__(self, state: Path) -> None:
        self.state, now = state, datetime.now(UTC)
        held = {"mallory": "suspend", "eve": "throttle", "trent": "challenge"}
        records = [Verdict(name, "act", effects=(effect(held[name], f"d-{name}", now, NOTICE),)) for name in held]
        write(state / "verdicts", records, now)
        with opened(state) as ledger:
            self.key = ledger.keys.create("gateway", "verdict", now)[1]
        self._serving = live(state, SETTINGS)
        self.server: Live = self._serving.__enter__()

    def close(self) -> None:
        """Ends the server."""
        self._serving.__exit__(None, None, None)

    @contextmanager
    def replaced(self, how: str) -> Iterator[None]:
        """The server is killed, stopped, or another answers in its place, while the block runs."""
        if how == "stopped":
            os.kill(self.server.process.pid, signal.SIGSTOP)
            yield
            os.kill(self.server.process.pid, signal.SIGCONT)
            return
        self.server.process.kill()
        self.close()
        if how == "killed":
            yield
        else:
            with faulty(how, self.server.port, self.state):
                yield
        self._serving = live(self.state, SETTINGS, self.server.port)
        self.server = self._serving.__enter__()
