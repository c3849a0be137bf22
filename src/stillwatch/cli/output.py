"""How commands print: results to stdout, words about the run to stderr; nothing from a log or a path is obeyed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import typer

from stillwatch.records.printable import escaped

if TYPE_CHECKING:
    from rich.console import Console


def say(text: str) -> None:
    """Prints a line to stdout, with what a terminal would obey as escapes."""
    typer.echo(escaped(text))


def show_document(text: str) -> None:
    """Prints a document, line by line as `say`."""
    typer.echo("\n".join(escaped(line) for line in text.split("\n")), nl=False)


def print_json(found: object) -> None:
    """Prints a result as JSON to stdout, in ASCII."""
    typer.echo(json.dumps(found, indent=2, ensure_ascii=True, default=str))


def complain(text: str) -> None:
    """Prints lines to stderr, with what a terminal would obey as escapes."""
    for line in text.splitlines():
        sys.stderr.write(f"stillwatch: {escaped(line)}\n")


def console(width: int | None = None) -> Console:
    """The console that results go to, `width` columns wide where no terminal says how wide it is."""
    from stillwatch.cli.escaping import EscapingConsole  # here, because `--help` must not wait for it

    return EscapingConsole(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else width)
