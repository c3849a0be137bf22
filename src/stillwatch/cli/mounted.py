"""Groups of commands that other installed packages bring along under an entry point, such as the lab's."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint

import typer

GROUP = "stillwatch.commands"
"""The entry points that are mounted: each names a `typer.Typer`, and its own name is the word to type."""


def mount(app: typer.Typer, entries: Iterable[EntryPoint], taken: Iterable[str]) -> list[str]:
    """Adds each group to `app`; returns one sentence for each that cannot be loaded or has the name of one `taken`.

    Whatever is wrong with another package, the commands of this one work.
    """
    complaints = []
    for entry in sorted(entries, key=lambda one: one.name):
        if entry.name in taken:
            complaints.append(f"{_named(entry)} are left out: `stillwatch {entry.name}` is a command of its own")
            continue
        try:
            group = entry.load()
            typer.main.get_command(group)  # fails here, if at all, and not when some other command is looked up
        except Exception as error:  # noqa: BLE001  other people's code may raise anything
            reason = f"{type(error).__name__}: {error}"
            complaints.append(f"{_named(entry)} cannot be loaded ({reason}); install that package anew or remove it")
            continue
        app.add_typer(group, name=entry.name)
    return complaints


def _named(entry: EntryPoint) -> str:
    package = f" of `{entry.dist.name}`" if entry.dist else ""
    return f"the commands `stillwatch {entry.name}`{package}"
