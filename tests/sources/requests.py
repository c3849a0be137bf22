"""Requests of OTLP, and a client that speaks to the app without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from stillwatch.sources.otlp import Receiver

KEY = "key"
JSON_TYPE, PROTOBUF_TYPE = "application/json", "application/x-protobuf"


def traces(*names: str, text: str = "") -> bytes:
    """A request in JSON with a span of each name."""
    spans = [{"name": name, "startTimeUnixNano": "1", "attributes": attributes(text)} for name in names]
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()


def attributes(text: str) -> list[dict[str, Any]]:
    return [{"key": "gen_ai.prompt", "value": {"stringValue": text}}]


def traces_in_protobuf(*names: str) -> bytes:
    message = TracesData()
    spans = message.resource_spans.add().scope_spans.add().spans
    for name in names:
        spans.add(name=name, start_time_unix_nano=1)
    return message.SerializeToString()


def logs_in_protobuf(name: str) -> bytes:
    message = LogsData()
    message.resource_logs.add().scope_logs.add().log_records.add(event_name=name)
    return message.SerializeToString()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Client:
    """Sends requests to the app, and counts what the app asked for."""

    app: Receiver
    asked: int = 0

    def post(
        self,
        body: bytes | Sequence[bytes],
        path: str = "/v1/traces",
        kind: str = JSON_TYPE,
        method: str = "POST",
        **headers: str,
    ) -> Answer:
        """`headers` have underscores for dashes; the key is sent unless they name an authorization."""
        sent = {"content-type": kind, "authorization": f"Bearer {KEY}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return asyncio.run(self.send(path, method, sent, [body] if isinstance(body, bytes) else body))

    async def send(self, path: str, method: str, headers: dict[str, str], body: Sequence[bytes]) -> Answer:
        waiting = [{"type": "http.request", "body": one, "more_body": True} for one in body]
        if waiting:
            waiting[-1]["more_body"] = False
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            self.asked += 1
            return waiting.pop(0) if waiting else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(dict(message))

        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        scope = {"type": "http", "path": path, "method": method, "headers": encoded}
        await self.app(scope, receive, send)
        if not sent:
            return Answer(0, {}, b"")
        found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], found, b"".join(one.get("body", b"") for one in sent[1:]))
