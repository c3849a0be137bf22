"""Paths lead to values inside a record, through objects, lists and JSON that stands in a text.

The segments of a path are parted by dots: `metadata.user_api_key_hash`. A number picks from a list, `*` takes every
element. A key that has dots itself is found where it ends the path, so that `attributes.user.id` finds the attribute
`user.id`; elsewhere it stands in double quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from stillwatch.read.gateways.json_text import opened

_SEGMENT = re.compile(r'"([^"]+)"|([^."]+)')
_PATH = re.compile(r'("[^"]+"|[^."]+)(\.("[^"]+"|[^."]+))*')

Texts = dict[int, object]
"""What the texts of one record hold as JSON, by the `id` of the text, so that each is parsed once."""


@dataclass(frozen=True, slots=True)
class Path:
    """A path as its segments, and for each segment the rest of the path from there as one key."""

    text: str
    segments: tuple[str, ...]
    rests: tuple[str, ...]

    def find(self, record: object, texts: Texts) -> object:
        """Returns the value at this path, None where there is none."""
        return _find(record, self, 0, texts)


def parse_path(text: str) -> Path | None:
    """Returns the path that a text spells, None where it spells none."""
    if not _PATH.fullmatch(text):
        return None
    segments = tuple(quoted or plain for quoted, plain in _SEGMENT.findall(text))
    return Path(text, segments, tuple(".".join(segments[at:]) for at in range(len(segments))))


def inside(value: object, texts: Texts) -> object:
    """Returns what a text holds as JSON, None for any other text; every other value as it is."""
    if not isinstance(value, str):
        return value
    key = id(value)
    if key not in texts:
        texts[key] = opened(value)
    return texts[key]


def present(value: object) -> bool:
    """Returns whether a value says something: zero and false do; null and the empty text, list and object do not."""
    return bool(value) or isinstance(value, int | float)


def _find(value: object, path: Path, at: int, texts: Texts) -> object:
    segments = path.segments
    while at < len(segments):
        if isinstance(value, str):
            value = inside(value, texts)
        if isinstance(value, Mapping):
            rest = value.get(path.rests[at])
            if rest is not None:
                return rest
            value = value.get(segments[at])
        elif isinstance(value, list):
            if segments[at] == "*":
                return _each(value, path, at + 1, texts)
            value = _element(value, segments[at])
        else:
            return None
        at += 1
    return value


def _element(values: list[object], segment: str) -> object:
    if not segment.isdecimal() or len(segment) > 9:
        return None
    index = int(segment)
    return values[index] if index < len(values) else None


def _each(values: list[object], path: Path, at: int, texts: Texts) -> list[object]:
    found = (_find(value, path, at, texts) for value in values)
    return [value for value in found if value is not None]
