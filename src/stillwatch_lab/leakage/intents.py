"""Differences from people that each campaign profile intends, with reasons; every other difference is a mistake."""

from __future__ import annotations

_CLIENT = "a relay sends the headers of few clients, and what follows from them"
_SET = "the operator's program sets its own parameters and tools"
_TEXT = "what a program writes is longer or shorter than what people write"
_PAYS = "accounts are bought with cards"
_LIFE = "accounts are closed and replaced"
_MAIL = "addresses are made in batches from few domains and patterns"
_COPY = "a careless operator sends parameters of his own under a copied client's headers"

ALL: dict[str, str] = {
    "system_instructions": "frames may stand there",
    "input_text": _TEXT,
    "output_text": _TEXT,
    "input_tokens": _TEXT,
    "user_agent": _CLIENT,
    "channel": _CLIENT,
    "conversation_id": _CLIENT,
    "device_id": _CLIENT,
    "session_id": _CLIENT,
    "cached_tokens": _CLIENT,
    "reasoning_tokens": "campaigns move to a new model on its release day, and only that model reasons first",
    "request_model": "campaigns move to a new model on its release day",
    "client_fingerprint null share": "a marketplace keeps its clients' headers to itself",
    "client_address null share": "a marketplace keeps addresses to itself",
    "max_tokens": _SET,
    "temperature": _SET,
    "top_p": _SET,
    "choice_count": _SET,
    "tool_names": _SET,
    "finish_reason": "follows limits and tools",
    "payment_fingerprint null share": _PAYS,
    "payment_issuer null share": _PAYS,
    "payment_country null share": _PAYS,
    "verification": _PAYS,
    "account_type": "programmes for research and start-ups are used",
    "closed_at": _LIFE,
    "closed_reason": _LIFE,
    "user_agent x temperature": _COPY,
    "user_agent x top_p": _COPY,
    "user_agent x max_tokens": _COPY,
    "user_agent x tool_names": _COPY,
    "user_agent x system_instructions": "frames may stand where the client's own instructions would",
}
"""Columns, features of columns (`column feature`) and pairs that every profile may differ in."""

_BATCHES = frozenset(
    {"loud", "letter", "mixed", "agentic", "grading", "harvest", "relay_redirect", "replay", "probing"}
)
_SHELL = "shell companies state an organisation"
_FIRMS = frozenset({"heavy"})

SOME: dict[str, tuple[str, frozenset[str]]] = {
    "email_shape": (_MAIL, _BATCHES),
    "email_domain": (_MAIL, _BATCHES | {"heavy"}),
    "account_type x email_domain": (_MAIL, _BATCHES | {"heavy"}),
    "payment_country x phone_prefix": (
        "cards come from few countries, whatever the stated phone",
        _BATCHES,
    ),
    "organisation_id": (_SHELL, _FIRMS),
    "organisation_name": (_SHELL, _FIRMS),
    "organisation_country": (_SHELL, _FIRMS),
    "phone_prefix": (_SHELL, _FIRMS),
    "client_address": ("all its requests come from hosting subnets", frozenset({"loud", "heavy"})),
}
"""Columns, features and pairs in which only some profiles may differ."""


def intent_of(profile: str, column: str, feature: str) -> str | None:
    """The reason for which this profile intends to differ in this feature of a column; None if it does not."""
    for name in (column, f"{column} {feature}"):
        if name in ALL:
            return ALL[name]
        if name in SOME and profile in SOME[name][1]:
            return SOME[name][0]
    return None
