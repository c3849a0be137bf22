"""Parses JSON that a gateway or a client wrote, whatever a strict parser thinks of it."""

from __future__ import annotations

import json

import orjson

from stillwatch.records.exact_json import lenient, strict


def parsed(data: bytes | str) -> object:
    """Returns the value of a JSON text, None where it is none.

    Bytes that are no UTF-8 become replacement characters; lone surrogates, NaN and control characters inside texts are
    kept. A nesting that Python cannot follow counts as no JSON.
    """
    try:
        return strict(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        pass
    try:
        return lenient(data.decode("utf-8", errors="replace") if isinstance(data, bytes) else data)
    except (ValueError, RecursionError):
        return None


def opened(text: str) -> object:
    """Returns the object or list that a text holds as JSON; None for any other text."""
    start = text[:1] if text[:1] in "{[" else text[:100].lstrip()[:1]
    return parsed(text) if start and start in "{[" else None


def compact(value: object) -> str:
    """Returns a value as JSON without blanks; of what is nested too deep for that, only its type's name."""
    try:
        return orjson.dumps(value).decode("utf-8")
    except TypeError:
        pass
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        return f"[{type(value).__name__}]"
