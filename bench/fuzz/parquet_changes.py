"""Changes of Parquet by its footer, its page headers and its columns."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq

from bench.fuzz import byte_changes
from bench.fuzz.thrift_tree import BINARY, LIST, STRUCT, Node, footer_of, parse, with_footer, written
from bench.fuzz.values import TEXTS

NUMBERS = (0, -1, 1, 2, 3, 7, 8, 77, 127, 2**15, 2**31 - 1, -(2**31), 2**40, 2**63 - 1, -(2**63))
GROUPS, COLUMNS, META, SIZE, PAGES = 4, 1, 3, 7, 9
DEEP = (10, 80)
TYPES = (
    *(pa.int8(), pa.uint64(), pa.float16(), pa.float32(), pa.bool_(), pa.binary(), pa.binary(3), pa.large_string()),
    *(pa.date32(), pa.time64("ns"), pa.timestamp("s"), pa.timestamp("ns", "Asia/Tokyo"), pa.decimal128(38, 9)),
    *(pa.decimal256(70, 9), pa.null(), pa.uuid(), pa.list_(pa.string()), pa.list_(pa.list_(pa.binary())), pa.string()),
    *(pa.struct([("a", pa.int64())]), pa.map_(pa.string(), pa.int64()), pa.dictionary(pa.int8(), pa.string())),
)


def change(data: bytes, chance: random.Random) -> bytes:
    """The file with one sort of change."""
    return chance.choice((_footer, _footer, _footer_bytes, _page_header, _page_bytes, _column))(data, chance)


def _footer(data: bytes, chance: random.Random) -> bytes:
    tree = footer_of(data)
    for _ in range(chance.choice((1, 1, 2, 4))):
        _alter(chance.choice(_below(tree)), chance)
    return with_footer(data, tree)


def _below(node: Node) -> list[Node]:
    inner = node.value.values() if node.kind == STRUCT else node.value if node.kind == LIST else ()
    return [node, *(one for below in inner for one in _below(below))]


def _alter(node: Node, chance: random.Random) -> None:
    if node.kind == STRUCT:
        _alter_struct(node, chance)
    elif node.kind == LIST:
        chance.choice((node.value.reverse, node.value.clear, lambda: node.value.extend(node.value[:1] * 20)))()
    elif node.kind == BINARY:
        node.value = chance.choice((*TEXTS, "exchange_id", "account_id", "file_row_number")).encode(
            "utf-8", "surrogatepass"
        )
    elif isinstance(node.value, int):
        node.value = chance.choice((*NUMBERS, node.value + 1, node.value - 1, -node.value))


def _alter_struct(node: Node, chance: random.Random) -> None:
    if not node.value:
        return
    number = chance.choice(list(node.value))
    kind = chance.random()
    if kind < 0.4:
        del node.value[number]
    elif kind < 0.7:
        node.value[chance.randrange(1, 20)] = node.value[number]
    else:
        inside = node.value[number]
        for _ in range(chance.choice(DEEP)):
            inside = Node(STRUCT, {1: inside})
        node.value[number] = inside


def _footer_bytes(data: bytes, chance: random.Random) -> bytes:
    size = int.from_bytes(data[-8:-4], "little")
    if chance.random() < 0.2:
        return byte_changes.change(data, chance, len(data) - 8)  # its length, and the end by which it is known
    return with_footer(data, byte_changes.change(data[-8 - size : -8], chance))


def _chunk(tree: Node, chance: random.Random) -> Node | None:
    """What the footer says of some column of some row group."""
    groups = tree.at(GROUPS).value
    return chance.choice(chance.choice(groups).at(COLUMNS).value).at(META) if groups else None


def _page_header(data: bytes, chance: random.Random) -> bytes:
    tree = footer_of(data)
    meta = _chunk(tree, chance)
    if meta is None:
        return data
    at = meta.at(PAGES).value
    header, end = parse(data, at)
    for _ in range(chance.choice((1, 1, 2))):
        _alter(chance.choice(_below(header)), chance)
    new = written(header)
    _move(tree, at, len(new) - (end - at))
    meta.set(SIZE, to=meta.at(SIZE).value + len(new) - (end - at))
    return with_footer(data[:at] + new + data[end:], tree)


def _move(tree: Node, after: int, by: int) -> None:
    """Pages behind a place lie elsewhere now."""
    for group in tree.at(GROUPS).value:
        for column in group.at(COLUMNS).value:
            meta = column.at(META)
            for place in (PAGES, 11):
                if place in meta.value and meta.at(place).value > after:
                    meta.set(place, to=meta.at(place).value + by)


def _page_bytes(data: bytes, chance: random.Random) -> bytes:
    meta = _chunk(footer_of(data), chance)
    if meta is None:
        return data
    start = meta.at(PAGES).value
    pages = bytearray(data[start : start + meta.at(SIZE).value])
    for _ in range(chance.choice((1, 2, 9))):
        pages[chance.randrange(len(pages))] = chance.choice((0, 1, 2, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    return data[:start] + pages + data[start + len(pages) :]


def _column(data: bytes, chance: random.Random) -> bytes:
    """One column of another type, doubled, renamed, away or without a value."""
    table = pq.read_table(io.BytesIO(data))
    at = chance.randrange(table.num_columns)
    out = io.BytesIO()
    pq.write_table(chance.choice(_COLUMNS)(table, at, chance), out, compression="zstd")
    return out.getvalue()


def _typed(table: pa.Table, at: int, chance: random.Random) -> pa.Table:
    kind = chance.choice(TYPES)
    try:
        column = table.column(at).cast(kind)
    except (pa.ArrowException, ValueError):
        column = pa.nulls(table.num_rows, kind)
    return table.set_column(at, table.column_names[at], column)


def _values(table: pa.Table, at: int, chance: random.Random) -> pa.Table:
    texts = [chance.choice(TEXTS).encode("utf-8", "surrogatepass") for _ in range(table.num_rows)]
    column = pa.array(texts, pa.binary())
    if chance.random() < 0.7:  # texts that are no UTF-8 are called text all the same
        column = pa.Array.from_buffers(pa.string(), len(column), column.buffers())
    return table.set_column(at, table.column_names[at], column)


def _renamed(table: pa.Table, at: int, chance: random.Random) -> pa.Table:
    name = chance.choice(
        (table.column_names[0], table.column_names[at].upper(), "file_row_number", "file_index", "\U0001f47b")
    )
    added = table.append_column(name, table.column(at))
    return chance.choice(
        (
            added,
            table.set_column(at, name, table.column(at)),
            added.select(added.column_names[::-1]) if len(set(added.column_names)) == added.num_columns else added,
        )
    )


def _fewer(table: pa.Table, at: int, chance: random.Random) -> pa.Table:
    return chance.choice((table.remove_column(at), table.slice(0, 0), table.select([])))


_COLUMNS: tuple[Callable[[pa.Table, int, random.Random], pa.Table], ...] = (
    _typed,
    _typed,
    _values,
    _values,
    _renamed,
    _fewer,
)
