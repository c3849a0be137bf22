"""Puts the application together from a state folder, a ledger and the settings."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from stillwatch.errors import StillwatchError
from stillwatch.serve import logs, telemetry
from stillwatch.serve.access import Access
from stillwatch.serve.app import App
from stillwatch.serve.appeals import AppealRoutes
from stillwatch.serve.authorize import AuthorizeRoute
from stillwatch.serve.decisions import DecisionRoutes
from stillwatch.serve.door import Door
from stillwatch.serve.http import Request, Response, json_response
from stillwatch.serve.litellm import GuardrailRoute
from stillwatch.serve.measures import Measures
from stillwatch.serve.openapi import document
from stillwatch.serve.routes import GATEWAY_KEY_HEADERS, Route, Routes
from stillwatch.serve.screen import Screening
from stillwatch.serve.snapshots import SnapshotAnswer, Snapshots
from stillwatch.serve.taxii import ROOT as TAXII
from stillwatch.serve.taxii import TaxiiRoutes, dressed
from stillwatch.serve.verdict import VerdictRoute
from stillwatch.settings import ServeSettings

FOLDER = "verdicts"
"""The snapshot's folder in a state folder."""
GUARDRAIL = "/beta/litellm_basic_guardrail_api"
AUTHORIZE = "/v1/authorize"


class Readiness(msgspec.Struct):
    """What the process can answer from; it is ready once it knows the keys."""

    ready: bool
    keys_known: bool
    snapshot: SnapshotAnswer | None
    snapshot_usable: bool
    snapshot_refused: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """What the same process serves beside its answers to programs, such as pages for people."""

    route: Route  # takes every address that is no program's
    started: Callable[[str], None]  # is told the address once the process listens
    background: tuple[Callable[[], Coroutine[Any, Any, None]], ...]  # runs while it serves
    close: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one serving process."""

    snapshots: Snapshots
    access: Access
    door: Door
    measures: Measures
    settings: ServeSettings
    screening: Screening

    def learn_keys(self) -> None:
        """Reads the keys from the ledger; while it is away, those that are known stay."""
        try:
            self.access.learn(self.door.ask(lambda ledger: ledger.keys.by_digest()))
        except StillwatchError as error:
            self.measures.ledger_failures.inc()
            logs.note("the ledger is away", logging.WARNING, keys_known=self.access.known, **logs.where(error))

    async def watch_keys(self) -> None:
        """Reads the keys again and again until it is cancelled."""
        while True:
            await asyncio.sleep(self.settings.keys_refresh_seconds)
            try:
                await asyncio.to_thread(self.learn_keys)
            except Exception as error:  # noqa: BLE001  whatever it is, the keys that are known stay
                logs.note("failed", logging.ERROR, route="keys", **logs.where(error))

    async def watch_lists(self) -> None:
        """Reads the screening lists when they change, and what people say of matches, until it is cancelled."""
        while self.screening.wanted:
            try:
                if await asyncio.to_thread(self.screening.refresh):
                    gc.freeze()  # to search long lists for garbage would hold up the answers of a fifth of a second
                await asyncio.to_thread(self.screening.learn, self.door)
            except Exception as error:  # noqa: BLE001  whatever it is, the lists that are known stay
                logs.note("failed", logging.ERROR, route="lists", **logs.where(error))
            await asyncio.sleep(self.settings.keys_refresh_seconds)

    async def watch_snapshots(self) -> None:
        """Takes newer snapshots until it is cancelled."""
        await self.snapshots.watch(self._swapped, self._refused)

    def ready(self, _request: Request) -> Response:
        """Says whether the process can answer: a snapshot that is missing or old makes it no less ready."""
        known, refused = self.access.known, self.snapshots.reader.refused is not None
        found = Readiness(known, known, self.snapshots.described(), self.snapshots.usable, refused)
        return json_response(found, 200 if known else 503)

    def _swapped(self) -> None:
        found = self.snapshots.reader.snapshot
        if found is not None:
            logs.note("snapshot taken", snapshot=found.id, accounts=found.accounts)

    def _refused(self, reason: str) -> None:
        self.measures.refused.inc()
        logs.note("snapshot refused", logging.ERROR, reason=reason)


def service(state: Path, database: str | None, settings: ServeSettings) -> Service:
    """Returns the parts of a process that serves the state in a folder."""
    snapshots = Snapshots(state / FOLDER, settings)
    measures, screening = Measures(snapshots, state), Screening(state, settings)
    return Service(snapshots, Access(), Door(database or state), measures, settings, screening)


def application(parts: Service, folder: Path, beside: Beside | None = None) -> App:
    """Returns the application over the parts, `folder` being the snapshot's."""
    own = (parts.watch_keys, parts.watch_snapshots, parts.watch_lists)
    background = (*own, *(beside.background if beside is not None else ()))
    routes = _routes(parts, folder, None if beside is None else beside.route)
    return App(routes, parts.access, parts.measures, background, telemetry.set_up())


def _routes(parts: Service, folder: Path, rest: Route | None) -> Routes:
    settings = parts.settings
    bounded = settings.body_bytes
    guardrail = GuardrailRoute(parts.snapshots, settings)
    authorize = AuthorizeRoute(parts.snapshots, settings)
    decisions = DecisionRoutes(parts.door, parts.snapshots, folder)
    appeals = AppealRoutes(parts.door)
    described = json_response(document())
    exact = {
        ("POST", "/v1/verdict"): Route("verdict", VerdictRoute(parts.snapshots), ("verdict",), bounded),
        ("POST", GUARDRAIL): Route(
            "litellm", guardrail, ("verdict",), settings.litellm_body_bytes, failed=guardrail.failed
        ),
        ("POST", "/v1/screen"): Route("screen", parts.screening.answer, ("screen",), bounded),
        ("GET", "/v1/decisions"): Route("decisions", decisions.several, ("read", "analyst")),
        ("POST", "/v1/appeals"): Route("appeals", appeals.receive, ("appeal", "ingest"), bounded),
        ("GET", "/healthz"): Route("health", lambda _: json_response({"status": "ok"})),
        ("GET", "/readyz"): Route("ready", parts.ready),
        ("GET", "/metrics"): Route("metrics", lambda _: parts.measures.shown()),
        ("GET", "/openapi.json"): Route("openapi", lambda _: described),
    }

    def decision(one: str) -> Route:
        return Route("decision", partial(decisions.one, decision_id=one), ("read", "analyst"))

    def reversal(one: str) -> Route:
        return Route("reversal", partial(decisions.reverse, decision_id=one), ("analyst",), bounded)

    def appeal(one: str) -> Route:
        return Route("appeal", partial(appeals.one, appeal_id=one), ("appeal", "ingest", "read", "analyst"))

    with_id = [
        ("GET", "/v1/decisions/", "", decision),
        ("POST", "/v1/decisions/", "/reversal", reversal),
        ("GET", "/v1/appeals/", "", appeal),
    ]
    gateway = Route("authorize", authorize, ("verdict",), 0, GATEWAY_KEY_HEADERS, authorize.failed, True)
    taxii = Route(
        "taxii", TaxiiRoutes(parts.door, settings), ("share",), settings.taxii_body_bytes, basic=True, dressed=dressed
    )
    return Routes(exact, with_id, ((AUTHORIZE, gateway), (TAXII, taxii)), rest)
