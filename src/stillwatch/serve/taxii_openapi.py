"""The description of the TAXII server: its addresses, what they take, and the errors of that standard."""

from __future__ import annotations

from typing import Any

from stillwatch.serve.taxii import MEDIA

_TEXT = {"type": "string"}
_SECURITY: list[dict[str, list[str]]] = [{"taxii": []}, {"bearer": []}, {"key": []}]
_ERROR = {
    "type": "object",
    "required": ["title"],
    "properties": {"title": _TEXT, "description": _TEXT, "http_status": _TEXT},
}
_PROBLEMS = {
    "400": "The query or the body cannot be read.",
    "401": "The key is missing, unknown or revoked.",
    "403": "The key, or the collection, is for something else.",
    "404": "There is nothing at this address for this key.",
    "406": "The client takes no answer of this server.",
    "413": "The body is too large.",
    "415": "The body is of another media type.",
    "422": "The body is no envelope, or an object cannot be taken.",
    "429": "The partner has sent as much as is taken within a day.",
    "503": "The ledger does not answer.",
}
_ALWAYS = ("401", "403", "406", "503")
_OF_READING = (*_ALWAYS, "400", "404")
_OF_WRITING = (*_ALWAYS, "400", "404", "413", "415", "422", "429")
_RANGE = {name: {"schema": _TEXT} for name in ("x-taxii-date-added-first", "x-taxii-date-added-last")}
_LIST = {"type": "array"}
_COLLECTION = {
    "type": "object",
    "required": ["id", "title", "can_read", "can_write"],
    "properties": {"id": _TEXT, "title": _TEXT, "can_read": {"type": "boolean"}, "can_write": {"type": "boolean"}},
}
_STATUS = {
    "type": "object",
    "required": ["id", "status", "total_count", "success_count", "failure_count", "pending_count"],
    "properties": {"id": _TEXT, "status": {"type": "string", "enum": ["complete", "pending"]}},
}
_ENVELOPE = {"type": "object", "required": ["objects"], "properties": {"objects": {**_LIST, "minItems": 1}}}


def taxii_paths() -> dict[str, Any]:
    """Returns the paths of discovery, the API root, status, collections, objects, manifest and versions."""
    collection, one, status = (_named(name) for name in ("collection_id", "object_id", "status_id"))
    below, asked = "/taxii2/api/collections/{collection_id}", _asked()
    page = {"type": "object", "properties": {"more": {"type": "boolean"}, "next": _TEXT, "objects": _LIST}}
    versions = {"type": "object", "properties": {"more": {"type": "boolean"}, "next": _TEXT, "versions": _LIST}}
    several = {"type": "object", "required": ["collections"], "properties": {"collections": _LIST}}
    root = {"type": "object", "required": ["title", "versions", "max_content_length"]}
    return {
        "/taxii2/": {"get": _reads("Discovery", {"type": "object", "required": ["title"]})},
        "/taxii2/api/": {"get": _reads("The API root", root)},
        "/taxii2/api/status/{status_id}/": {"get": _reads("What became of a request", _STATUS, [status])},
        "/taxii2/api/collections/": {"get": _reads("A partner's two collections", several)},
        f"{below}/": {"get": _reads("A collection", _COLLECTION, [collection])},
        f"{below}/manifest/": {"get": _reads("What it has", page, [collection, *asked], _RANGE)},
        f"{below}/objects/": {
            "get": _reads("Objects, a page at a time", page, [collection, *asked], _RANGE),
            "post": _writes([collection]),
        },
        f"{below}/objects/{{object_id}}/": {"get": _reads("One object", page, [collection, one, *asked], _RANGE)},
        f"{below}/objects/{{object_id}}/versions/": {
            "get": _reads("Its versions", versions, [collection, one, *asked], _RANGE)
        },
    }


def _reads(
    summary: str, schema: dict[str, Any], parameters: list[dict[str, Any]] | None = None, headers: object = None
) -> dict[str, Any]:
    answer = {"description": summary, "content": {MEDIA: {"schema": schema}}}
    found = {"200": answer if headers is None else {**answer, "headers": headers}}
    return {
        "summary": f"TAXII 2.1: {summary[0].lower()}{summary[1:]}",
        "security": _SECURITY,
        "parameters": parameters or [],
        "responses": found | _problems(_OF_READING),
    }


def _writes(parameters: list[dict[str, Any]]) -> dict[str, Any]:
    taken = {"202": {"description": "What became of it.", "content": {MEDIA: {"schema": _STATUS}}}}
    return {
        "summary": "TAXII 2.1: tell something",
        "security": _SECURITY,
        "parameters": parameters,
        "requestBody": {"required": True, "content": {MEDIA: {"schema": _ENVELOPE}}},
        "responses": taken | _problems(_OF_WRITING),
    }


def _problems(statuses: tuple[str, ...]) -> dict[str, Any]:
    return {one: {"description": _PROBLEMS[one], "content": {MEDIA: {"schema": _ERROR}}} for one in statuses}


def _named(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _asked() -> list[dict[str, Any]]:
    """Filters and the place in the pages."""
    words = {
        "added_after": "Only what was added after this time.",
        "limit": "How many at most.",
        "next": "The place in the pages that the answer before gave.",
        "match[id]": "Ids, with commas between them.",
        "match[type]": "Types.",
        "match[version]": "`first`, `last`, `all` or times.",
        "match[spec_version]": "Versions of STIX; here is only 2.1.",
    }
    return [
        {"name": name, "in": "query", "required": False, "description": said, "schema": _TEXT}
        for name, said in words.items()
    ]
