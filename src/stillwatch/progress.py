"""Progress on stderr for anything that can last longer than a second; silent when stderr is not a
terminal, and in processes beside the one that a person began."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def progress(label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Shows a bar with this label; the yielded function advances it by a number of units of `total`."""
    console = Console(file=sys.stderr)
    shown = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal or multiprocessing.parent_process() is not None,
    )
    with shown:
        task = shown.add_task(label, total=total)
        yield lambda amount: shown.advance(task, amount)
