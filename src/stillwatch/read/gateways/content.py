"""Messages become text: who wrote it is kept apart, tool calls and results are seen, media leave a mark.

The shapes are those of OpenAI (chat completions, responses), Anthropic (messages), Amazon Bedrock (Converse and the
models' own), Cohere, Gemini and OpenTelemetry. They differ in the names of a few keys only, so that one reading by keys
serves all of them. Everything here is written by clients: any value may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable

from stillwatch.read.gateways.json_text import compact

PARAGRAPH = "\n\n"  # between turns and between the parts of a turn, as the contract has it

_DEEPEST = 12  # a part lies at most six levels below its message in any API; deeper content is given as JSON
_SYSTEM = frozenset({"system", "developer"})
_MODEL = frozenset({"assistant", "model", "ai", "chatbot"})
# Items of a conversation without a role that the model wrote; those of clients are results (`…_output`) and messages.
_MODEL_ITEMS = ("_call", "reasoning")


def words(text: str) -> tuple[str, ...]:
    """Returns the words of a text."""
    return tuple(text.split())


_TEXT_KEYS = {
    key: rank
    for rank, key in enumerate(
        words(
            "text content parts message thinking reasoning reasoningContent reasoningText summary refusal delta "
            "content_block contentBlockDelta choices output outputs outputText results completion generation "
            "generations candidates response result data value input_text toolResult tool_result functionResponse "
            "source json"
        )
    )
}
"""The keys under which text, or something that holds text, stands, by rank: the first that is present counts."""

_PLAIN = frozenset({"text", "input_text", "output_text", "thinking", "reasoning"})  # parts that hold a text alone
_CALLS = ("tool_calls", "function_call")  # beside the content of a message
_CALL_PARTS = ("toolUse", "functionCall", "function")  # around a call
_ARGUMENTS = ("arguments", "input", "args", "partial_json")
_REASONING = ("reasoning_content", "thinking_blocks")  # beside the content of a message
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
        content = message.get("content") or message.get("parts") if isinstance(message, dict) else message
        if text := text_of(content or message):
            (self.system if role in _SYSTEM else self.inputs).append(text)


def role_of(message: object) -> str:
    """Returns who wrote a message, in lower case; `user` where it does not say so, for what a client sends is its
    own."""
    if not isinstance(message, dict):
        return "user"
    role = message.get("role")
    if isinstance(role, str) and role:
        return role.lower()
    kind = message.get("type")
    if not isinstance(kind, str):
        return "user"
    return kind if kind in _SYSTEM or kind in _MODEL else "assistant" if kind.endswith(_MODEL_ITEMS) else "user"


def text_of(value: object, depth: int = 0) -> str:
    """Returns the text of a message, of content parts or of an answer; empty where there is none."""
    if isinstance(value, str):
        return value
    if depth > _DEEPEST:
        return compact(value)
    if isinstance(value, dict):
        return _of_object(value, depth)
    if isinstance(value, list):
        if len(value) == 1 and not isinstance(value[0], int):
            return text_of(value[0], depth + 1)
        return "[tokens]" if _are_tokens(value) else joined([text_of(one, depth + 1) for one in value])
    return "" if value is None or isinstance(value, bool) else str(value)


def joined(texts: Iterable[str]) -> str:
    """Returns the texts that are not empty as paragraphs."""
    return PARAGRAPH.join([text for text in texts if text])


def _of_object(value: dict[str, object], depth: int) -> str:
    kind = value.get("type")
    if isinstance(kind, str) and kind in _PLAIN:
        text = value.get("text") or value.get("content") or value.get("thinking")
        if isinstance(text, str):
            return text
    whole = _media(value, depth) or _call(value)
    if whole is not None:
        return whole
    said = [text_of(found, depth + 1) for key in _REASONING if (found := value.get(key))]
    ranked = [key for key in value if key in _TEXT_KEYS and value[key]]
    if ranked:
        key = min(ranked, key=_TEXT_KEYS.__getitem__)
        found = value[key]
        structured = key in _RESULTS and isinstance(found, dict) and found.keys().isdisjoint(_TEXT_KEYS)
        said.append(compact(found) if structured else text_of(found, depth + 1))
    said.extend(text_of(found, depth + 1) for key in _CALLS if (found := value.get(key)))
    return joined(said)


def _call(value: dict[str, object]) -> str | None:
    """Returns a tool call as `name(arguments)`, None where the object is none."""
    inner = value
    for key in _CALL_PARTS:
        if isinstance(part := value.get(key), dict):
            inner = part
            break
    name = inner.get("name")
    if not isinstance(name, str) and "partial_json" not in inner:
        return None
    for key in _ARGUMENTS:
        if (arguments := inner.get(key)) is not None:
            written = arguments if isinstance(arguments, str) else compact(arguments)
            return f"{name}({written})" if isinstance(name, str) else written
    return None


def _media(value: dict[str, object], depth: int) -> str | None:
    """Returns the mark of a part that is no text, such as `[image]`; None for any other object.

    Of a document that is handed over as text it is the text: a client may put its whole prompt there.
    """
    kind, source = value.get("type"), value.get("source")
    if kind is None and len(value) == 1:
        ((kind, inner),) = value.items()
        source = inner.get("source") if isinstance(inner, dict) else None
    medium = _MEDIA.get(kind) if isinstance(kind, str) else None
    if medium is None:
        return None
    modality = value.get("modality")
    if isinstance(modality, str):
        medium = _MEDIA.get(modality, medium)
    if medium == "document" and isinstance(source, dict) and source.get("type", "text") in ("text", "content"):
        text = text_of(next((source[key] for key in ("text", "content", "data") if key in source), ""), depth + 2)
        return text or "[document]"
    return f"[{medium}]"


def _are_tokens(values: list[object]) -> bool:
    return bool(values) and isinstance(values[0], int)
