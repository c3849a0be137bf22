"""A trace and its observations become one record a call of a model, in every way Langfuse exports them."""

from __future__ import annotations

from collections import Counter

import pytest

from stillwatch.read.gateways.langfuse import unpack


@pytest.mark.parametrize(
    "document",
    [
        {"trace": {"userId": "a"}, "observations": [{"id": "1", "type": "GENERATION"}, {"id": "2"}]},
        {"userId": "a", "observations": [{"id": "1", "type": "EMBEDDING"}, {"id": "2"}]},
    ],
)
def test_observations_know_their_trace(document: dict[str, object]) -> None:
    records = [one for one in unpack(document, Counter()) if isinstance(one, dict)]
    assert [(one["id"], one["trace"]["userId"]) for one in records] == [("1", "a"), ("2", "a")]


def test_what_is_no_call_of_a_model_is_counted() -> None:
    unknown: Counter[str] = Counter()
    document = {"observations": [{"type": "SPAN"}, {"type": "TOOL"}, {"type": "SPAN"}, {"type": "x" * 500}]}
    assert list(unpack(document, unknown)) == []
    assert unknown["(observation SPAN)"] == 2
    assert max(map(len, unknown)) <= 100


@pytest.mark.parametrize(
    ("document", "records"),
    [
        (7, [7]),
        ({"id": "1"}, [{"id": "1"}]),
        ({"observations": None}, [{"observations": None}]),
        ({"observations": [7, None], "trace": 7}, [7, None]),
        ({"observations": [{"type": 7}], "trace": 7}, [{"type": 7, "trace": 7}]),
    ],
)
def test_damaged_documents_lose_no_row(document: object, records: list[object]) -> None:
    assert list(unpack(document, Counter())) == records
