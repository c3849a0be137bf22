"""`stillwatch serve`: answers gateways and people from a state folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stillwatch.cli.output import complain, say
from stillwatch.errors import Mistake, UsageError
from stillwatch.settings import Settings, absent_files, load_settings

if TYPE_CHECKING:
    from stillwatch.serve.build import Beside, Service


def serve(
    state: Annotated[Path, typer.Option(help="The state folder that `watch` or `respond` writes.")],
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on; 0 takes a free one.", min=0, max=65_535)] = 8080,
    database: Annotated[str | None, typer.Option(help="A `postgresql://` ledger instead of the state's own.")] = None,
    settings: Annotated[Path | None, typer.Option(help="A TOML file of settings.")] = None,
) -> None:
    """Answers gateways with verdicts over HTTP, and people with the console's pages."""
    found = load_settings(settings)
    if not state.is_dir():
        remedy = "name the folder that `watch` or `respond` writes"
        raise UsageError([Mistake(f"`--state {state}`", "is no folder", remedy)])
    # told and no more: gateways are answered without them, and a machine that begins anew must not stop doing so
    for mistake in (*absent_files(found.serve, "serve"), *absent_files(found.console, "console")):
        complain(str(mistake))
    try:
        from stillwatch.serve import server  # here, because `--help` must not wait for it
    except ModuleNotFoundError as error:
        remedy = "install it with `pip install 'stillwatch[serve]'`"
        raise UsageError([Mistake("`serve`", f"needs the package `{error.name}`", remedy)]) from error
    server.serve(state, host, port, database, found.serve, _console(state, database, found))


def _console(state: Path, database: str | None, settings: Settings) -> Callable[[Service], Beside] | None:
    if not settings.console.enabled:
        return None
    from stillwatch.console.build import console

    return lambda parts: console(state, database or state, settings, parts.snapshots, say)
