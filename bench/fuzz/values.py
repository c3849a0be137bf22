"""Values that no honest log has, for any column."""

from __future__ import annotations

import json
import random
from typing import Any

TEXTS = (
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "\udc00\ud800x",
        "\ufffe",
        "\u202egnp",
        "\u200b\u2060",
        "e\u0301" * 50,
        "\U0010ffff",
    ),
    *(
        "\r",
        "\n",
        "a\r\nb",
        "\x1b[2J\x07",
        "\x85\u2028",
        "\ufeff",
        "%s%n{0}",
        "'; DROP TABLE exchanges; --",
        "=cmd|'/C'!A0",
    ),
    *(
        "</script><script>",
        "../../etc/passwd",
        "NULL",
        "null",
        "None",
        "nan",
        "N/A",
        "\\N",
        "-",
        "true",
        "[]",
        "{}",
        "[",
        '"',
    ),
    *(
        "0",
        "-1",
        "1e5",
        "1_000",
        "1,5",
        "٣",
        "0x10",
        "9" * 25,
        "1" * 5_000,
        "+7",
        "7.0",
        "1e400",
        "Infinity",
        "x" * 20_000,
    ),
    *(
        "2026-05-01",
        "2026-05-01T10:00:00+99:99",
        "0000-00-00",
        "9999-12-31T23:59:60Z",
        "now",
        "1777600000",
        "1777600000.5",
    ),
    *(
        "1777600000000",
        "1777600000000000000",
        "2026-05-01 10:00:00,123456789 +02",
        "20260501T100000Z",
        "1.5.2026 10:00",
    ),
    *(
        "10.0.0.1, 1.2.3.4",
        "[::1]:443",
        "::ffff:1.2.3.4",
        "fe80::1%eth0",
        "1.2.3.4:99999",
        "unknown",
        "1.2.3",
        "for=1.2.3.4",
    ),
)
NUMBERS = (0, -1, 1, 2**15, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**400, 0.1, -0.0, 1e308, 7.0)
NUMBERS += (1_777_600_000, 1_777_600_000.25, 1_777_600_000_000, 1_777_600_000_000_000_000)
SINGLE = (None, True, False, float("nan"), float("inf"), float("-inf"))


def scalar(chance: random.Random) -> Any:
    """One hostile value without parts."""
    return chance.choice((chance.choice(TEXTS), chance.choice(TEXTS), chance.choice(NUMBERS), chance.choice(SINGLE)))


def value(chance: random.Random, depth: int = 0) -> Any:
    """One hostile value, perhaps with others inside, or another's JSON as text."""
    kind = chance.random()
    if depth > 4 or kind < 0.6:
        return scalar(chance)
    if kind < 0.75:
        return [value(chance, depth + 1) for _ in range(chance.choice((0, 1, 1, 3)))]
    if kind < 0.9:
        return {key(chance): value(chance, depth + 1) for _ in range(chance.choice((0, 1, 3)))}
    return json.dumps(value(chance, depth + 1))


def key(chance: random.Random) -> str:
    """A member's name: one that formats know, or anything."""
    return chance.choice((*_NAMES, chance.choice(TEXTS)))


_NAMES = ("role", "content", "text", "parts", "type", "messages", "input", "output", "value", "key", "stringValue")
_NAMES += ("arrayValue", "kvlistValue", "tool_calls", "function", "name", "usage", "metadata", "id", "user")
