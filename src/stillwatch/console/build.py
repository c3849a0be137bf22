"""Puts the console together from a state folder, a ledger and the settings."""

from __future__ import annotations

import asyncio
import getpass
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from stillwatch.console.asked import Site
from stillwatch.console.dispatch import BODY, ENTER, Dispatch
from stillwatch.console.findings import Findings
from stillwatch.console.gate import Token
from stillwatch.console.views.campaigns import prepare
from stillwatch.errors import Mistake, UsageError
from stillwatch.serve import logs
from stillwatch.serve.build import Beside
from stillwatch.serve.door import Door
from stillwatch.serve.routes import Route
from stillwatch.serve.snapshots import Snapshots
from stillwatch.settings import Settings

if TYPE_CHECKING:
    from stillwatch.console.sign_in import SignIn

LOOK_EVERY = 2.0
"""Seconds between looks for a newer run."""


def console(
    state: Path, where: Path | str, settings: Settings, snapshots: Snapshots, say: Callable[[str], None]
) -> Beside:
    """Returns the console's pages over a state; `say` tells whoever started the server the one-time address."""
    findings, token, door = Findings(state), Token(), Door(where)
    site = Site(findings, snapshots, settings, state, where)
    dispatch = Dispatch(site, door, token, _user(), _sign_in(settings))

    async def watch() -> None:
        while True:
            try:
                if await asyncio.to_thread(findings.refresh):
                    await asyncio.to_thread(prepare, findings.run)
                    logs.note("run prepared", logging.INFO, run=findings.run.name)
            except Exception as error:  # noqa: BLE001  whatever it is, pages go on from the run that is open
                logs.note("failed", logging.ERROR, route="runs", **logs.where(error))
            await asyncio.sleep(LOOK_EVERY)

    def close() -> None:
        if dispatch.entrance is not None:
            dispatch.entrance.close()
        door.close()
        findings.close()

    def started(address: str) -> None:
        say(f"Open once, to enter the console as administrator: {address}{ENTER}?token={token.word}")

    return Beside(Route("console", dispatch, body_bytes=BODY), started, (watch,), close)


def _sign_in(settings: Settings) -> SignIn | None:
    if settings.oidc.issuer is None:
        return None
    try:
        from stillwatch.console.sign_in import SignIn
    except ModuleNotFoundError as error:
        remedy = "install it with `pip install 'stillwatch[oidc]'`"
        raise UsageError([Mistake("`oidc`", f"needs the package `{error.name}`", remedy)]) from error
    return SignIn(settings.oidc)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "administrator"
