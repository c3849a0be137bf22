"""Documents of OpenTelemetry become one flat record an exchange, however they are nested or damaged."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.read.gateways.otlp import attributes, nested, unpack, value_of


def unpacked(document: object) -> list[dict[str, object]]:
    return list(unpack(document, Counter()))


class TestValues:
    @pytest.mark.parametrize(
        ("value", "held"),
        [
            ({"stringValue": "a"}, "a"),
            ({"intValue": "7"}, 7),
            ({"intValue": 7}, 7),
            ({"intValue": "-7"}, "-7"),
            ({"intValue": "9" * 5000}, "9" * 5000),
            ({"boolValue": False}, False),
            ({"doubleValue": 0.5}, 0.5),
            ({"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": 1}]}}, ["a", 1]),
            ({"arrayValue": {}}, []),
            ({"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "a"}}, 7]}}, {"k": "a"}),
            ({}, None),
            ([], None),
            ("a", "a"),
            (None, None),
        ],
    )
    def test_holds(self, value: object, held: object) -> None:
        assert value_of(value, 0) == held

    def test_deep_values_end(self) -> None:
        value: object = {"stringValue": "a"}
        for _ in range(500):
            value = {"arrayValue": {"values": [value]}}
        assert value_of(value, 0) is not None

    @pytest.mark.parametrize("listed", [None, 7, "a", [7, None, {}, {"key": 7}]])
    def test_what_are_no_attributes(self, listed: object) -> None:
        assert attributes(listed) == {}


class TestNested:
    def test_indexed_keys_become_lists(self) -> None:
        record: dict[str, object] = {
            "p.1.role": "user",
            "p.0.role": "system",
            "p.0.calls.0.name": "a",
            "q.0": "x",
            "q.5": "y",
            "r": 1,
        }
        assert nested(record) == {
            "p": [{"role": "system", "calls": [{"name": "a"}]}, {"role": "user"}],
            "q": ["x", "y"],
            "r": 1,
        }

    def test_a_huge_index_takes_no_memory(self) -> None:
        assert nested({"p.999999.role": "user", "p.9999999.role": "user"}) == {
            "p": [{"role": "user"}],
            "p.9999999.role": "user",
        }

    @given(st.dictionaries(st.text(alphabet="a.01", max_size=9), st.none() | st.integers(), max_size=9))
    def test_never_raises(self, record: dict[str, object]) -> None:
        nested(record)


class TestUnpack:
    def test_a_span_s_own_fields_are_not_replaced_by_attributes(self) -> None:
        span = {
            "spanId": "own",
            "attributes": [
                {"key": "spanId", "value": {"stringValue": "forged"}},
                {"key": "gen_ai.request.model", "value": {"stringValue": "m"}},
            ],
        }
        (record,) = unpacked({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
        assert record["spanId"] == "own"

    @pytest.mark.parametrize(
        "document",
        [
            {"resource_spans": [{"scope_spans": [{"spans": [{"attributes": {"gen_ai.request.model": "m"}}]}]}]},
            {
                "resourceSpans": [
                    {"instrumentationLibrarySpans": [{"spans": [{"attributes": {"gen_ai.request.model": "m"}}]}]}
                ]
            },
            {"name": "chat", "attributes": {"gen_ai.request.model": "m"}},
            {"gen_ai.request.model": "m"},
        ],
    )
    def test_other_spellings(self, document: object) -> None:
        (record,) = unpacked(document)
        assert record["gen_ai.request.model"] == "m"

    def test_content_in_the_span_s_events(self) -> None:
        events = [
            {"name": "gen_ai.content.prompt", "attributes": {"gen_ai.prompt": "hi"}},
            {"name": "exception", "attributes": {"gen_ai.prompt": "no"}},
            7,
        ]
        (record,) = unpacked({"attributes": {"gen_ai.request.model": "m"}, "events": events})
        assert record["gen_ai.prompt"] == "hi"

    @pytest.mark.parametrize(
        "document", [7, None, {"resourceSpans": [7, {}, {"scopeSpans": [7, {}, {"spans": [7]}]}]}, {"resourceLogs": []}]
    )
    def test_damaged_documents(self, document: object) -> None:
        assert [record for record in unpacked(document) if record] == []

    def test_no_document_is_still_one_row(self) -> None:
        assert unpacked(7) == [{}]
