"""Messages become text: who wrote it is kept apart, tool calls and results are seen, media leave a mark.

The shapes are those of OpenAI (chat completions, responses), Anthropic (messages), Amazon Bedrock (Converse and the
models' own), Cohere, Gemini and OpenTelemetry. They differ in the names of a few keys only, so that one reading by keys
serves all of them. Everything here is written by clients: any value may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.read.gateways.json_text import compact

PARAGRAPH = "\n\n"  # between turns and between the parts of a turn, as the contract has it


def words(text: str) -> tuple[str, ...]:
    """Returns the words of a text."""
    return tuple(text.split())


_DEEPEST = 12  # a part lies at most six levels below its message in any API; deeper content is given as JSON
_SYSTEM = frozenset({"system", "developer"})
_MODEL = frozenset({"assistant", "model", "ai", "chatbot"})
# Items of a conversation without a role that the model wrote; those of clients are results (`…_output`) and messages.
_MODEL_ITEMS = ("_call", "reasoning")

_TEXT_KEYS = words(
    "text content parts message thinking reasoning reasoningContent reasoningText summary refusal delta "
    "content_block contentBlockDelta choices output outputs outputText results completion generation generations "
    "candidates response result data value input_text toolResult tool_result functionResponse source json"
)
"""The keys under which text, or something that holds text, stands; the first that is present counts."""

_CALLS = ("tool_calls", "function_call")  # beside the content of a message
_CALL_PARTS = ("toolUse", "functionCall", "function")  # around a call
_ARGUMENTS = ("arguments", "input", "args", "partial_json")
_REASONING = ("reasoning_content", "thinking_blocks")  # beside the content of a message; the first counts
_RESULTS = frozenset({"response", "result", "output", "json", "data", "value"})  # structured results of tools
_MEDIA = {
    **dict.fromkeys(("image", "image_url", "input_image", "output_image", "image_generation_call"), "image"),
    **dict.fromkeys(("audio", "input_audio", "output_audio"), "audio"),
    **dict.fromkeys(("file", "input_file", "container_upload", "blob", "uri", "inlineData", "fileData"), "file"),
    "video": "video",
    "document": "document",
}
"""What stands for a part that is no text, by its type, or by its only key where it has no type."""


class Conversation:
    """What the messages of a request say, by who wrote it: texts in the order of the messages."""

    __slots__ = ("inputs", "system")

    def __init__(self) -> None:
        self.system: list[str] = []
        self.inputs: list[str] = []  # the user's turns and the results of tools: all that the client adds

    def add(self, messages: object) -> None:
        """Adds messages: a list of them, one, or a plain text as the user's turn."""
        if isinstance(messages, list) and not _are_tokens(messages):
            for message in messages:
                self._one(message)
        else:
            self._one(messages)

    def _one(self, message: object) -> None:
        role = role_of(message)
        if role in _MODEL:
            return
        if text := text_of(message):
            (self.system if role in _SYSTEM else self.inputs).append(text)


def role_of(message: object) -> str:
    """Returns who wrote a message, in lower case; `user` where it does not say so, for what a client sends is its
    own."""
    if not isinstance(message, dict):
        return "user"
    kind = message.get("type")
    role = message.get("role")
    if isinstance(role, str) and role:
        return role.lower()
    if isinstance(kind, str):
        if kind in _SYSTEM or kind in _MODEL:
            return kind
        if kind.endswith(_MODEL_ITEMS):
            return "assistant"
    return "user"


def text_of(value: object, depth: int = 0) -> str:
    """Returns the text of a message, of content parts or of an answer; empty where there is none."""
    if isinstance(value, str):
        return value
    if depth > _DEEPEST:
        return compact(value)
    if isinstance(value, list):
        if _are_tokens(value):
            return "[tokens]"
        return PARAGRAPH.join(filter(None, (text_of(one, depth + 1) for one in value)))
    if isinstance(value, dict):
        return PARAGRAPH.join(filter(None, _of_object(value, depth)))
    return "" if value is None or value is True or value is False else str(value)


def _of_object(value: dict[str, object], depth: int) -> Iterator[str]:
    whole = _media(value, depth) or _call(value)
    if whole is not None:
        yield whole
        return
    reasoning = next((found for key in _REASONING if (found := value.get(key))), None)
    if reasoning is not None:
        yield text_of(reasoning, depth + 1)
    for key in _TEXT_KEYS:
        if found := value.get(key):
            structured = key in _RESULTS and isinstance(found, dict) and found.keys().isdisjoint(_TEXT_KEYS)
            yield compact(found) if structured else text_of(found, depth + 1)
            break
    calls = next((found for key in _CALLS if (found := value.get(key))), None)
    if calls is not None:
        yield text_of(calls, depth + 1)


def _call(value: dict[str, object]) -> str | None:
    """Returns a tool call as `name(arguments)`, None where the object is none."""
    inner = next((found for key in _CALL_PARTS if isinstance(found := value.get(key), dict)), value)
    arguments = next((found for key in _ARGUMENTS if (found := inner.get(key)) is not None), None)
    name = inner.get("name")
    if arguments is None or (not isinstance(name, str) and "partial_json" not in inner):
        return None
    written = arguments if isinstance(arguments, str) else compact(arguments)
    return f"{name}({written})" if isinstance(name, str) else written


def _media(value: dict[str, object], depth: int) -> str | None:
    """Returns the mark of a part that is no text, such as `[image]`; None for any other object.

    Of a document that is handed over as text it is the text: a client may put its whole prompt there.
    """
    kind = value.get("type")
    if isinstance(kind, str):
        medium, source = _MEDIA.get(kind), value.get("source")
        modality = value.get("modality")
        if medium is not None and isinstance(modality, str):
            medium = _MEDIA.get(modality, medium)
    elif len(value) == 1 and isinstance(key := next(iter(value)), str) and key in _MEDIA:
        medium, inner = _MEDIA[key], value[key]
        source = inner.get("source") if isinstance(inner, dict) else None
    else:
        return None
    if medium == "document" and isinstance(source, dict) and source.get("type", "text") in ("text", "content"):
        text = text_of(next((source[key] for key in ("text", "content", "data") if key in source), ""), depth + 2)
        return text or "[document]"
    return None if medium is None else f"[{medium}]"


def _are_tokens(values: list[object]) -> bool:
    return bool(values) and isinstance(values[0], int)
