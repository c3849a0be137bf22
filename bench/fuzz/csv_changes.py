"""Changes of CSV by cells, columns, quotes and line ends."""

from __future__ import annotations

import csv
import io
import json
import random

from bench.fuzz.values import key, value

Cells = list[list[str]]


def change(data: bytes, chance: random.Random) -> bytes:
    """The table with some cells, columns or its writing changed."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline="")))
    for _ in range(chance.choice((1, 2, 2, 6))):
        chance.choice(_CHANGES)(rows, chance)
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=chance.choice("," * 20 + ";\t|"),
        quotechar=chance.choice('"' * 20 + "'"),
        doublequote=chance.random() < 0.9,
        escapechar="\\",
        quoting=chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE)),
        lineterminator=chance.choice(("\n",) * 8 + ("\r\n", "\r\n", "\r", "\n\n", "\n\r")),
    )
    writer.writerows(rows)
    return (chance.choice(("",) * 9 + ("\ufeff",)) + text.getvalue()).encode("utf-8", "surrogatepass")


def _cell(rows: Cells, chance: random.Random) -> None:
    row = chance.choice(rows) if rows else []
    if row:
        row[chance.randrange(len(row))] = _spelled(chance)


def _column(rows: Cells, chance: random.Random) -> None:
    """A column more, with a hostile name or one that is there already."""
    if rows:
        at = chance.randrange(len(rows[0]) + 1)
        name = chance.choice((key(chance), *rows[0][:3]))
        for place, row in enumerate(rows):
            row.insert(min(at, len(row)), name if place == 0 else _spelled(chance))


def _no_column(rows: Cells, chance: random.Random) -> None:
    if rows and rows[0]:
        at = chance.randrange(len(rows[0]))
        for row in rows:
            del row[at : at + 1]


def _name(rows: Cells, chance: random.Random) -> None:
    if rows and rows[0]:
        at = chance.randrange(len(rows[0]))
        rows[0][at] = chance.choice((rows[0][at].upper(), f" {rows[0][at]} ", key(chance)))


def _ragged(rows: Cells, chance: random.Random) -> None:
    row = chance.choice(rows) if rows else []
    if row and chance.random() < 0.5:
        row.pop()
    else:
        row.extend(["x"] * chance.choice((1, 3, 2_000)))


def _order(rows: Cells, chance: random.Random) -> None:
    chance.choice(
        (rows.reverse, lambda: rows.extend(rows[:2]), lambda: rows.insert(1, []), lambda: rows.pop(0))
    )() if rows else None


def _spelled(chance: random.Random) -> str:
    one = value(chance)
    return one if isinstance(one, str) else json.dumps(one)


_CHANGES = (_cell, _cell, _cell, _cell, _column, _no_column, _name, _ragged, _order)
