"""Groups of commands that other installed packages bring along under an entry point, such as the lab's."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint
from traceback import format_exception_only

import typer

GROUP = "stillwatch.commands"
"""The entry points that are mounted: each names a `typer.Typer`, and its own name is the word to type."""


def mount(app: typer.Typer, entries: Iterable[EntryPoint], taken: Iterable[str]) -> list[str]:
    """Adds each group to `app`; returns one sentence for each that cannot be loaded or has the name of one `taken`.

    Whatever is wrong with another package, the commands of this one work.
    """
    complaints, names = [], set(taken)
    for entry in sorted(entries, key=lambda one: one.name):
        if entry.name in names:
            complaints.append(f"{_named(entry)} are left out: `stillwatch {entry.name}` is another command")
            continue
        try:
            group = entry.load()
            typer.main.get_command(group)  # fails here, if at all, and not when some other command is looked up
        except (Exception, SystemExit) as error:  # noqa: BLE001  other people's code may raise anything
            reason = "".join(format_exception_only(error)).strip()  # which stands an error that cannot be printed
            complaints.append(f"{_named(entry)} cannot be loaded ({reason}); install that package anew or remove it")
            continue
        app.add_typer(group, name=entry.name)
        names.add(entry.name)
    return complaints


def _named(entry: EntryPoint) -> str:
    package = f" of `{entry.dist.name}`" if entry.dist else ""
    return f"the commands `stillwatch {entry.name}`{package}"
