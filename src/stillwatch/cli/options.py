"""Options that several commands take, and how commands print their results."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

# unknown options reach the commands as words, so that they are listed with every other mistake
LENIENT = {"ignore_unknown_options": True}

Logs = Annotated[list[str] | None, typer.Argument(help="Exchange logs: files, folders or globs.", show_default=False)]
Accounts = Annotated[list[str] | None, typer.Option(help="Account records: file, folder or glob.")]
Permits = Annotated[list[str] | None, typer.Option(help="Distillation that is allowed.")]
Judgements = Annotated[list[str] | None, typer.Option(help="What people have decided.")]
SettingsFile = Annotated[str | None, typer.Option("--settings", help="A TOML file of settings.")]
Since = Annotated[str | None, typer.Option(help="Look at exchanges from this moment on (UTC).")]
Until = Annotated[str | None, typer.Option(help="Look at exchanges before this moment (UTC).")]
Engine = Annotated[str | None, typer.Option(help="`duckdb` (this machine) or `spark`.")]
SparkRemote = Annotated[str | None, typer.Option(help="A Spark Connect server: sc://host:port.")]
KeyFile = Annotated[str | None, typer.Option(help="The provider's secret: at least 16 bytes.")]
Out = Annotated[Path | None, typer.Option(help="The folder to write; a previous run's is replaced whole.")]
StateFolder = Annotated[
    Path | None,
    typer.Option("--state", help="A folder that keeps what earlier runs have read; these logs are added to it."),
]
Previous = Annotated[
    list[Path] | None,
    typer.Option("--previous", help="An earlier run folder whose network and campaign ids this run continues."),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 3 when rows were quarantined.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print results as JSON.")]


def print_json(found: object) -> None:
    """Prints a result as JSON to stdout."""
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False, default=str))


def console(width: int | None = None) -> Console:
    """The console that results go to, `width` columns wide where no terminal says how wide it is."""
    from rich.console import Console  # here, because `--help` must not wait for it

    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else width)
