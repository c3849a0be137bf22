"""Lines of web servers' access logs become records named after nginx's variables.

A line is JSON, or text in the format `combined` or its like: address, user, time, request, status, bytes, referrer,
agent, and what else the log format adds. The text is split at its quotes, which the server escapes inside of values.
"""

from __future__ import annotations

import hashlib
import re

from stillwatch.read.gateways.json_text import parsed

_QUOTED = ("request", "http_referer", "http_user_agent", "http_x_forwarded_for")  # in their order
_ID = re.compile(rb"[0-9a-f]{32}")  # what `$request_id` is
_ESCAPED = re.compile(rb"\\x([0-9A-Fa-f]{2})")


def decode(data: bytes) -> object:
    """Returns the record of a line, None where it is none.

    A text line without `$request_id` is identified by its digest, `line_digest`, so that of equal lines one counts.
    """
    line = data.strip()
    if line[:1] in (b"{", b"["):
        return parsed(line)
    return _text_line(line.replace(b'\\"', rb"\x22"))  # Apache writes a quote inside of a value as the former


def _text_line(line: bytes) -> dict[str, object] | None:
    # The user may hold brackets and blanks of its own, but no quote: it ends before the last bracket that does.
    head, ended, tail = line.partition(b'] "')
    address, _, named = head.partition(b" - ")
    user, bracket, time = named.rpartition(b" [")
    pieces = tail.split(b'"', 8)
    if not (ended and bracket and address and len(pieces) > 1):
        return None
    numbers = pieces[1].split()
    record: dict[str, object] = {
        "remote_addr": _text(address),
        "remote_user": _text(user),
        "time_local": _text(time),
        "status": _text(numbers[0]) if numbers else None,
        "line_digest": hashlib.sha256(line).hexdigest()[:32],
    }
    record.update({name: _text(piece) for name, piece in zip(_QUOTED, pieces[::2], strict=False)})
    # only outside of quotes: what stands inside of them, clients write
    ids = [word for piece in pieces[5:8:2] for word in piece.split() if _ID.fullmatch(word)]
    return record | ({"request_id": _text(ids[-1])} if ids else {})


def _text(value: bytes) -> str:
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), value).decode("utf-8", errors="replace")
