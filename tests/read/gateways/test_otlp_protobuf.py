"""Messages in protobuf give the rows that the same documents give in JSON, and damaged files are named."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.errors import InputError, UsageError
from stillwatch.input_files import Source
from stillwatch.read.gateways import named
from stillwatch.read.gateways.otlp_protobuf import LONGEST, decode, messages
from tests.read.gateways.samples import EXAMPLES, rows_of, sample

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


def test_without_the_packages_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.proto.logs.v1.logs_pb2", None)
    with pytest.raises(UsageError, match=r"pip install 'stillwatch\[otlp\]'"):
        decode(FIRST)
