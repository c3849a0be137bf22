"""OpenTelemetry: documents become one flat record a span or log event, with the attributes beside the span's fields.

Read are OTLP's JSON (`resourceSpans`, `resourceLogs`), single spans and events with `attributes`, and flat records
whose columns are attributes. Indexed attributes, `gen_ai.prompt.0.content` and its like, become lists.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from stillwatch.read.gateways.fields import note

Record = dict[str, object]

DETAILS = "gen_ai.client.inference.operation.details"
_EVENTS = frozenset({DETAILS, "gen_ai.content.prompt", "gen_ai.content.completion"})
"""Events that hold the content of an exchange; the latter two, which are older, stand inside its span."""

_NAMES = ("eventName", "event_name", "event.name")  # of an event
_OPERATIONS = ("gen_ai.operation.name", "llm.request.type", "traceloop.span.kind")
_EXCHANGES = frozenset({"chat", "text_completion", "generate_content", "embeddings", "completion", "responses"})
_OTHERS = frozenset(
    {"execute_tool", "create_agent", "invoke_agent", "invoke_workflow", "retrieval", "plan", "rerank", "tool", "agent"}
)
"""Operations around exchanges: each holds spans of its own for the exchanges with the model."""

_CONTAINERS = (
    ("resourceSpans", "resource_spans", "scopeSpans", "scope_spans", "instrumentationLibrarySpans"),
    ("resourceLogs", "resource_logs", "scopeLogs", "scope_logs", "instrumentationLibraryLogs"),
)
_ITEMS = ("spans", "logRecords", "log_records")
ROWS_IN = frozenset({*_CONTAINERS[0], *_CONTAINERS[1], *_ITEMS})
"""The lists of a document whose elements hold exchanges."""

_INDEXED = re.compile(r"\.\d{1,6}(\.|$)")
_DEEPEST = 16
_LONGEST = 200  # characters of a key with an index
_REMEMBERED = 4096  # names

_NOT_INDEXED: set[str] = set()
"""Names that have no index, so that most records are passed at a glance; as many as are named first."""


def unpack(document: object, unknown: Counter[str]) -> Iterator[Record]:
    """Yields the exchanges of a document as flat records; adds to `unknown` what it passes over.

    Spans and events that are of no exchange with a model are no rows. What is no document of OTLP is one record itself.
    """
    if not isinstance(document, dict):
        yield {}
        return
    spans = _first_list(document, _CONTAINERS[0])
    logs = _first_list(document, _CONTAINERS[1])
    if spans is None and logs is None:
        yield from _single(document, unknown)
        return
    for kind, resources, below in (("spans", spans, _CONTAINERS[0]), ("logRecords", logs, _CONTAINERS[1])):
        for resource in resources or ():
            if isinstance(resource, dict):
                yield from _exchanges(resource, kind, below, unknown)


def _exchanges(resource: Record, kind: str, below: tuple[str, ...], unknown: Counter[str]) -> Iterator[Record]:
    about = resource.get("resource")
    shared: Record = {"resource": attributes(about.get("attributes"))} if isinstance(about, dict) else {}
    for scope in _first_list(resource, below[2:]) or ():
        if not isinstance(scope, dict):
            continue
        for item in _first_list(scope, (kind, "log_records")) or ():
            if not isinstance(item, dict):
                continue
            yield from _exchange(_flat(item), shared, unknown)


def _single(record: Record, unknown: Counter[str]) -> Iterator[Record]:
    """A record that stands alone: a span or an event with `attributes`, or columns under attribute names."""
    about = record.get("resource")
    shared: Record = {"resource": attributes(about.get("attributes"))} if isinstance(about, dict) else {}
    if "attributes" in record:
        yield from _exchange(_flat(record), shared, unknown)
    else:
        yield {**nested(record), **shared}


def _exchange(record: Record, shared: Record, unknown: Counter[str]) -> Iterator[Record]:
    passed_over = _passed_over(record)
    if passed_over is None:
        record.update(shared)
        yield nested(record)
    else:
        note(unknown, passed_over)


def _first_list(record: Record, names: tuple[str, ...]) -> list[object] | None:
    return next((found for name in names if isinstance(found := record.get(name), list)), None)


def _flat(item: Record) -> Record:
    """The attributes of a span or event, and its own fields, which an attribute of their name cannot replace."""
    record = attributes(item.get("attributes"))
    for event in _first_list(item, ("events",)) or ():
        if isinstance(event, dict) and event.get("name") in _EVENTS:
            record = attributes(event.get("attributes")) | record
    body = item.get("body")
    if isinstance(body, dict):
        held = value_of(body, 0) if "kvlistValue" in body else body
        record = held | record if isinstance(held, dict) else record
    record.update(item)
    for name in ("attributes", "events", "body"):
        record.pop(name, None)
    return record


def _passed_over(record: Record) -> str | None:
    """Returns None for an exchange with a model; else the name under which what is passed over is counted."""
    event = next((name for key in _NAMES if isinstance(name := record.get(key), str) and name), DETAILS)
    if event != DETAILS:
        return f"(event {event})"[:100]
    operation = next((name for key in _OPERATIONS if isinstance(name := record.get(key), str)), "")
    if operation in _OTHERS:
        return f"(operation {operation})"
    if operation in _EXCHANGES or any(name.startswith(("gen_ai.", "llm.")) for name in record):
        return None
    return "(spans and events of other kinds)"


def attributes(listed: object) -> Record:
    """Returns the attributes of OTLP's JSON, `[{key, value: {stringValue}}]`, as an object; of an object a copy."""
    if isinstance(listed, dict):
        return dict(listed)
    found: Record = {}
    for one in listed if isinstance(listed, list) else ():
        try:
            key, value = one["key"], one["value"]
            if isinstance(key, str):
                found[key] = value["stringValue"] if "stringValue" in value else value_of(value, 0)
        except (TypeError, KeyError):
            continue  # it is no attribute: asking each for its type first takes half as long again
    return found


def value_of(value: object, depth: int) -> object:
    """Returns what an `AnyValue` of OTLP's JSON holds; None beyond sixteen levels."""
    if not isinstance(value, dict) or depth > _DEEPEST:
        return None if isinstance(value, dict | list) else value
    for kind, held in value.items():
        if kind == "intValue":
            return _whole(held)
        inner = held.get("values") if isinstance(held, dict) else None
        if kind in ("arrayValue", "array_value"):
            return [value_of(one, depth + 1) for one in inner] if isinstance(inner, list) else []
        if kind in ("kvlistValue", "kvlist_value"):
            pairs = [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []
            return {
                key: value_of(pair.get("value"), depth + 1) for pair in pairs if isinstance(key := pair.get("key"), str)
            }
        return held
    return None


def _whole(value: object) -> object:
    """A 64-bit integer, which JSON spells as a text; anything else as it is."""
    return int(value) if isinstance(value, str) and len(value) < 20 and value.isdecimal() else value


def nested(record: Record) -> Record:
    """Returns the record with indexed keys as lists: `gen_ai.prompt.0.role` becomes `role` in the first element of
    `gen_ai.prompt`. Keys that are there without an index win."""
    if record.keys() <= _NOT_INDEXED:
        return record
    indexed = dict.fromkeys([name for name in record if len(name) < _LONGEST and _INDEXED.search(name)])
    if len(_NOT_INDEXED) < _REMEMBERED:
        _NOT_INDEXED.update(record.keys() - indexed.keys())
    if not indexed:
        return record
    lists: dict[str, dict[int, object]] = {}
    for name in indexed:
        parent, index, rest = _split(name)
        slots = lists.setdefault(parent, {})
        if not rest:
            slots[index] = record[name]
            continue
        element = slots.setdefault(index, {})
        if isinstance(element, dict):
            element[rest] = record[name]
    whole: Record = {
        parent: [nested(slot) if isinstance(slot, dict) else slot for _, slot in sorted(slots.items())]
        for parent, slots in lists.items()
    }
    return whole | {name: value for name, value in record.items() if name not in indexed}


def _split(name: str) -> tuple[str, int, str]:
    found = _INDEXED.search(name)
    assert found is not None
    return name[: found.start()], int(found[0].strip(".")), name[found.end() :]
