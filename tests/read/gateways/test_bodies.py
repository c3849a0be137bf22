"""Bodies of every API become the same columns: roles are kept apart, tools are seen, media leave a mark."""

from __future__ import annotations

import pytest

from stillwatch.read.gateways.bodies import (
    answer_text,
    finish_reason,
    request_values,
    response_values,
    system_text,
    tool_names,
    user_text,
)
from stillwatch.read.gateways.content import Conversation, role_of, text_of

TALK = {"system_instructions": "Be brief.", "input_text": "Hi.\n\nAnd now?"}

REQUESTS: dict[str, dict[str, object]] = {
    "openai chat": {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi."},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": [{"type": "text", "text": "And now?"}]},
        ]
    },
    "openai responses": {
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Hi."}]},
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "He greets."}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello."}]},
            {"type": "message", "role": "user", "content": "And now?"},
        ],
    },
    "anthropic": {
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": "Hi."},
            {"role": "assistant", "content": [{"type": "text", "text": "Hello."}]},
            {"role": "user", "content": [{"type": "text", "text": "And now?"}]},
        ],
    },
    "converse": {
        "system": [{"text": "Be brief."}],
        "messages": [
            {"role": "user", "content": [{"text": "Hi."}]},
            {"role": "assistant", "content": [{"text": "Hello."}]},
            {"role": "user", "content": [{"text": "And now?"}]},
        ],
    },
    "cohere": {
        "preamble": "Be brief.",
        "chat_history": [{"role": "USER", "message": "Hi."}, {"role": "CHATBOT", "message": "Hello."}],
        "message": "And now?",
    },
    "gemini": {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hi."}]},
            {"role": "model", "parts": [{"text": "Hello."}]},
            {"role": "user", "parts": [{"text": "And now?"}]},
        ],
    },
}

ANSWERS: dict[str, object] = {
    "openai chat": {"choices": [{"message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}]},
    "openai completions": {"choices": [{"text": "Hello.", "finish_reason": "stop"}]},
    "openai stream": [
        {"choices": [{"delta": {"role": "assistant", "content": "Hel"}}], "usage": None},
        {"choices": [{"delta": {"content": "lo."}, "finish_reason": "stop"}]},
        {"choices": []},
    ],
    "openai responses": {
        "object": "response",
        "status": "completed",
        "incomplete_details": {"reason": "stop"},
        "text": {"format": {"type": "text"}},
        "reasoning": {"effort": "low"},
        "output": [
            {"type": "reasoning", "summary": [], "encrypted_content": "x"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hello."}]},
        ],
    },
    "anthropic": {"role": "assistant", "content": [{"type": "text", "text": "Hello."}], "stop_reason": "stop"},
    "anthropic stream": [
        {"type": "message_start", "message": {"role": "assistant", "content": [], "usage": {"input_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hel"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "lo."}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "stop"}, "usage": {"output_tokens": 2}},
        {"type": "message_stop"},
    ],
    "converse": {"output": {"message": {"role": "assistant", "content": [{"text": "Hello."}]}}, "stopReason": "stop"},
    "cohere": {"text": "Hello.", "finish_reason": "stop"},
    "titan": {"results": [{"outputText": "Hello.", "tokenCount": 3, "completionReason": "stop"}]},
    "llama": {"generation": "Hello.", "stop_reason": "stop"},
    "mistral": {"outputs": [{"text": "Hello.", "stop_reason": "stop"}]},
    "gemini": {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello."}]}, "finishReason": "stop"}]},
    "opentelemetry": [{"role": "assistant", "parts": [{"type": "text", "content": "Hello."}], "finish_reason": "stop"}],
}


class TestRequests:
    @pytest.mark.parametrize("api", REQUESTS)
    def test_roles_are_kept_apart(self, api: str) -> None:
        assert request_values(REQUESTS[api]) == TALK

    @pytest.mark.parametrize(
        "body",
        ["Hi.", [{"role": "user", "content": "Hi."}], {"prompt": "Hi."}, {"inputText": "Hi."}, {"input": ["Hi."]}],
    )
    def test_a_single_turn_is_the_users(self, body: object) -> None:
        assert request_values(body) == {"input_text": "Hi."}

    @pytest.mark.parametrize(
        "body",
        [
            {"model": "m", "max_completion_tokens": 9, "temperature": 0, "top_p": 0.5, "n": 2},
            {"modelId": "m", "inferenceConfig": {"maxTokens": 9, "temperature": 0, "topP": 0.5}, "n": 2},
            {"model": "m", "max_tokens": 9, "temperature": 0, "p": 0.5, "num_generations": 2},
            {
                "model": "m",
                "generationConfig": {"maxOutputTokens": 9, "temperature": 0, "topP": 0.5, "candidateCount": 2},
            },
        ],
    )
    def test_parameters(self, body: dict[str, object]) -> None:
        found = {"request_model": "m", "max_tokens": 9, "temperature": 0, "top_p": 0.5, "choice_count": 2}
        assert request_values(body) == found

    @pytest.mark.parametrize(
        "tools",
        [
            [{"type": "function", "function": {"name": "Read"}}, {"type": "function", "function": {"name": "Write"}}],
            [{"type": "function", "name": "Read"}, {"type": "custom", "custom": {"name": "Write"}}],
            [{"name": "Read", "input_schema": {}}, {"name": "Write"}, {"name": "Read"}],
            {"tools": [{"toolSpec": {"name": "Read"}}, {"toolSpec": {"name": "Write"}}], "toolChoice": {"auto": {}}},
            [{"functionDeclarations": [{"name": "Read"}, {"name": "Write"}]}],
        ],
    )
    def test_tool_definitions(self, tools: object) -> None:
        assert tool_names(tools) == ["Read", "Write"]
        assert request_values({"tools" if isinstance(tools, list) else "toolConfig": tools}) == {
            "tool_names": ["Read", "Write"]
        }

    def test_a_built_in_tool_is_named_by_its_type(self) -> None:
        assert tool_names([{"type": "web_search"}, 7, {"name": 7}, None]) == ["web_search"]

    @pytest.mark.parametrize("tools", [[], None, "Read", 7, [[]], {"tools": {"tools": {"tools": []}}}])
    def test_no_tools(self, tools: object) -> None:
        assert tool_names(tools) is None


class TestToolResults:
    @pytest.mark.parametrize(
        "message",
        [
            {"role": "tool", "tool_call_id": "c", "content": "7 degrees"},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "7 degrees"}]},
            {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "text", "text": "7 degrees"}]}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "c", "content": [{"text": "7 degrees"}]}}]},
            {"type": "function_call_output", "call_id": "c", "output": "7 degrees"},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "7 degrees"}]},
            {"role": "function", "name": "weather", "content": "7 degrees"},
        ],
    )
    def test_are_what_the_client_adds(self, message: object) -> None:
        asked = {"role": "user", "content": "How warm is it?"}
        assert user_text([asked, message]) == "How warm is it?\n\n7 degrees"

    def test_structured_ones_are_given_as_json(self) -> None:
        parts = [{"functionResponse": {"name": "weather", "response": {"celsius": 7}}}]
        assert user_text([{"role": "user", "parts": parts}]) == '{"celsius":7}'


class TestAnswers:
    @pytest.mark.parametrize("api", ANSWERS)
    def test_text_and_reason(self, api: str) -> None:
        assert answer_text(ANSWERS[api]) == "Hello."
        assert finish_reason(ANSWERS[api]) == "stop"

    @pytest.mark.parametrize(
        "message",
        [
            {"content": None, "tool_calls": [{"function": {"name": "Read", "arguments": '{"path":"a"}'}}]},
            {"content": [{"type": "tool_use", "id": "u", "name": "Read", "input": {"path": "a"}}]},
            {"content": [{"toolUse": {"name": "Read", "input": {"path": "a"}}}]},
            {"content": [{"functionCall": {"name": "Read", "args": {"path": "a"}}}]},
            [{"type": "function_call", "name": "Read", "arguments": '{"path":"a"}'}],
        ],
    )
    def test_tool_calls(self, message: object) -> None:
        assert text_of(message) == 'Read({"path":"a"})'

    @pytest.mark.parametrize(
        "message",
        [
            {"reasoning_content": "Think.", "content": "Hello."},
            {
                "content": [
                    {"type": "thinking", "thinking": "Think.", "signature": "s"},
                    {"type": "text", "text": "Hello."},
                ]
            },
            {"content": [{"reasoningContent": {"reasoningText": {"text": "Think."}}}, {"text": "Hello."}]},
            {"content": [{"type": "redacted_thinking", "data": ""}, {"text": "Think."}, {"text": "Hello."}]},
        ],
    )
    def test_thinking_stands_before_the_answer(self, message: object) -> None:
        assert text_of(message) == "Think.\n\nHello."

    @pytest.mark.parametrize(
        ("details", "reason"),
        [({"category": "cyber"}, "refusal:cyber"), (None, "refusal"), ({"category": 7}, "refusal"), (7, "refusal")],
    )
    def test_a_refusal_keeps_its_category(self, details: object, reason: str) -> None:
        assert finish_reason({"stop_reason": "refusal", "stop_details": details}) == reason

    @pytest.mark.parametrize(
        "usage",
        [
            {
                "prompt_tokens": 9,
                "completion_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": 3},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
            {
                "input_tokens": 9,
                "output_tokens": 5,
                "input_tokens_details": {"cached_tokens": 3},
                "output_tokens_details": {"reasoning_tokens": 0},
            },
            {"inputTokens": 9, "outputTokens": 5, "cacheReadInputTokens": 3, "reasoning_tokens": 0},
            {"promptTokenCount": 9, "candidatesTokenCount": 5, "cachedContentTokenCount": 3, "thoughtsTokenCount": 0},
        ],
    )
    def test_token_counts(self, usage: object) -> None:
        counts = {"input_tokens": 9, "output_tokens": 5, "cached_tokens": 3, "reasoning_tokens": 0}
        assert response_values({"usage": usage}) == counts

    def test_token_counts_of_a_stream(self) -> None:
        found = response_values(ANSWERS["anthropic stream"])
        assert (found["input_tokens"], found["output_tokens"]) == (1, 2)


class TestContent:
    @pytest.mark.parametrize(
        ("part", "mark"),
        [
            ({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, "[image]"),
            ({"type": "image", "source": {"type": "base64", "data": "AAAA"}}, "[image]"),
            ({"image": {"format": "png", "source": {"bytes": "AAAA"}}}, "[image]"),
            ({"type": "input_audio", "input_audio": {"data": "AAAA"}}, "[audio]"),
            ({"type": "file", "file": {"file_data": "AAAA"}}, "[file]"),
            ({"type": "blob", "modality": "video", "content": "AAAA"}, "[video]"),
            ({"type": "document", "source": {"type": "base64", "data": "AAAA"}}, "[document]"),
            ({"document": {"name": "d", "source": {"bytes": "AAAA"}}}, "[document]"),
            ({"type": "document", "source": {"type": "text", "data": "The text."}}, "The text."),
            ({"type": "document", "source": {"type": "content", "content": [{"text": "The text."}]}}, "The text."),
            ({"document": {"name": "d", "source": {"text": "The text."}}}, "The text."),
            ([1, 2, 3], "[tokens]"),
        ],
    )
    def test_media_leave_a_mark_and_documents_their_text(self, part: object, mark: str) -> None:
        assert text_of([{"type": "text", "text": "See:"}, part]) == f"See:\n\n{mark}"

    def test_an_unknown_role_is_the_clients(self) -> None:
        said = Conversation()
        said.add([{"role": "critic", "content": "a"}, {"role": 7, "content": "b"}, {"content": "c"}, "d"])
        assert (said.system, said.inputs) == ([], ["a", "b", "c", "d"])

    def test_roles(self) -> None:
        assert [role_of({"role": "DEVELOPER"}), role_of({"type": "ai"}), role_of(None)] == ["developer", "ai", "user"]
        assert system_text([{"role": "developer", "content": "a"}, {"role": "system", "content": "b"}]) == "a\n\nb"

    def test_deep_content_is_given_as_json(self) -> None:
        content: object = "deep"
        for _ in range(40):
            content = [{"type": "tool_result", "content": content}]
        found = user_text([{"role": "user", "content": content}])
        assert found is not None
        assert "deep" in found
