"""Messages in protobuf give the rows that the same documents give in JSON, and damaged files are named."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from stillwatch.errors import InputError, UsageError
from stillwatch.input_files import Source
from stillwatch.otlp_messages import DEEPEST
from stillwatch.otlp_messages import messages as known_messages
from stillwatch.read.gateways import named
from stillwatch.read.gateways.otlp_protobuf import LONGEST, decode, messages
from tests.read.gateways.samples import EXAMPLES, rows_of, sample
from tests.read.rows import read_in

FILE = EXAMPLES / "otel.binpb"
DATA = FILE.read_bytes()
FIRST = DATA[4 : 4 + int.from_bytes(DATA[:4], "big")]


def read(data: bytes, size: int = 100) -> list[object]:
    pieces: Iterator[bytes] = (data[at : at + size] for at in range(0, len(data), size))
    return [record for *_, record in messages(Source(Path("a.binpb"), "a.binpb", ".binpb"), pieces)]


def plain(rows: list[dict[str, object]]) -> list[dict[str, str]]:
    return [{name: str(value) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("size", [1, 3, 100, 1_000_000])
def test_gives_the_rows_of_the_same_json(size: int) -> None:
    found = rows_of(named("otel"), read(DATA, size))
    assert len(found) == 4
    assert plain(found) == plain(rows_of(named("otel"), sample("otel")[:2]))


def test_a_message_alone_needs_no_length() -> None:
    assert read(FIRST) == read(DATA)[:1]


def test_an_empty_file_holds_nothing() -> None:
    assert read(b"") == []


@pytest.mark.parametrize("data", [DATA[:-1], DATA[:6], DATA[:2], (LONGEST + 1).to_bytes(4, "big") + DATA])
def test_a_damaged_file_is_named(data: bytes) -> None:
    with pytest.raises(InputError, match=r"`a.binpb` cannot be read"):
        read(data)


def test_what_is_no_message_is_no_record() -> None:
    assert read((3).to_bytes(4, "big") + b"\xff\xff\xff" + DATA)[0] is None
    assert len(read((0).to_bytes(4, "big") + DATA)) == 3


@given(st.data())
def test_damaged_messages_never_raise(data: st.DataObject) -> None:
    damaged = bytearray(FIRST)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    record = decode(bytes(damaged))
    rows_of(named("otel"), [record])


@given(st.binary(max_size=200))
def test_random_bytes_never_raise(data: bytes) -> None:
    decode(data)
    decode(FIRST[: len(FIRST) // 2] + data)


VALUES = st.recursive(
    st.none()
    | st.text(max_size=20)
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
SPANS = st.lists(st.tuples(st.text(max_size=9), st.dictionaries(st.text(max_size=9), VALUES, max_size=4)), min_size=1)


FIELDS = {str: "string", bool: "bool", int: "int", float: "double", bytes: "bytes"}


def put(value: object, into: AnyValue) -> object:
    """Writes a value into a message, and returns what stands for it in JSON."""
    if isinstance(value, list):
        into.array_value.SetInParent()
        return [put(one, into.array_value.values.add()) for one in value]
    if isinstance(value, dict):
        into.kvlist_value.SetInParent()
        return {name: put(one, into.kvlist_value.values.add(key=name).value) for name, one in value.items()}
    if value is not None:
        setattr(into, f"{FIELDS[type(value)]}_value", value)
    return value.hex() if isinstance(value, bytes) else value


def traces(spans: list[tuple[str, dict[str, object]]]) -> tuple[bytes, list[dict[str, object]]]:
    """A message with a span of each name and attributes, and these attributes as JSON has them."""
    message = TracesData()
    scope = message.resource_spans.add().scope_spans.add()
    stated = []
    for number, (name, attributes) in enumerate(spans):
        span = scope.spans.add(name=name, start_time_unix_nano=1 + number)
        stated.append({key: put(value, span.attributes.add(key=key).value) for key, value in attributes.items()})
    return message.SerializeToString(), stated


def spans_of(data: bytes) -> list[dict[str, Any]]:
    found: Any = decode(data)
    return [span for one in found["resourceSpans"] for scope in one["scopeSpans"] for span in scope["spans"]]


@given(SPANS)
def test_a_message_gives_what_was_written_into_it(spans: list[tuple[str, dict[str, object]]]) -> None:
    data, stated = traces(spans)
    found = spans_of(data)
    assert [span["attributes"] for span in found] == stated
    assert [(span["name"], span["startTimeUnixNano"]) for span in found] == [
        (name, number) for number, (name, _) in enumerate(spans, start=1)
    ]


@given(st.lists(st.binary(min_size=4, max_size=12), min_size=1, max_size=9))
def test_bytes_that_are_no_text_lose_no_span(written: list[bytes]) -> None:
    stands_for = {f"#{number:_<{len(text) - 1}}": text for number, text in enumerate(written)}
    data, _ = traces([(name, {name: {name: [name]}}) for name in stands_for])
    for name, text in stands_for.items():
        data = data.replace(name.encode(), text)
    shown = [text.decode("utf-8", "surrogateescape") for text in written]
    assert [(span["name"], span["attributes"]) for span in spans_of(data)] == [
        (text, {text: {text: [text]}}) for text in shown
    ]


@pytest.mark.parametrize("depth", [1, DEEPEST, DEEPEST + 1, 40, 5_000])
@pytest.mark.parametrize("kind", [list, dict])
def test_values_may_nest_however_deep(depth: int, kind: type) -> None:
    data = AnyValue(string_value="x").SerializeToString()
    for _ in range(depth):  # field 5 holds a list, 6 an object; in both, field 1 is an element
        data = held(5, held(1, data)) if kind is list else held(6, held(1, held(1, b"k") + held(2, data)))
    span = held(5, b"deep") + b"\x39" + bytes([1] * 8) + held(9, held(1, b"a") + held(2, data))
    good = held(5, b"good") + b"\x39" + bytes([1] * 8)
    found = spans_of(held(1, held(2, held(2, good) + held(2, span))))
    assert [one["name"] for one in found] == ["good", "deep"]
    value, levels = found[1]["attributes"]["a"], 0
    while isinstance(value, kind):
        value, levels = (value[0] if isinstance(value, list) else value["k"]), levels + 1  # type: ignore[index]
    assert (value, levels) == (("x", depth) if depth <= DEEPEST else (None, DEEPEST + 1))


def held(field: int, data: bytes) -> bytes:
    """A field of a message with its length, as protobuf writes it."""
    size, length = len(data), bytearray()
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes([field << 3 | 2, *length, size]) + data


def test_a_text_that_is_no_utf8_is_replaced_and_told(tmp_path: Path) -> None:
    message = TracesData()
    scope = message.resource_spans.add().scope_spans.add()
    for number in range(5):
        span = scope.spans.add(name="chat", trace_id=bytes([number] * 16), span_id=bytes([number] * 8))
        span.start_time_unix_nano = 1_777_629_600_000_000_000 + number
        agent = "hostile" if number == 3 else "curl"
        words = {"user.id": f"a{number}", "gen_ai.operation.name": "chat", "user_agent.original": agent}
        for key, value in words.items():
            put(value, span.attributes.add(key=key).value)
    (tmp_path / "a.binpb").write_bytes(message.SerializeToString().replace(b"hostile", b"h\xff\xfe\xc3\x28le"))
    rows, summary = read_in(tmp_path, [tmp_path / "a.binpb"])
    assert [(row["account_id"], row["user_agent"]) for row in rows] == [
        (f"a{number}", "h\ufffd\ufffd\ufffd(le" if number == 3 else "curl") for number in range(5)
    ]
    assert [(one["column_name"], one["reason"], one["rows"]) for one in summary.altered] == [
        ("user_agent", "replaced", 1)
    ]


def test_without_the_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    known_messages.cache_clear()
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.logs.v1.logs_pb2", None)
    with pytest.raises(UsageError, match=r"pip install 'stillwatch\[otlp\]'"):
        decode(FIRST)
