"""A console over a small state, asked without a network as browsers of people with different roles ask."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from stillwatch.console.build import console
from stillwatch.console.gate import csrf_of
from stillwatch.ledger import ROLES, opened
from stillwatch.ledger.exchanged import Sighting
from stillwatch.ledger.ledger import Ledger
from stillwatch.report.dossier.worksheet_file import checked, entries
from stillwatch.runs import epochs
from stillwatch.screening.kept import write_batch
from stillwatch.serve.app import App
from stillwatch.serve.build import FOLDER, Beside, Service, application, service
from stillwatch.settings import ConsoleSettings, OidcSettings, Settings
from stillwatch.verdicts import Effect, Verdict, write
from tests.ledger.made import decision, identity, indicator, told

DAY = timedelta(days=1)
FIRST, SECOND = datetime(2026, 6, 1, 12), datetime(2026, 6, 2, 12)
HOLDER, WAITING, ENDED = "dact", "dwait", "dended"
"""Decisions of the state: in force, waiting for a second person, and expired."""

MATCH = {
    "match_id": "ab" * 16,
    "account_id": "account <1>",
    "role": "owner",
    "name": "Iwan <b>Joukov</b>",
    "country": "FR",
    "listed": "Ivan Zhukov",
    "source": "Specially Designated Nationals",
    "programs": ["IRGC", "SDGT"],
    "score": 0.91,
    "reasons": ["`iwan` is like `ivan` (0.97)", "the country is FR, of the listed one RU: shown, and not weighed"],
    "at": "2026-06-01T00:00:00+00:00",
}
"""A match with a screening list that waits for a person."""


_SURE = {"likelihood": "likely", "confidence": "low", "turns_over": "a forged invoice", "reason": "one invoice"}
WORKSHEET = {
    "campaign": "C1",
    "hypothesis": [
        {"name": "one", "text": "one operator with <i>one</i> data set"},
        {"name": "many", "text": "customers of a reseller"},
    ],
    "item": [
        {"name": "hours", "text": "nine to five", "source": "log", "ratings": {"one": "C", "many": "I"}},
        {"name": "tool", "text": "one program", "source": "log", "ratings": {"one": "C", "many": "C"}},
    ],
    "conclusion": {"hypothesis": "one", "rung": "same_operator", **_SURE},
    "entity": [
        {
            "name": "Example <b>Relay</b>",
            "sort": "group",
            "role": "proxy_provider",
            "hypothesis": "one",
            "rung": "affiliated_with",
            "places": ["NL: Amsterdam"],
            "networks": ["N1"],
            **_SURE,
        }
    ],
}
"""A worksheet as people would enter it."""


@dataclass(frozen=True)
class Seen:
    """What a browser was answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        """The page."""
        return self.body.decode()

    def header(self, name: str) -> str:
        """The last header of that name; empty without one."""
        return next((value for key, value in reversed(self.headers) if key == name), "")

    @property
    def cookie(self) -> str:
        """The secret that it sets."""
        found = re.match(r"stillwatch=([^;]*);", self.header("set-cookie"))
        return found[1] if found else ""


@dataclass
class Console:
    """A served console."""

    state: Path
    where: Path | str
    app: App
    beside: Beside
    parts: Service
    ledger: Ledger
    said: list[str]
    secrets: dict[str, str] = field(default_factory=dict)

    def enter(self, person: str, role: str) -> str:
        """Gives a person a role and a session, and returns its secret."""
        now = datetime.now(UTC)
        self.ledger.people.grant(person, role, "test", now)
        secret = self.ledger.sessions.begin(person, "viewer", "token", now, DAY)
        self.secrets[person] = secret
        return secret

    def get(self, path: str, person: str | None = "admin", headers: Mapping[str, str] | None = None) -> Seen:
        """What a person sees at an address."""
        return self.ask("GET", path, person, None, headers)

    def post(self, path: str, person: str = "admin", **form: Any) -> Seen:
        """What a person sees after a form that was made for that person's session."""
        return self.send(path, person, form)

    def send(self, path: str, person: str, form: Mapping[str, Any]) -> Seen:
        """The same, of a form whose fields may be called as anything."""
        return self.ask("POST", path, person, {"csrf": csrf_of(self.secrets[person]), **form})

    def ask(
        self,
        method: str,
        path: str,
        person: str | None,
        form: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None = None,
    ) -> Seen:
        """Sends a request; `headers` are added."""
        sent = {} if person is None else {"cookie": f"stillwatch={self.secrets[person]}"}
        if form is not None:
            sent["content-type"] = "application/x-www-form-urlencoded"
        raw = b"" if form is None else urlencode(form, doseq=True).encode()
        return asyncio.run(ask(self.app, method, path, raw, {**sent, **(headers or {})}))


async def ask(app: App, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Seen:
    """One request, `client` being the header that names whoever connected."""
    headers = dict(headers)
    client = headers.pop("client", "127.0.0.1")
    before, _, query = path.partition("?")
    sent: list[MutableMapping[str, Any]] = []
    scope = {
        "type": "http",
        "method": method,
        "path": before,
        "raw_path": before.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": (client, 1234),
    }

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, end = sent
    return Seen(start["status"], [(k.decode(), v.decode()) for k, v in start["headers"]], end["body"])


@contextmanager
def served(
    state: Path, where: Path | str | None = None, oidc: Mapping[str, Any] | None = None, **settings: Any
) -> Iterator[Console]:
    """A console over the state, with one person of each role, called as the role is."""
    whole = Settings(console=ConsoleSettings(**settings), oidc=OidcSettings(**(oidc or {})))
    place = where or state
    parts = service(state, None if where is None else str(where), whole.serve)
    said: list[str] = []
    with opened(place) as ledger:
        beside = console(state, place, whole, parts.snapshots, said.append)
        app = application(parts, state / FOLDER, beside)
        found = Console(state, place, app, beside, parts, ledger, said)
        for role in ROLES:
            found.enter(role, role)
        try:
            yield found
        finally:
            beside.close()
            parts.door.close()


def laid(state: Path, run: Path, at: datetime = FIRST) -> Path:
    """Puts a run folder into a state as its newest epoch, and a match with a screening list beside it."""
    name = epochs.name_of(at)
    folder = state / epochs.RUNS / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(run, folder)
    (state / epochs.RUNS / epochs.LATEST).write_text(name + "\n", encoding="utf-8")
    write_batch(state, [MATCH])
    return folder


def decided(state: Path, ledger: Ledger, account: str) -> str:
    """Adds decisions about an account and one that waits, an appeal and the snapshot; returns the appeal's id."""
    now = datetime.now(UTC)
    span = {"made_at": now - DAY, "since": now - DAY, "expires_at": now + DAY}
    ledger.decisions.add(
        [
            decision("act", **span, account_id=account, subject="C1"),
            decision("wait", **span, account_id="acct_second", subject="C2", needs_approval=True, effect="suspend"),
            decision("ended", account_id="acct_third", subject="C1"),
        ]
    )
    partnered(ledger, now)
    attributed(ledger, now)
    effect = Effect("throttle", "extraction", now - DAY, now + DAY, HOLDER, "appeal-act", "A rule was broken.")
    write(state / FOLDER, [Verdict(account, "act", "N1", "C1", (effect,))], now)
    return ledger.appeals.receive(HOLDER, "I am a class of students.", now - DAY, "holder@example.org").appeal_id


def attributed(ledger: Ledger, now: datetime) -> None:
    """Adds a worksheet of C1: two hypotheses, two facts of which one tells them apart, a conclusion, an entity."""
    ledger.attributions.add(entries(checked(WORKSHEET, "a test"), (), "ana", now - DAY))


def partnered(ledger: Ledger, now: datetime) -> None:
    """Adds a partner that told two indicators, one of which was seen in C1, and a share for it that waits."""
    theirs = [indicator("7", by="Northwind <b>", name="Address <b>7</b>"), indicator("8", by="Northwind <b>")]
    ledger.received.add("northwind", theirs, now, 1_000)
    ledger.received.see([Sighting("northwind", theirs[0]["id"], "C1", "a run", now)])
    ledger.shares.add(told(subject="C1", made_by="bo", needs_approval=True), [identity(), indicator("1")])
