"""A receiver listens, gives what it acknowledged once, and closes in order."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch import sources
from stillwatch.errors import InputError, UsageError
from stillwatch.sources import Source, inbox_of, parse
from stillwatch.sources.receiving import OtlpSource
from tests.sources.brokers import free_port
from tests.sources.requests import KEY, PROTOBUF_TYPE, traces, traces_in_protobuf
from tests.sources.sender import post


@pytest.fixture
def source(tmp_path: Path) -> Iterator[OtlpSource]:
    made = opened(tmp_path, free_port())
    yield made
    made.close()


def opened(folder: Path, port: int) -> OtlpSource:
    return OtlpSource(parse([f"otlp://127.0.0.1:{port}"])[0], folder, lambda secret: secret == KEY)


def send(source: OtlpSource, *names: str) -> None:
    for name in names:
        assert post(source.port, "application/json", traces(name)) == 200


def given(source: Source, offset: object = None, most_bytes: int = 1 << 20) -> tuple[list[bytes], object]:
    batch = source.poll(offset, most_bytes, 0)  # type: ignore[arg-type]
    if batch is None:
        return [], offset
    return [line for path in batch.files for line in path.read_bytes().splitlines()], batch.offset


def test_what_was_sent_is_given_once(source: OtlpSource) -> None:
    assert source.poll(None, 100, 0) is None
    send(source, "a", "b")
    found, offset = given(source)
    assert found == [traces("a"), traces("b")]
    assert given(source, offset) == ([], offset)
    send(source, "c", "c")
    assert given(source, offset)[0] == [traces("c")]


def test_a_batch_has_a_file_for_each_format_and_counts(source: OtlpSource) -> None:
    send(source, "a", "a", "b")
    assert post(source.port, PROTOBUF_TYPE, traces_in_protobuf("c")) == 200
    batch = source.poll(None, 1 << 20, 0)
    assert batch is not None
    assert sorted(path.suffix for path in batch.files) == [".binpb", ".jsonl"]
    assert (batch.counts.records, batch.counts.repeated, batch.origins) == (3, 1, (source.name,) * 2)


def test_an_uncommitted_batch_comes_again(source: OtlpSource, tmp_path: Path) -> None:
    send(source, "a", "b", "c")
    first, offset = given(source, most_bytes=1)
    assert first == [traces("a")]
    assert given(source, most_bytes=1) == (first, offset)
    again = opened(tmp_path, free_port())
    assert given(again, offset)[0] == [traces("b"), traces("c")]
    again.close()


def test_an_inbox_that_another_program_fills(tmp_path: Path) -> None:
    [address] = parse(["otlp://127.0.0.1:1?listen=no"])
    filled = inbox_of(address, tmp_path)
    source = sources.opened(address, tmp_path)
    filled.keep(".jsonl", b"{}").result(10)
    found, offset = given(source)
    assert (found, given(source, offset)) == ([b"{}"], ([], offset))
    source.close()
    filled.close()


def test_a_port_that_is_taken_is_told_of(source: OtlpSource, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be listened at: Address already in use; name another port"):
        opened(tmp_path / "other", source.port)


@pytest.mark.parametrize(
    "offset", [{"groups": "g-"}, {"groups": ["../x"]}, {"groups": ["g-/../../x"]}, {"groups": [3]}]
)
def test_a_damaged_offset_is_refused(source: OtlpSource, offset: dict[str, object]) -> None:
    with pytest.raises(InputError, match="it names no groups of requests"):
        source.poll(offset, 100, 0)


def test_headers_that_do_not_end_close_the_connection(source: OtlpSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stillwatch.sources.connections.HEADER_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", source.port), 10) as slow:
        slow.sendall(b"POST /v1/traces HTTP/1.1\r\nx: ")
        assert slow.recv(100) == b""
    send(source, "a")


def test_one_connection_serves_many_requests(source: OtlpSource) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", source.port, timeout=10)
    for name in "abc":
        headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
        connection.request("POST", "/v1/traces", traces(name), headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"{}")
    connection.close()
    assert len(given(source)[0]) == 3


def test_a_large_body_is_answered_before_it_was_sent(source: OtlpSource) -> None:
    with socket.create_connection(("127.0.0.1", source.port), 10) as one:
        head = (
            f"POST /v1/traces HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\ncontent-type: application/json\r\n"
        )
        one.sendall(head.encode() + b"content-length: 99999999999\r\n\r\n{")
        assert b" 413 " in one.recv(100)
