"""OTLP in protobuf becomes the documents that OTLP's JSON holds; it needs the packages of the extra `otlp`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stillwatch.input_files import Source, unreadable
from stillwatch.otlp_messages import DEEPEST
from stillwatch.otlp_messages import messages as known_messages

LONGEST = 64_000_000  # bytes of one message: sixteen times what a collector accepts at once
_BARE = b"\x0a"  # how a message begins that stands alone in its file: field 1, with a length


def messages(source: Source, pieces: Iterable[bytes]) -> Iterator[tuple[int, bytes, object]]:
    """Yields each message of a file with its number and bytes, and as the document that OTLP's JSON would hold.

    A file holds one message, or many, each after its length in four bytes, most significant first. What is no message
    of traces or logs is None. Raises InputError when a message is longer than LONGEST or cut, UsageError when the
    packages that read protobuf are not installed.
    """
    for number, data in enumerate(_split(source, pieces), start=1):
        yield number, data, decode(data)


def _split(source: Source, pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = _Held(source, iter(pieces))
    start = held.take(1)
    if start == _BARE:
        yield start + held.rest()
        return
    while start:
        head = start + held.take(3, start)
        data = held.take(int.from_bytes(head, "big"), head)
        yield data
        start = held.take(1)


class _Held:
    """Bytes of a stream that were read and not yet taken."""

    def __init__(self, source: Source, pieces: Iterator[bytes]) -> None:
        self._source, self._pieces, self._bytes = source, pieces, bytearray()

    def take(self, size: int, head: bytes = b"") -> bytes:
        """Returns the next `size` bytes; fewer only where the stream ends, and never after a head."""
        if size > LONGEST:
            raise unreadable(self._source, f"it holds a message of {size:,} bytes, or no messages of OTLP")
        while len(self._bytes) < size and (piece := next(self._pieces, b"")):
            self._bytes += piece
        if len(self._bytes) < size and head:
            raise unreadable(self._source, "its last message is cut")
        taken = bytes(self._bytes[:size])
        del self._bytes[:size]
        return taken

    def rest(self) -> bytes:
        """Returns all bytes up to the stream's end."""
        for piece in self._pieces:
            self._bytes += piece
            if len(self._bytes) > LONGEST:
                raise unreadable(self._source, f"it holds one message of over {LONGEST:,} bytes")
        return bytes(self._bytes)


def decode(data: bytes) -> object:
    """Returns a message of traces or of logs as OTLP's JSON has it, with attributes as objects; None for other bytes.

    Raises UsageError when the packages that read protobuf are not installed.
    """
    known = known_messages()
    # both kinds of message have the same frame, so that only what is inside tells them apart
    for kind, document in ((known.traces, _traces), (known.logs, _logs)):
        try:
            found = document(kind.FromString(data))
        except known.error:
            continue
        if found is not None:
            return found
    return None


def _traces(message: Any) -> dict[str, object] | None:
    spans = [
        {
            "resource": {"attributes": _attributes(resource.resource.attributes)},
            "scopeSpans": [{"spans": [_span(span) for span in scope.spans]} for scope in resource.scope_spans],
        }
        for resource in message.resource_spans
    ]
    started = any(
        span.start_time_unix_nano
        for resource in message.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    )
    return {"resourceSpans": spans} if started else None


def _logs(message: Any) -> dict[str, object] | None:
    logs = [
        {
            "resource": {"attributes": _attributes(resource.resource.attributes)},
            "scopeLogs": [{"logRecords": [_log(one) for one in scope.log_records]} for scope in resource.scope_logs],
        }
        for resource in message.resource_logs
    ]
    return {"resourceLogs": logs} if logs else None


def _span(span: Any) -> dict[str, object]:
    return {
        "traceId": span.trace_id.hex(),
        "spanId": span.span_id.hex(),
        "name": _text(span.name),
        "startTimeUnixNano": span.start_time_unix_nano,
        "status": {"code": span.status.code, "message": _text(span.status.message)},
        "attributes": _attributes(span.attributes),
        "events": [{"name": _text(one.name), "attributes": _attributes(one.attributes)} for one in span.events],
    }


def _log(record: Any) -> dict[str, object]:
    body = _value(record.body, 0)
    return {
        "traceId": record.trace_id.hex(),
        "spanId": record.span_id.hex(),
        "timeUnixNano": record.time_unix_nano or record.observed_time_unix_nano,
        "eventName": _text(record.event_name),
        "attributes": (body if isinstance(body, dict) else {}) | _attributes(record.attributes),
    }


def _attributes(pairs: Iterable[Any], depth: int = 0) -> dict[str, object]:
    return {_text(pair.key): _value(pair.value, depth) for pair in pairs}


def _value(value: Any, depth: int) -> object:
    kind = value.WhichOneof("value")
    if kind is None or depth > DEEPEST:
        return None
    held = getattr(value, kind)
    if kind == "array_value":
        return [_value(one, depth + 1) for one in held.values]
    if kind == "kvlist_value":
        return _attributes(held.values, depth + 1)
    if kind == "string_value":
        return _text(held)
    return held.hex() if isinstance(held, bytes) else held


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")  # as JSON is read, so that what is replaced is told
