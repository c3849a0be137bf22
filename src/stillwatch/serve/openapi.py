"""The description of every address, made from the types that the routes read and write."""

from __future__ import annotations

from typing import Any

import msgspec

from stillwatch import __version__
from stillwatch.serve.appeals import AppealAnswer, AppealCall
from stillwatch.serve.decisions import DecisionAnswer, DecisionsAnswer, ReversalAnswer, ReversalCall
from stillwatch.serve.http import Problem
from stillwatch.serve.screen import ScreenAnswer, ScreenCall
from stillwatch.serve.taxii_openapi import taxii_paths
from stillwatch.serve.verdict import VerdictAnswer, VerdictCall

_TYPES = (
    AppealAnswer,
    AppealCall,
    DecisionAnswer,
    DecisionsAnswer,
    Problem,
    ReversalAnswer,
    ReversalCall,
    ScreenAnswer,
    ScreenCall,
    VerdictAnswer,
    VerdictCall,
)
_GATEWAY_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_PROBLEMS = {
    "400": "The body is no JSON.",
    "401": "The key is missing, unknown or revoked.",
    "403": "The key is for something else.",
    "404": "There is no such thing.",
    "409": "It cannot be done as things stand.",
    "413": "The body is too large.",
    "415": "The content-encoding is not known.",
    "422": "The request says something that cannot be.",
    "503": "The ledger does not answer, or the lists of names are not read yet: ask again.",
}
_OF_A_KEY = ("401", "403", "503")
_OF_A_BODY = ("400", "413", "415", "422")
_ACTION = {"type": "string", "enum": ["NONE", "BLOCKED"]}
_HEADERS = {
    "x-stillwatch-effect": {"schema": {"type": "string"}},
    "x-stillwatch-decision": {"schema": {"type": "string"}},
    "x-stillwatch-appeal": {"schema": {"type": "string"}},
    "x-stillwatch-retry-after": {"schema": {"type": "string"}},
}


def document() -> dict[str, Any]:
    """Returns the description (OpenAPI 3.1)."""
    _, schemas = msgspec.json.schema_components(_TYPES, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "Stillwatch", "version": __version__},
        "paths": {**_gateway_paths(), **_people_paths(), **taxii_paths(), **_plain_paths()},
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
                "gateway": {"type": "apiKey", "in": "header", "name": "x-stillwatch-key"},
                "taxii": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _gateway_paths() -> dict[str, Any]:
    reply = {"type": "object", "properties": {"action": _ACTION, "blocked_reason": {"type": "string"}}}
    guardrail = {"200": _content("Whether it may go on.", {**reply, "required": ["action"]})}
    path = {"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}
    allowed = {"200": {"description": "It may pass.", "headers": _HEADERS}}
    refused = {"403": {**_problem("It is refused."), "headers": _HEADERS}}
    check = {"summary": "For Envoy, nginx and Traefik", "security": [{"gateway": []}], "parameters": [path]}
    return {
        "/v1/verdict": {
            "post": _operation(
                "What is known of an account",
                _answer("The verdict.", VerdictAnswer),
                VerdictCall,
                (*_OF_A_KEY, *_OF_A_BODY),
            )
        },
        "/beta/litellm_basic_guardrail_api": {
            "post": {
                "summary": "LiteLLM's guardrail",
                "security": [{"key": []}],
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": guardrail | {one: _problem(_PROBLEMS[one]) for one in ("401", "403")},
            }
        },
        "/v1/authorize/{path}": {method: {**check, "responses": allowed | refused} for method in _GATEWAY_METHODS},
    }


def _people_paths() -> dict[str, Any]:
    decision = {"name": "decision_id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 512}}
    appeal = {**decision, "name": "appeal_id"}
    text = {"type": "string"}
    limit = {"type": "integer", "minimum": 1, "maximum": 1_000}
    query = [
        {"name": name, "in": "query", "required": False, "schema": limit if name == "limit" else text}
        for name in ("account_id", "subject", "after", "limit")
    ]
    one = _operation("One decision", _answer("The decision.", DecisionAnswer), None, (*_OF_A_KEY, "404"))
    several = _operation("Decisions", _answer("Newest first.", DecisionsAnswer), None, (*_OF_A_KEY, "422"))
    problems = (*_OF_A_KEY, *_OF_A_BODY, "404", "409")
    reversal = _operation("Undo a decision", _answer("The reversal.", ReversalAnswer), ReversalCall, problems)
    received = _answer("The appeal.", AppealAnswer)
    return {
        "/v1/decisions": {"get": {**several, "parameters": query}},
        "/v1/decisions/{decision_id}": {"get": {**one, "parameters": [decision]}},
        "/v1/decisions/{decision_id}/reversal": {"post": {**reversal, "parameters": [decision]}},
        "/v1/screen": {
            "post": _operation(
                "A holder's names against screening lists",
                _answer("Questions for a person; no effect follows.", ScreenAnswer),
                ScreenCall,
                (*_OF_A_KEY, *_OF_A_BODY, "404"),
            )
        },
        "/v1/appeals": {"post": _operation("Object to a decision", received, AppealCall, problems, "201")},
        "/v1/appeals/{appeal_id}": {
            "get": {**_operation("Where an appeal stands", received, None, (*_OF_A_KEY, "404")), "parameters": [appeal]}
        },
    }


def _plain_paths() -> dict[str, Any]:
    anything = _content("The state of the process.", {"type": "object"})
    measures = {"description": "For Prometheus.", "content": {"text/plain": {"schema": {"type": "string"}}}}
    answers = {
        "/healthz": {"200": anything},
        "/readyz": {"200": anything, "503": anything},
        "/metrics": {"200": measures},
        "/openapi.json": {"200": anything},
    }
    return {path: {"get": {"responses": found, "security": []}} for path, found in answers.items()}


def _operation(
    summary: str, answer: dict[str, Any], call: type | None, problems: tuple[str, ...], status: str = "200"
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "summary": summary,
        "security": [{"bearer": []}, {"key": []}],
        "responses": {status: answer} | {one: _problem(_PROBLEMS[one]) for one in problems},
    }
    if call is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": _reference(call)}}}
    return found


def _reference(one: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{one.__name__}"}


def _answer(words: str, one: type) -> dict[str, Any]:
    return _content(words, _reference(one))


def _content(words: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _problem(words: str) -> dict[str, Any]:
    return {"description": words, "content": {"application/problem+json": {"schema": _reference(Problem)}}}
