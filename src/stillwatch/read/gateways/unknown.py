"""Counts the fields of a record that no mapping reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from stillwatch.read.gateways.paths import Path, Texts, present

OTHER = "(other fields)"
"""Counts fields beyond the first `MOST` distinct ones: clients can invent names without end."""
MOST = 300
_LONGEST = 100  # characters of a field's path that are kept

Node = dict[str, "Node | None"]
"""Keys that a mapping reads: with the keys below each, or with None where everything below it is read."""


def known_fields(paths: Iterable[Path]) -> Node:
    """Returns the keys that these paths read."""
    root: Node = {}
    for path in paths:
        node: Node | None = root
        for at, segment in enumerate(path.segments):
            if node is None:
                break
            node[path.rests[at]] = None  # the rest of the path may be one key
            last = at == len(path.segments) - 1 or path.segments[at + 1] == "*"
            if last:
                node[segment] = None
                break
            if segment in node:
                node = node[segment]
            else:
                below: Node = {}
                node[segment] = below
                node = below
    return root


def count_unknown(record: object, known: Node, texts: Texts, unknown: Counter[str], prefix: str = "") -> None:
    """Adds the paths of the record's fields that say something and are not known; at most MOST distinct paths."""
    if isinstance(record, str):
        record = texts.get(id(record))
    if not isinstance(record, Mapping):
        return
    for name, value in record.items():
        if name not in known and present(value):
            note(unknown, f"{prefix}{name}"[:_LONGEST])
    for name, below in known.items():
        if below and name in record:
            count_unknown(record[name], below, texts, unknown, f"{prefix}{name}.")


def note(unknown: Counter[str], name: str) -> None:
    """Counts one name, as OTHER where MOST distinct names are counted already."""
    unknown[name if name in unknown or len(unknown) < MOST else OTHER] += 1
