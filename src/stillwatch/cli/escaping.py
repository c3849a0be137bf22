"""A console that shows every character that it does not write itself: none of them commands the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from stillwatch.records.printable import escaped


class EscapingConsole(Console):
    """A console of rich whose texts come out escaped, whatever they are part of; its own styles and moves do not."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yields the segments of what is to be shown, with their texts escaped."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(_shown(segment.text), segment.style)


def _shown(text: str) -> str:
    # rich ends lines itself; a line end inside a text only begins another line
    return "\n".join(escaped(line) for line in text.split("\n"))
