"""A receiver of OTLP keeps what it acknowledges, and answers everything else as the protocol asks for."""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.sources import otlp
from stillwatch.sources.inbox import Inbox
from stillwatch.sources.otlp import LARGEST, Receiver
from tests.sources.requests import (
    JSON_TYPE,
    KEY,
    PROTOBUF_TYPE,
    Answer,
    Client,
    logs_in_protobuf,
    traces,
    traces_in_protobuf,
)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    made = Inbox(tmp_path / "inbox")
    yield made
    made.close()


@pytest.fixture
def client(inbox: Inbox) -> Client:
    return Client(Receiver(inbox, lambda secret: secret == KEY, 1_000_000))


def kept(inbox: Inbox) -> dict[str, bytes]:
    """What is in the files of all groups, by format."""
    found: dict[str, bytes] = {}
    for path in sorted(inbox.folder.glob("g-*/requests.*")):
        found[path.suffix] = found.get(path.suffix, b"") + path.read_bytes()
    return found


def why(answer: Answer) -> str:
    """The message of a Status in JSON."""
    assert answer.headers["content-type"] == JSON_TYPE
    return str(json.loads(answer.body)["message"])


class TestWhatIsTaken:
    def test_json(self, client: Client, inbox: Inbox) -> None:
        answer = client.post(traces("a"))
        assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"{}", JSON_TYPE)
        assert kept(inbox) == {".jsonl": traces("a") + b"\n"}

    def test_protobuf(self, client: Client, inbox: Inbox) -> None:
        body = traces_in_protobuf("a")
        answer = client.post(body, kind=PROTOBUF_TYPE)
        assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"", PROTOBUF_TYPE)
        assert kept(inbox) == {".binpb": len(body).to_bytes(4, "big") + body}

    def test_protobuf_with_a_text_that_is_no_utf8(self, client: Client, inbox: Inbox) -> None:
        body = traces_in_protobuf("good", "hostile").replace(b"hostile", b"\xff\xfe\xc3tile")
        assert client.post(body, kind=PROTOBUF_TYPE).status == 200
        assert kept(inbox) == {".binpb": len(body).to_bytes(4, "big") + body}

    def test_logs(self, client: Client, inbox: Inbox) -> None:
        assert client.post(b'{"resourceLogs": [{}]}', "/v1/logs").status == 200
        assert client.post(logs_in_protobuf("a"), "/v1/logs", PROTOBUF_TYPE).status == 200
        assert set(kept(inbox)) == {".jsonl", ".binpb"}

    def test_gzip_of_several_members(self, client: Client, inbox: Inbox) -> None:
        body = gzip.compress(traces("a")[:10]) + gzip.compress(traces("a")[10:]) + b"\0\0"
        assert client.post(body, content_encoding="gzip").status == 200
        assert kept(inbox) == {".jsonl": traces("a") + b"\n"}

    def test_pieces_and_lines(self, client: Client, inbox: Inbox) -> None:
        body = json.dumps(json.loads(traces("a")), indent=2).encode()
        assert client.post([body[:7], b"", body[7:]], kind="Application/JSON; charset=utf-8").status == 200
        [line] = kept(inbox)[".jsonl"].splitlines()
        assert json.loads(line) == json.loads(body)

    @pytest.mark.parametrize("text", ["\ud800", "\0", "[" * 5_000, "," * 3_000_000, "1e999999", "９" * 9])
    def test_whatever_people_wrote(self, text: str, inbox: Inbox) -> None:
        client = Client(Receiver(inbox, lambda _: True))
        assert client.post(traces("a", text=text)).status == 200
        assert json.loads(kept(inbox)[".jsonl"]) == json.loads(traces("a", text=text))

    def test_deep_nesting(self, client: Client, inbox: Inbox) -> None:
        deep = b'{"resourceSpans": [' + b'{"a": [' * 20_000 + b"]}" * 20_000 + b"]}"
        assert client.post(deep).status == 200
        assert kept(inbox) == {".jsonl": deep + b"\n"}

    @pytest.mark.parametrize("body", [b"", b" ", b"{}", b'{"resourceSpans": []}'])
    def test_nothing_leaves_nothing(self, body: bytes, client: Client, inbox: Inbox) -> None:
        assert client.post(body).status == 200
        assert kept(inbox) == {}

    def test_the_key_in_another_header(self, client: Client) -> None:
        assert client.post(traces("a"), authorization="", x_api_key=KEY).status == 200


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "secret", ["", "Bearer", "Bearer wrong", "Basic key", f"Bearer {'x' * 600}", "Bearer \xff"]
    )
    def test_without_a_key_nothing_is_read(self, secret: str, client: Client, inbox: Inbox) -> None:
        answer = client.post(traces("a"), authorization=secret)
        assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert (client.asked, kept(inbox)) == (0, {})

    def test_other_methods_and_paths(self, client: Client) -> None:
        answer = client.post(b"", method="GET")
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
        assert client.post(b"", "/v1/metrics").status == 404

    @pytest.mark.parametrize("kind", ["", "text/plain", "application/jsonx", "application/protobuf"])
    def test_other_content_types(self, kind: str, client: Client) -> None:
        assert client.post(traces("a"), kind=kind).status == 415

    def test_other_encodings(self, client: Client) -> None:
        answer = client.post(traces("a"), content_encoding="zstd")
        assert (answer.status, answer.headers["accept-encoding"]) == (415, "gzip")

    @pytest.mark.parametrize(
        "body", [b"x", b"[]", b"1", b"null", b'{"resourceSpans"', b'{"resourceSpans": 3}', b'{"a": []}']
    )
    def test_what_is_no_request(self, body: bytes, client: Client, inbox: Inbox) -> None:
        answer = client.post(body)
        assert answer.status == 400
        assert "the body" in why(answer)
        assert kept(inbox) == {}

    def test_broken_protobuf_with_a_status_in_protobuf(self, client: Client) -> None:
        answer = client.post(b"\x0a\xff\xff", kind=PROTOBUF_TYPE)
        assert (answer.status, answer.headers["content-type"]) == (400, PROTOBUF_TYPE)
        text = b"the body is no message of OTLP in protobuf"
        assert answer.body == b"\x08\x03\x12" + bytes([len(text)]) + text

    @pytest.mark.parametrize("body", [b"x", b"", gzip.compress(traces("a"))[:-9], gzip.compress(b"{}") + b"x"])
    def test_broken_gzip(self, body: bytes, client: Client) -> None:
        answer = client.post(body, content_encoding="gzip")
        assert answer.status == (400 if body else 200)

    def test_very_many_members_of_gzip(self, client: Client) -> None:
        answer = client.post(gzip.compress(b"") * 40_000, content_encoding="gzip")
        assert (answer.status, why(answer)) == (400, "the body has more than 100 members of gzip")

    @pytest.mark.parametrize("length", ["1000001", "9" * 5_000, "-1", "x", "0x10"])
    def test_a_length_that_cannot_be(self, length: str, client: Client) -> None:
        assert client.post(traces("a"), content_length=length).status == 413
        assert client.asked == 0

    def test_more_than_was_said(self, client: Client) -> None:
        answer = client.post([b" " * 600_000] * 100, content_length="5")
        assert (answer.status, client.asked) == (413, 2)

    def test_a_bomb(self, client: Client) -> None:
        bomb = gzip.compress(b"[" * 300_000_000)
        tracemalloc.start()
        answer = client.post(bomb, content_encoding="gzip")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert answer.status == 413
        assert peak < 10_000_000

    def test_json_of_very_many_values_takes_little_memory(self, inbox: Inbox) -> None:
        client = Client(Receiver(inbox, lambda _: True))
        many = b'{"resourceSpans": [' + b",".join([b"[]"] * ((LARGEST - 100) // 3)) + b"]}"
        tracemalloc.start()
        answer = client.post(many)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert answer.status == 200
        assert peak < 8 * LARGEST

    def test_a_client_that_leaves(self, client: Client, inbox: Inbox) -> None:
        assert client.post([]).status == 0
        assert kept(inbox) == {}

    def test_a_slow_request(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(otlp, "_BODY_SECONDS", 0.05)

        async def slow() -> int:
            sent: list[int] = []

            async def receive() -> dict[str, object]:
                await asyncio.sleep(60)
                return {}

            async def send(message: dict[str, object]) -> None:
                sent.append(int(str(message.get("status", 0))))

            headers = [(b"authorization", b"Bearer key"), (b"content-type", b"application/json")]
            scope = {"type": "http", "path": "/v1/logs", "method": "POST", "headers": headers}
            await client.app(scope, receive, send)  # type: ignore[arg-type]
            return sent[0]

        assert asyncio.run(slow()) == 408


class TestWhenItCannotKeep:
    def test_a_full_disk_asks_to_send_again(
        self, client: Client, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr("stillwatch.sources.inbox._put", full)
            answer = client.post(traces("a"))
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert kept(inbox) == {}
        assert client.post(traces("a")).status == 200

    def test_too_much_that_waits_asks_to_send_again(self, tmp_path: Path) -> None:
        room = 2 * len(traces("0")) + 1
        inbox = Inbox(tmp_path / "small", room)
        client = Client(Receiver(inbox, lambda _: True))
        answers = [client.post(traces(str(number))).status for number in range(5)]
        assert answers == [200, 200, 503, 503, 503]
        inbox.close()
        again = Inbox(tmp_path / "small", room)  # which counts what is there
        assert Client(Receiver(again, lambda _: True)).post(traces("6")).status == 503
        again.close()

    def test_an_error_inside_asks_to_send_again(self, inbox: Inbox) -> None:
        def broken(_: str) -> bool:
            raise RuntimeError("the ledger is locked")

        answer = Client(Receiver(inbox, broken)).post(traces("a"))
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert "ledger" not in why(answer)

    def test_too_many_at_once_are_asked_to_wait(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(otlp, "_WAIT_SECONDS", 0.01)

        async def crowded() -> Answer:
            for _ in range(otlp._AT_ONCE):
                await client.app._places.acquire()
            headers = {"authorization": f"Bearer {KEY}", "content-type": JSON_TYPE}
            return await client.send("/v1/traces", "POST", headers, [traces("a")])

        answer = asyncio.run(crowded())
        assert (answer.status, answer.headers["retry-after"]) == (429, "5")
