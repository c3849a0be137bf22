"""Lines of logs, each with an id."""

from __future__ import annotations

from pathlib import Path


def lines(first: int, last: int) -> str:
    return "".join(f'{{"id": "{number}", "text": "{"x" * 50}"}}\n' for number in range(first, last))


def names(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last)]


def add(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as stream:
        stream.write(text)
