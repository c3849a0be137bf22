"""Asks an application without a network: one request in, status, headers and body out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stillwatch.ledger import SCOPES, opened
from stillwatch.serve.app import App
from stillwatch.serve.build import FOLDER, Service, application, service
from stillwatch.settings import ServeSettings
from stillwatch.verdicts import Effect, Verdict, write

NOTICE = "This account is suspended until tomorrow. To object, quote SW-0001."
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Served:
    """An application over a state folder, and a key for each scope."""

    folder: Path
    parts: Service
    app: App
    keys: Mapping[str, str]

    def ask(self, method: str, path: str, body: object = None, **given: Any) -> Answered:
        """Sends a request; `key` names the scope of the key shown, `headers` are added."""
        headers = [(name.lower(), value) for name, value in given.pop("headers", [])]
        if (scope := given.pop("key", None)) is not None:
            headers.append(("x-api-key", self.keys.get(scope, scope)))
        assert not given
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return asyncio.run(ask(self.app, method, path, raw, headers))


def http_scope(method: str, path: str, headers: list[tuple[str, str | bytes]]) -> MutableMapping[str, Any]:
    """A request's scope as a server would make it."""
    before, _, query = path.partition("?")
    raw = [(name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in headers]
    return {"type": "http", "method": method, "path": before, "query_string": query.encode(), "headers": raw}


async def ask(app: App, method: str, path: str, body: bytes, headers: list[tuple[str, str | bytes]]) -> Answered:
    """Sends the body in two pieces, as a network may."""
    pieces = [body[: len(body) // 2], body[len(body) // 2 :]]
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(http_scope(method, path, headers), receive, send)
    start, end = sent
    return Answered(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, end["body"])


def effect(name: str, decision: str, now: datetime, message: str = NOTICE) -> Effect:
    """An effect that began a day ago and ends in a day."""
    return Effect(name, "extraction", now - DAY, now + DAY, decision, f"SW-{decision}", message)


def publish(folder: Path, now: datetime) -> str:
    """Writes a snapshot with an account under each effect, and one that is only watched."""
    records = [
        Verdict("mallory", "act", "n1", "c1", (effect("suspend", "d1", now),)),
        Verdict("eve", "act", "n1", "c1", (effect("throttle", "d2", now), effect("label", "d3", now))),
        Verdict("trent", "review", "n1", None, (effect("challenge", "d4", now),)),
        Verdict("peggy", None, "n2"),
    ]
    return write(folder / FOLDER, records, now)


def served(folder: Path, settings: ServeSettings | None = None, **changed: Any) -> Served:
    """An application over the state in `folder`, whose ledger gets a key for each scope."""
    with opened(folder) as ledger:
        known = {key.name for key in ledger.keys.list()}
        keys = {
            scope: ledger.keys.create(f"{scope} {len(known)}", scope, datetime.now().astimezone())[1]
            for scope in SCOPES
        }
    parts = service(folder, None, replaced(settings, **changed))
    parts.learn_keys()
    return Served(folder, parts, application(parts, folder / FOLDER), keys)


def replaced(settings: ServeSettings | None, **changed: Any) -> ServeSettings:
    """Settings with some values changed."""
    return (settings or ServeSettings()).model_copy(update=changed)


def without_keys(one: Served) -> Served:
    """The same application before the ledger ever answered."""
    from stillwatch.serve.access import Access

    parts = replace(one.parts, access=Access())
    return replace(one, parts=parts, app=application(parts, one.folder / FOLDER))
