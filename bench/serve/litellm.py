"""LiteLLM's own processor time a request: real proxies with each guardrail and with none, asked in turns."""

from __future__ import annotations

import http.client
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from tests.serve.gateways.litellm_proxy import GENERIC, OWN, Proxy, proxy
from tests.serve.gateways.programs import LITELLM
from tests.serve.live import live

from bench.serve.snapshots import records
from stillwatch.ledger import opened
from stillwatch.verdicts import write

REQUESTS = 250  # of a round
CLIENTS = 4
_TICK = os.sysconf("SC_CLK_TCK")


def installed() -> bool:
    """Whether `make litellm` was run."""
    return (LITELLM / "bin" / "litellm").is_file()


def measured(folder: Path, rounds: int) -> dict[str, float]:
    """ms of processor time a request by each guardrail and with none; proxies take turns, the first round warms up."""
    state = folder / "state"
    write(state / "verdicts", records(10_000, "d1"), datetime.now(UTC))
    with opened(state) as ledger:
        key = ledger.keys.create("bench", "verdict", datetime.now(UTC))[1]
    examples = {"generic": GENERIC, "own": OWN, "none": None}
    spent = dict.fromkeys(examples, 0.0)
    with ExitStack() as stack:
        url = f"http://127.0.0.1:{stack.enter_context(live(state, '')).port}"
        asked = {name: stack.enter_context(proxy(folder / name, url, key, examples[name])) for name in examples}
        for number in range(rounds + 1):
            for name, one in asked.items():
                before = processor_seconds(one.pid)
                ask(one)
                if number:
                    spent[name] += processor_seconds(one.pid) - before
    return {name: spent[name] / (rounds * REQUESTS) * 1_000 for name in spent} | {"requests": float(rounds * REQUESTS)}


def processor_seconds(pid: int) -> float:
    """User and system time that a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def ask(proxy: Proxy) -> None:
    """Makes the requests of a round, each connection one after another; raises where one is not answered 200."""

    def some(client: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
        body = json.dumps({"model": "house-large", "messages": [{"role": "user", "content": "hi"}]})
        headers = {"authorization": f"Bearer sk-user-{client}", "content-type": "application/json"}
        for _ in range(client, REQUESTS, CLIENTS):
            connection.request("POST", "/v1/chat/completions", body, headers)
            found = connection.getresponse()
            assert found.status == 200, found.read()
            found.read()

    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(some, range(CLIENTS)))
