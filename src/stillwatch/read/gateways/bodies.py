"""Request and response bodies of model APIs become contract columns, whichever API they are of."""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.read.gateways.content import PARAGRAPH, Conversation, text_of, words
from stillwatch.read.gateways.paths import present

Values = dict[str, object]

_SETTINGS = ("inferenceConfig", "textGenerationConfig", "generationConfig", "model_parameters", "parameters")
"""Objects in which a request may keep its parameters."""
_PARAMETERS = {
    "request_model": ("model", "modelId", "model_id"),
    "max_tokens": words(
        "max_tokens max_completion_tokens max_output_tokens max_tokens_to_sample max_gen_len max_new_tokens "
        "maxTokens maxTokenCount maxOutputTokens"
    ),
    "temperature": ("temperature",),
    "top_p": ("top_p", "topP", "p"),
    "choice_count": ("n", "num_generations", "candidateCount"),
}
_MESSAGES = ("messages", "input", "prompt", "contents", "inputText", "texts", "query")
_INSTRUCTIONS = ("system", "instructions", "system_instruction", "systemInstruction", "preamble")
_TOOLS = ("tools", "functions", "toolConfig", "tool_definitions")
_TOOL_LISTS = ("tools", "functionDeclarations", "function_declarations")
_TOOL_PARTS = ("function", "toolSpec", "custom")

_ANSWERS = words(
    "choices output content message completion generation generations results outputText outputs candidates text "
    "delta content_block contentBlockDelta parts response"
)
_STOPS = ("finish_reason", "stop_reason", "stopReason", "finishReason", "completionReason", "done_reason")
_STOP_PLACES = ("choices", "results", "candidates", "generations", "outputs", "delta", "messageStop", "response")
_USAGES = ("usage", "usageMetadata", "usage_metadata", "meta", "amazon-bedrock-invocationMetrics")
_USAGE_PLACES = ("message", "response", "metadata", "billed_units", "tokens")
_COUNTS = {
    "input_tokens": words(
        "input_tokens prompt_tokens inputTokens promptTokenCount inputTokenCount inputTextTokenCount "
        "prompt_token_count prompt_eval_count"
    ),
    "output_tokens": words(
        "output_tokens completion_tokens outputTokens candidatesTokenCount outputTokenCount tokenCount "
        "generation_token_count eval_count"
    ),
    "cached_tokens": ("cached_tokens", "cache_read_input_tokens", "cacheReadInputTokens", "cachedContentTokenCount"),
    "reasoning_tokens": ("reasoning_tokens", "thinking_tokens", "thoughtsTokenCount"),
}
_DETAILS = ("prompt_tokens_details", "completion_tokens_details", "input_tokens_details", "output_tokens_details")


def request_values(body: object) -> Values:
    """Returns what a request says, by contract column: its texts, tools and parameters.

    `body` is a whole request, a list of messages, or a text that is the user's turn.
    """
    if not isinstance(body, dict):
        return _texts(Conversation(), body)
    found: Values = {}
    for settings in (body, *(inner for key in _SETTINGS if isinstance(inner := body.get(key), dict))):
        for column, names in _PARAMETERS.items():
            if column not in found and (value := _first(settings, names)) is not None:
                found[column] = value
    said = Conversation()
    if (instructions := _first(body, _INSTRUCTIONS)) is not None and (text := text_of(instructions)):
        said.system.append(text)
    for earlier in ("chat_history", "previous_messages"):  # Cohere keeps the newest turn apart
        said.add(body.get(earlier))
    messages = _first(body, _MESSAGES)
    found |= _texts(said, messages if messages is not None else body.get("message"))
    if (tools := _first(body, _TOOLS)) is not None:
        found["tool_names"] = tool_names(tools)
    return found


def response_values(body: object) -> Values:
    """Returns what a response says, by contract column: its text, why it stopped, and its token counts.

    `body` is a whole response, the list of a stream's chunks, a list of messages, or the text itself.
    """
    found: Values = {"output_text": answer_text(body), "finish_reason": finish_reason(body)}
    for one in body if isinstance(body, list) else (body,):
        if isinstance(one, dict):
            for usage in _usages(one, 0):
                found |= _counts(usage)
    return {name: value for name, value in found.items() if value is not None}


def user_text(value: object) -> str | None:
    """Returns the user's turns and the results of tools in messages, newest last, parted by a blank line."""
    return _joined(_said(value).inputs)


def system_text(value: object) -> str | None:
    """Returns the instructions in messages: turns of the system and of the developer."""
    return _joined(_said(value).system)


def answer_text(value: object) -> str | None:
    """Returns the text of a response, or of messages that the model wrote."""
    if isinstance(value, list) and _is_stream(value):
        return "".join(filter(None, map(answer_text, value))) or None
    if isinstance(value, dict):
        value = _first(value, _ANSWERS)
    return text_of(value) or None


def tool_names(value: object) -> list[str] | None:
    """Returns the names in tool definitions, in their order; None where there is none."""
    return list(dict.fromkeys(_tool_names(value, 0))) or None


def finish_reason(value: object) -> object:
    """Returns why a response, or the last one in a list that says so, stopped; a refusal with its category."""
    reasons = [reason for one in _listed(value) if (reason := _stop(one, 0)) is not None]
    return reasons[-1] if reasons else None


def _said(value: object) -> Conversation:
    said = Conversation()
    said.add(value)
    return said


def _texts(said: Conversation, messages: object) -> Values:
    said.add(messages)
    found = {"system_instructions": _joined(said.system), "input_text": _joined(said.inputs)}
    return {name: text for name, text in found.items() if text is not None}


def _joined(texts: list[str]) -> str | None:
    return PARAGRAPH.join(texts) or None


def _first(value: dict[str, object], names: tuple[str, ...]) -> object:
    return next((found for name in names if present(found := value.get(name))), None)


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
    for key in (*_USAGES, *_USAGE_PLACES):
        inner = value.get(key)
        if isinstance(inner, dict):
            if (depth < 1 and key in _USAGE_PLACES) or key == "meta":
                yield from _usages(inner, depth + 1)
            else:
                yield inner


def _counts(usage: dict[str, object]) -> Values:
    found: Values = {}
    for place in (usage, *(inner for key in _DETAILS if isinstance(inner := usage.get(key), dict))):
        for column, names in _COUNTS.items():
            if column not in found and (count := _first(place, names)) is not None:
                found[column] = count
    return found
