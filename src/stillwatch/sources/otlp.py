"""A receiver of OTLP over HTTP as an ASGI app: `POST /v1/traces` and `/v1/logs`, in JSON and protobuf.

It answers 200 when a request is on the disk, and as the protocol asks for in every other case: with a Status in the
format of the request. What a client wrote inside never makes a request wrong, only its outer form does.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

import orjson

from stillwatch.otlp_messages import messages
from stillwatch.sources.inbox import JSON, PROTOBUF, FullError, Inbox, Kind
from stillwatch.sources.interface import Allowed
from stillwatch.sources.spool import TOO_DEEP, decoded

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST = 32_000_000  # bytes of a request, also when it is decompressed
PATHS = ("/v1/traces", "/v1/logs")
_KINDS: dict[str, Kind] = {"application/json": JSON, "application/x-protobuf": PROTOBUF}
_TYPES = {kind: name for name, kind in _KINDS.items()}
_CONTAINERS = {"/v1/traces": ("resourceSpans", "resource_spans"), "/v1/logs": ("resourceLogs", "resource_logs")}
_LONGEST_KEY = 512
_BODY_SECONDS = 30.0  # within which a request must have come
_AT_ONCE = 8  # requests whose bodies are in memory
_WAIT_SECONDS = 5.0  # for one of these places
_MOST_MEMBERS = 100  # of gzip: each costs a copy of what follows it
_MOST_VALUES = 2_000_000  # of JSON that is looked into, since each takes a hundred bytes


@dataclass
class RefusedError(Exception):
    """A request that is not taken: its HTTP status, the protocol's code, why, and further headers."""

    status: int
    code: int
    why: str
    headers: tuple[tuple[str, str], ...] = ()


_AGAIN = (("retry-after", "5"),)


class Receiver:
    """The app; `allowed` says whether a secret is a key of scope `ingest`."""

    def __init__(self, inbox: Inbox, allowed: Allowed, largest: int = LARGEST) -> None:
        """Raises UsageError when the packages that read protobuf are missing."""
        self._inbox, self._allowed, self._largest = inbox, allowed, largest
        self._messages = messages()
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._looking = asyncio.Semaphore(1)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        kind = _KINDS.get(headers.get("content-type", "").partition(";")[0].strip().lower())
        try:
            await self._take(scope, headers, kind, receive)
        except RefusedError as refused:
            await _answer(send, refused.status, kind or JSON, _status(kind, refused), refused.headers)
        except ConnectionError:
            return  # nobody is there to hear an answer
        except Exception:  # noqa: BLE001  a service goes on; the client is told to send the request again
            inside = RefusedError(503, 14, "an error inside; send it again", _AGAIN)
            await _answer(send, 503, kind or JSON, _status(kind, inside), _AGAIN)
        else:
            await _answer(send, 200, kind or JSON, b"{}" if kind == JSON else b"", ())

    async def _take(self, scope: Message, headers: dict[str, str], kind: Kind | None, receive: Receive) -> None:
        path = str(scope["path"])
        if path not in PATHS:
            raise RefusedError(404, 5, f"there is no {path[:100]!r}; post to `/v1/traces` or `/v1/logs`")
        if scope["method"] != "POST":
            raise RefusedError(405, 12, "only POST is answered here", (("allow", "POST"),))
        await self._check_key(headers)
        if kind is None:
            raise RefusedError(415, 3, "the content type is neither `application/json` nor `application/x-protobuf`")
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity", "gzip"):
            raise RefusedError(415, 3, "the content encoding is not `gzip`", (("accept-encoding", "gzip"),))
        declared = headers.get("content-length", "0")
        if not declared.isascii() or not declared.isdigit() or int(declared[:20]) > self._largest:
            raise self._too_large()
        await self._with_place(path, kind, encoding, receive)

    async def _check_key(self, headers: dict[str, str]) -> None:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        secret = (bearer if scheme.lower() == "bearer" else headers.get("x-api-key", "")).strip()
        if not secret or len(secret) > _LONGEST_KEY or not await asyncio.to_thread(self._allowed, secret):
            why = "no key of scope `ingest` was given as `authorization: Bearer …` or `x-api-key`"
            raise RefusedError(401, 16, why, (("www-authenticate", "Bearer"),))

    async def _with_place(self, path: str, kind: Kind, encoding: str, receive: Receive) -> None:
        try:
            await asyncio.wait_for(self._places.acquire(), _WAIT_SECONDS)
        except TimeoutError as error:
            raise RefusedError(429, 8, "too many requests at once; send it again", _AGAIN) from error
        try:
            data = await self._body(receive)
            async with self._looking:
                data = await asyncio.to_thread(self._checked, path, kind, encoding, data)
            if data:
                await asyncio.wrap_future(self._inbox.keep(kind, data))
        except FullError as error:
            raise RefusedError(503, 14, f"{error}; send it again", _AGAIN) from error
        finally:
            self._places.release()

    async def _body(self, receive: Receive) -> bytes:
        """Reads the whole body; raises RefusedError when it is too large or too slow."""
        found = bytearray()
        until = asyncio.get_running_loop().time() + _BODY_SECONDS
        more = True
        while more:
            try:
                message = await asyncio.wait_for(receive(), until - asyncio.get_running_loop().time())
            except TimeoutError as error:
                raise RefusedError(408, 4, "the request did not come in time; send it again") from error
            if message["type"] != "http.request":
                raise ConnectionError("the client left")
            found += message.get("body", b"")
            more = bool(message.get("more_body"))
            if len(found) > self._largest:
                raise self._too_large()
        return bytes(found)

    def _checked(self, path: str, kind: Kind, encoding: str, data: bytes) -> bytes:
        """Returns the decompressed body, empty where it holds nothing; raises RefusedError for what is no request."""
        if encoding == "gzip":
            data = self._unzipped(data)
        if not data.strip():
            return b""
        if kind == PROTOBUF:
            self._check_protobuf(path, data)
            return data
        if sum(data.count(sign) for sign in (b"{", b"[", b",")) > _MOST_VALUES:
            return data  # whoever reads it does so piece by piece; it would take gigabytes here
        found = decoded(data)
        if found is TOO_DEEP:
            return data
        if not isinstance(found, dict):
            raise RefusedError(400, 3, "the body is no JSON object of OTLP")
        held = [found[name] for name in _CONTAINERS[path] if name in found]
        if found and not any(isinstance(one, list) for one in held):
            raise RefusedError(400, 3, f"the body has no list `{_CONTAINERS[path][0]}`")
        return data if any(held) else b""

    def _check_protobuf(self, path: str, data: bytes) -> None:
        kind = self._messages.traces if path == "/v1/traces" else self._messages.logs
        try:
            kind.FromString(data)
        except self._messages.error as found:
            raise RefusedError(400, 3, "the body is no message of OTLP in protobuf") from found

    def _unzipped(self, data: bytes) -> bytes:
        """Decompresses, and stops where a body becomes too large, however small it came."""
        found, members = bytearray(), 0
        while data:
            members += 1
            if members > _MOST_MEMBERS:
                raise RefusedError(400, 3, f"the body has more than {_MOST_MEMBERS} members of gzip")
            member = zlib.decompressobj(wbits=31)
            try:
                found += member.decompress(data, self._largest + 1 - len(found))
            except zlib.error as error:
                raise RefusedError(400, 3, "the body is not gzip, as its content encoding says") from error
            if len(found) > self._largest:
                raise self._too_large()
            if not member.eof:
                raise RefusedError(400, 3, "the compressed body ends early")
            data = member.unused_data.lstrip(b"\0")
        return bytes(found)

    def _too_large(self) -> RefusedError:
        return RefusedError(413, 8, f"the request is larger than {self._largest:,} bytes; send fewer records at once")


def _status(kind: Kind | None, refused: RefusedError) -> bytes:
    """A Status of google.rpc: field 1 is the code, field 2 the message."""
    if kind != PROTOBUF:
        return orjson.dumps({"code": refused.code, "message": refused.why})
    text = refused.why.encode()
    return b"\x08" + _varint(refused.code) + b"\x12" + _varint(len(text)) + text


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


async def _answer(send: Send, status: int, kind: Kind, body: bytes, headers: tuple[tuple[str, str], ...]) -> None:
    shown = (("content-type", _TYPES[kind]), ("content-length", str(len(body))), *headers)
    encoded = [(name.encode(), value.encode()) for name, value in shown]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
