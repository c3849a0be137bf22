"""A request, a response, and reading a body within its bounds: no more of HTTP than the routes need."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from stillwatch.ledger import Key

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

JSON = (b"content-type", b"application/json")
PROBLEM = (b"content-type", b"application/problem+json")
_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_encode = msgspec.json.Encoder().encode
_JSON_ALONE = (JSON,)
_PACKED = (b"gzip", b"deflate")
_PACKINGS = (b"", b"identity", *_PACKED)
_LONGEST_INTEGER = 19  # digits: Python takes quadratic time for endless ones, and refuses them at last
_GZIP_OR_ZLIB = 47  # the window bits by which zlib recognises both by itself


class Request(msgspec.Struct):
    """One request; `body` is what was read of it within the route's bound, `key` the key that it showed."""

    scope: Scope
    path: str
    body: bytes = b""
    key: Key | None = None

    @property
    def method(self) -> str:
        """The method in upper case; whoever asks for the head alone is answered as if for all."""
        found: str = self.scope["method"]
        return "GET" if found == "HEAD" else found

    @property
    def headers(self) -> Headers:
        """Names in lower case, and values, in the order in which they came."""
        found: Headers = self.scope["headers"]
        return found

    def every(self, name: bytes) -> list[bytes]:
        """Returns all values of a header; a client may send a second one beside a gateway's."""
        return [value for key, value in self.scope["headers"] if key == name]

    @property
    def query(self) -> bytes:
        """The query string as it was sent."""
        found: bytes = self.scope.get("query_string", b"")
        return found


class Response(msgspec.Struct, frozen=True):
    """A status, headers without the length, and a whole body."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


class Problem(msgspec.Struct):
    """A problem document (RFC 9457)."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"


def json_response(found: object, status: int = 200) -> Response:
    """Returns a result as JSON."""
    return Response(status, _JSON_ALONE, _encode(found))


def problem(status: int, detail: str, *headers: tuple[bytes, bytes]) -> Response:
    """Returns a problem document, which says what is wrong and what to do."""
    found = Problem(_TITLES.get(status, "Error"), status, detail)
    return Response(status, (PROBLEM, *headers), msgspec.json.encode(found))


def read_call(body: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """Returns what a body says, or the problem with it."""
    try:
        return lenient(body, decoder)
    except msgspec.ValidationError as error:
        return problem(422, f"{error}; see `/openapi.json`")
    except (msgspec.DecodeError, RecursionError):
        return problem(400, "the body is no JSON; see `/openapi.json`")


def lenient(body: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    """Returns what a body says, as the decoder reads it, also where a client's words in it are no strict JSON.

    Words may hold half a surrogate pair, bytes that are no UTF-8, control characters or NaN: what is no character
    becomes U+FFFD, and what is no number null. Raises msgspec.ValidationError for what has another type than it
    should, msgspec.DecodeError for what is no JSON, and RecursionError for what nests too deeply.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = json.dumps(loosely(body), ensure_ascii=False).encode("utf-8", "surrogatepass")
        return decoder.decode(text.decode("utf-8", "replace"))


def loosely(body: bytes) -> Any:
    """Returns the value that JSON spells, as `lenient` takes it, with halves of surrogate pairs as they are.

    Raises msgspec.DecodeError for what is no JSON, and RecursionError for what nests too deeply.
    """
    text = body.decode("utf-8", "replace")
    try:
        return json.loads(text, strict=False, parse_int=_integer, parse_float=_float, parse_constant=lambda _: None)
    except ValueError as error:
        raise msgspec.DecodeError("the body is no JSON") from error


def _integer(digits: str) -> int | float | None:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else _float(digits)


def _float(digits: str) -> float | None:
    found = float(digits)
    return found if math.isfinite(found) else None


async def read_body(scope: Scope, receive: Receive, most: int) -> bytes | Response | None:
    """Returns the body of at most `most` bytes, unpacked where it was packed, or the problem with it.

    None means that the client went away, or was too slow, before the body was whole.
    """
    packed = b""
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > most:
            return _too_large(most)
        if name == b"content-encoding":
            packed = value.strip().lower()
    if packed not in _PACKINGS:
        return problem(415, "the content-encoding is not known; send the body as it is, or by `gzip`")
    message = await receive()
    body: bytes | Response | None
    if message["type"] == "http.request" and not message.get("more_body", False):
        whole: bytes = message.get("body", b"")
        body = whole if len(whole) <= most else _too_large(most)
    else:
        body = await _joined(message, receive, most)
    if packed in _PACKED and isinstance(body, bytes):
        return _unpacked(body, most)
    return body


async def _joined(message: Message, receive: Receive, most: int) -> bytes | Response | None:
    pieces, size = [], 0
    while message["type"] == "http.request":
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > most:
            return _too_large(most)
        if not message.get("more_body", False):
            return b"".join(pieces)
        message = await receive()
    return None


def _unpacked(body: bytes, most: int) -> bytes | Response:
    unpacking = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        found = unpacking.decompress(body, most + 1)
    except zlib.error:
        return problem(400, "the body is not packed as its content-encoding says")
    if len(found) > most:
        return _too_large(most)
    return found if unpacking.eof else problem(400, "the packed body is cut short")


def _too_large(most: int) -> Response:
    # what is left of the body is not read: the connection ends instead
    return problem(413, f"the body is larger than {most:,} bytes", (b"connection", b"close"))
