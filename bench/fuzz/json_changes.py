"""Changes of JSON lines by their structure, written so that keys may repeat and texts hold halves of letters."""

from __future__ import annotations

import json
import random
from typing import Any

from bench.fuzz.values import key, scalar, value

Path = tuple[Any, ...]


class Raw(str):
    """JSON that is written already, deeper than Python's own writer follows."""


class Members(list[tuple[str, Any]]):
    """An object as its members, of which several may have one name."""


def change(data: bytes, chance: random.Random) -> bytes:
    """The lines with some values, members, types or line ends changed."""
    lines = [_parsed(line) for line in data.splitlines()]
    for _ in range(chance.choice((1, 1, 2, 5))):
        if lines:
            at = chance.randrange(len(lines))
            lines[at] = _changed(lines[at], chance)
    if chance.random() < 0.15:
        chance.choice((lines.reverse, lambda: lines.extend(lines[:3]), lambda: lines.insert(0, None)))()
    end = chance.choice(("\n",) * 6 + ("\r\n", "\r", "\n\n", "\n \t\n", ", \n"))
    text = end.join(_written(line, chance) for line in lines)
    if chance.random() < 0.1:
        text = chance.choice(("[{}]", "[\n{}\n]", '{{"data": [{}]}}', "{},")).format(text.replace("\n", ",\n"))
    return (text + chance.choice((end, ""))).encode("utf-8", "surrogatepass")


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line, object_pairs_hook=Members)
    except ValueError:
        return line.decode("utf-8", "replace")


def _changed(node: Any, chance: random.Random) -> Any:
    places = _places(node)
    if not places:
        return value(chance)
    path = chance.choice(places)
    return _at(node, path, chance.choice(_CHANGES), chance)


def _places(node: Any, path: Path = ()) -> list[Path]:
    """The paths of all that can be changed, by indices: of members in objects, of elements in lists."""
    if not isinstance(node, list):
        return [path]
    inner = [one[1] if isinstance(node, Members) else one for one in node]
    return [path, *(place for index, one in enumerate(inner) for place in _places(one, (*path, index)))]


def _at(node: Any, path: Path, work: Any, chance: random.Random) -> Any:
    if not path:
        return work(node, chance)
    index, *rest = path
    if isinstance(node, Members):
        name, inner = node[index]
        node[index] = (name, _at(inner, tuple(rest), work, chance))
    else:
        node[index] = _at(node[index], tuple(rest), work, chance)
    return node


def _other(_: Any, chance: random.Random) -> Any:
    return value(chance)


def _as_text(node: Any, chance: random.Random) -> Any:
    return _written(node, chance) if isinstance(node, list) else str(node)


def _in_list(node: Any, chance: random.Random) -> Any:
    return [node] * chance.choice((1, 1, 2, 40))


def _in_object(node: Any, chance: random.Random) -> Any:
    return Members([(key(chance), node)])


def _number(node: Any, chance: random.Random) -> Any:
    if isinstance(node, str) and node.replace(".", "", 1).isdigit():
        return float(node)
    return float(node) if isinstance(node, int) and abs(node) < 2**60 else scalar(chance)


def _members(node: Any, chance: random.Random) -> Any:
    """Members more, fewer, doubled, renamed or in another order."""
    if not isinstance(node, Members) or not node:
        return value(chance)
    at = chance.randrange(len(node))
    kind = chance.randrange(5)
    if kind == 0:
        node.insert(at, (key(chance), value(chance)))
    elif kind == 1:
        node.append((node[at][0], value(chance)))
    elif kind == 2:
        node[at] = (key(chance), node[at][1])
    elif kind == 3:
        del node[at]
    else:
        chance.shuffle(node)
    return node


def _deep(node: Any, chance: random.Random) -> Any:
    depth = chance.choice((5, 60, 1_500, 60_000))
    left, right = chance.choice(("[]", ('{"a":', "}")))
    return Raw(left * depth + _written(node, chance) + right * depth)


_CHANGES = (_other, _other, _other, _members, _members, _members, _as_text, _in_list, _in_object, _number, _deep)


def _written(node: Any, chance: random.Random) -> str:
    if isinstance(node, Raw):
        return node
    if isinstance(node, Members):
        return "{" + ",".join(f"{_string(name, chance)}:{_written(one, chance)}" for name, one in node) + "}"
    if isinstance(node, list):
        return "[" + ",".join(_written(one, chance) for one in node) + "]"
    if isinstance(node, str):
        return _string(node, chance)
    return json.dumps(node)


def _string(text: str, chance: random.Random) -> str:
    # what no UTF-8 can hold stands as an escape or as three bytes; sometimes controls stand as they are
    written = json.dumps(text, ensure_ascii=chance.random() < 0.6)
    return written.replace("\\u0000", "\0").replace("\\u001b", "\x1b") if chance.random() < 0.1 else written
