"""How commands print their results."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console


def print_json(found: object) -> None:
    """Prints a result as JSON to stdout."""
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False, default=str))


def console(width: int | None = None) -> Console:
    """The console that results go to, `width` columns wide where no terminal says how wide it is."""
    from rich.console import Console  # here, because `--help` must not wait for it

    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else width)
