"""Request and response bodies of model APIs become contract columns, whichever API they are of."""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.read.gateways.content import Conversation, joined, text_of, words
from stillwatch.read.gateways.paths import present

Values = dict[str, object]

_MESSAGES, _EARLIER, _INSTRUCTIONS, _TOOLS, _SETTINGS = "messages", "earlier", "instructions", "tools", "settings"
_REQUEST = {
    name: part
    for part, names in {
        "request_model": "model modelId model_id",
        "max_tokens": (
            "max_tokens max_completion_tokens max_output_tokens max_tokens_to_sample max_gen_len max_new_tokens "
            "maxTokens maxTokenCount maxOutputTokens"
        ),
        "temperature": "temperature",
        "top_p": "top_p topP p",
        "choice_count": "n num_generations candidateCount",
        _SETTINGS: "inferenceConfig textGenerationConfig generationConfig model_parameters parameters",
        _EARLIER: "chat_history previous_messages",
        _MESSAGES: "messages input prompt message contents inputText texts query",
        _INSTRUCTIONS: "system instructions system_instruction systemInstruction preamble",
        _TOOLS: "tools functions toolConfig tool_definitions",
    }.items()
    for name in words(names)
}
"""What each key of a request is: a column, an object of more parameters, or a part of what is said."""

_PARAMETERS = frozenset({"request_model", "max_tokens", "temperature", "top_p", "choice_count"})
_TOOL_LISTS = ("tools", "functionDeclarations", "function_declarations")
_TOOL_PARTS = ("function", "toolSpec", "custom")
_ANSWERS = words(
    "choices output content message completion generation generations results outputText outputs candidates text "
    "delta content_block contentBlockDelta parts response"
)
_STOPS = ("finish_reason", "stop_reason", "stopReason", "finishReason", "completionReason", "done_reason")
_STOP_PLACES = ("choices", "results", "candidates", "generations", "outputs", "delta", "messageStop", "response")
_USAGES = ("usage", "usageMetadata", "usage_metadata", "billed_units", "amazon-bedrock-invocationMetrics")
_USAGE_PLACES = ("message", "response", "metadata", "meta")
_COUNTS = {
    name: column
    for column, names in {
        "input_tokens": (
            "input_tokens prompt_tokens inputTokens promptTokenCount inputTokenCount inputTextTokenCount "
            "prompt_token_count prompt_eval_count"
        ),
        "output_tokens": (
            "output_tokens completion_tokens outputTokens candidatesTokenCount outputTokenCount tokenCount "
            "generation_token_count eval_count"
        ),
        "cached_tokens": "cached_tokens cache_read_input_tokens cacheReadInputTokens cachedContentTokenCount",
        "reasoning_tokens": "reasoning_tokens thinking_tokens thoughtsTokenCount",
    }.items()
    for name in words(names)
}
_DETAILS = words(
    "prompt_tokens_details completion_tokens_details input_tokens_details output_tokens_details "
    "inputTokensDetails outputTokensDetails"
)


def request_values(body: object) -> Values:
    """Returns what a request says, by contract column: its texts, tools and parameters.

    `body` is a whole request, a list of messages, or a text that is the user's turn. Where a client names its messages
    more than once, all are taken: it must not hide one behind another.
    """
    said = Conversation()
    if not isinstance(body, dict):
        said.add(body)
        return _texts(said)
    parts = _parts(body)
    said.system.extend(filter(None, map(text_of, parts.pop(_INSTRUCTIONS, ()))))
    for one in (*parts.pop(_EARLIER, ()), *parts.pop(_MESSAGES, ())):
        said.add(one)
    names = tool_names(parts.pop(_TOOLS, [None])[0])
    found = {column: values[0] for column, values in parts.items()} | _texts(said)
    return found if names is None else found | {"tool_names": names}


def _parts(body: dict[str, object]) -> dict[str, list[object]]:
    """What a request's keys hold, by column or part, in their order; parameters of inner objects come last."""
    parts: dict[str, list[object]] = {}
    for key, value in body.items():
        part = _REQUEST.get(key)
        if part is not None and present(value):
            parts.setdefault(part, []).append(value)
    for inner in parts.pop(_SETTINGS, ()):
        for key, value in inner.items() if isinstance(inner, dict) else ():
            part = _REQUEST.get(key)
            if part is not None and part in _PARAMETERS and present(value):
                parts.setdefault(part, []).append(value)
    return parts


def response_values(body: object) -> Values:
    """Returns what a response says, by contract column: its text, why it stopped, and its token counts.

    `body` is a whole response, the list of a stream's chunks, a list of messages, or the text itself.
    """
    found: Values = {}
    if (text := answer_text(body)) is not None:
        found["output_text"] = text
    if (reason := finish_reason(body)) is not None:
        found["finish_reason"] = reason
    for one in _listed(body):
        if isinstance(one, dict):
            for usage in _usages(one, 0):
                found.update(_counts(usage))
    return found


def user_text(value: object) -> str | None:
    """Returns the user's turns and the results of tools in messages, newest last, parted by a blank line."""
    return joined(_said(value).inputs) or None


def system_text(value: object) -> str | None:
    """Returns the instructions in messages: turns of the system and of the developer."""
    return joined(_said(value).system) or None


def answer_text(value: object) -> str | None:
    """Returns the text of a response, or of messages that the model wrote."""
    if isinstance(value, list) and _is_stream(value):
        return "".join(answer_text(one) or "" for one in value if isinstance(one, dict)) or None
    if isinstance(value, dict):
        value = _first(value, _ANSWERS)
    return text_of(value) or None


def tool_names(value: object) -> list[str] | None:
    """Returns the names in tool definitions, in their order; None where there is none."""
    return list(dict.fromkeys(_tool_names(value, 0))) or None


def finish_reason(value: object) -> object:
    """Returns why a response, or the last one in a list that says so, stopped; a refusal with its category."""
    if not isinstance(value, list):
        return _stop(value, 0)
    reasons = [reason for one in value if (reason := _stop(one, 0)) is not None]
    return reasons[-1] if reasons else None


def _said(value: object) -> Conversation:
    said = Conversation()
    said.add(value)
    return said


def _texts(said: Conversation) -> Values:
    texts = {"system_instructions": joined(said.system), "input_text": joined(said.inputs)}
    return {name: text for name, text in texts.items() if text}


def _first(value: dict[str, object], names: tuple[str, ...]) -> object:
    for name in names:
        found = value.get(name)
        if found is not None and present(found):
            return found
    return None


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _is_stream(values: list[object]) -> bool:
    """Whether these are the chunks of a stream, whose texts follow each other without a blank line."""
    first = values[0] if values else None
    return isinstance(first, dict) and first.keys().isdisjoint(("role", "content", "parts"))


def _tool_names(value: object, depth: int) -> Iterator[str]:
    for tool in _listed(value):
        if not isinstance(tool, dict):
            continue
        inner = _first(tool, _TOOL_LISTS)
        if inner is not None and depth < 2:
            yield from _tool_names(inner, depth + 1)
            continue
        named = next((part for key in _TOOL_PARTS if isinstance(part := tool.get(key), dict)), tool)
        name = named.get("name") or tool.get("type")  # a built-in tool may have no other name than its type
        if isinstance(name, str) and name:
            yield name


def _stop(value: object, depth: int) -> object:
    if not isinstance(value, dict):
        return None
    reason = _first(value, _STOPS)
    if reason is not None:
        return _with_category(reason, value)
    details = value.get("incomplete_details")
    if isinstance(details, dict) and present(details.get("reason")):
        return details["reason"]
    for key in _STOP_PLACES if depth < 2 else ():
        inner = value.get(key)
        first = inner[0] if isinstance(inner, list) and inner else inner
        if (found := _stop(first, depth + 1)) is not None:
            return found
    return value.get("status") if value.get("object") == "response" else None


def _with_category(reason: object, value: dict[str, object]) -> object:
    details = value.get("stop_details")
    category = details.get("category") if isinstance(details, dict) else None
    return f"{reason}:{category}" if reason == "refusal" and isinstance(category, str) else reason


def _usages(value: dict[str, object], depth: int) -> Iterator[dict[str, object]]:
    for key in _USAGES:
        if isinstance(inner := value.get(key), dict):
            yield inner
    for key in _USAGE_PLACES if depth < 2 else ():
        if isinstance(inner := value.get(key), dict):
            yield from _usages(inner, depth + 1)


def _counts(usage: dict[str, object]) -> Values:
    found: Values = {}
    for inner in (usage, *(part for key in _DETAILS if isinstance(part := usage.get(key), dict))):
        for key, value in inner.items():
            column = _COUNTS.get(key)
            if column is not None and column not in found and present(value):
                found[column] = value
    return found
