"""Paths lead to values inside a record, through objects, lists and JSON that stands in a text.

The segments of a path are parted by dots: `metadata.user_api_key_hash`. A number picks from a list, `*` takes every
element. A key that has dots itself is found where it ends the path, so that `attributes.user.id` finds the attribute
`user.id`; elsewhere it stands in double quotes.
"""

from __future__ import annotations

import re
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

    def find(self, value: object, texts: Texts, at: int = 0) -> object:
        """Returns the value at the end of this path from its segment `at` on, None where there is none."""
        segments = self.segments
        while at < len(segments):
            if isinstance(value, str):
                value = inside(value, texts)
            if isinstance(value, dict):
                rest = value.get(self.rests[at])
                if rest is not None:
                    return rest
                value = value.get(segments[at])
            elif isinstance(value, list):
                if segments[at] == "*":
                    found = [self.find(one, texts, at + 1) for one in value]
                    return [one for one in found if one is not None]
                value = _element(value, segments[at])
            else:
                return None
            at += 1
        return value

    def goes_into_a_list(self, at: int) -> bool:
        """Returns whether the segment `at` is meant for a list."""
        return self.segments[at] == "*" or self.segments[at].isdecimal()


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


def _element(values: list[object], segment: str) -> object:
    if not segment.isdecimal() or len(segment) > 9:
        return None
    index = int(segment)
    return values[index] if index < len(values) else None
