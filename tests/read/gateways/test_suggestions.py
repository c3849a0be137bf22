"""A proposed mapping can be loaded as it is, reads the sample that it was made from, and shows no value of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.read.gateways import load_mapping
from stillwatch.read.gateways.suggestions import suggest
from tests.read.gateways.samples import EXAMPLES, NAMES, rows_of, sample

RECORDS: list[object] = [
    {
        "meta": {"request_uuid": f"r-{number}", "customer": "acct-1"},
        "created": 1_790_000_000_000 + number,
        "end_user": "chosen",
        "state": "success" if number else "failed",
        "modelId": "house-large",
        "prompt_tokens": 7,
        "headers": {"User-Agent": "sdk", "X-Forwarded-For": "198.51.100.7"},
        "payload": json.dumps({"messages": [{"role": "user", "content": "my secret words"}]}),
        "answer": {"choices": [{"message": {"content": "secret"}, "finish_reason": "stop"}]},
        "colour": "red",
    }
    for number in range(3)
]


def proposed(records: list[object], folder: Path) -> tuple[str, list[dict[str, object]]]:
    text = suggest(records)
    path = folder / "proposed.toml"
    path.write_text(text, encoding="utf-8")
    return text, rows_of(load_mapping(path), records)


def test_fields_are_found_by_their_names_and_values(tmp_path: Path) -> None:
    text, rows = proposed(RECORDS, tmp_path)
    assert rows[1] == {
        "exchange_id": "r-1",
        "account_id": "acct-1",
        "started_at": "2026-09-21T14:13:20.001000+00:00",
        "request_model": "house-large",
        "client_address": "198.51.100.7",
        "user_agent": "sdk",
        "input_tokens": 7,
        "input_text": "my secret words",
        "output_text": "secret",
        "finish_reason": "stop",
    }
    assert "# `request_uuid` looks like `exchange_id`: in 3 of 3 records, 3 distinct" in text
    assert "# not used: `end_user`, `state`, `colour`" in text


def test_words_of_a_status_become_codes(tmp_path: Path) -> None:
    records = [record | {"status": word} for record, word in zip(RECORDS, ("ok", "error", "ok"), strict=True)]  # type: ignore[operator]
    assert [row["status_code"] for row in proposed(records, tmp_path)[1]] == [200, 500, 200]


def test_no_value_is_shown(tmp_path: Path) -> None:
    text, _ = proposed(RECORDS, tmp_path)
    assert not any(word in text for word in ("secret", "acct-1", "198.51", "chosen", "red`"))


def test_what_is_missing_is_said() -> None:
    text = suggest([{"colour": "red"}, {"colour": "red"}])
    required = [line for line in text.splitlines() if line.startswith("# ") and "required" in line]
    assert [line.split()[1] for line in required] == ["exchange_id", "account_id", "started_at"]


def test_times_that_are_not_read_are_said_to_be_no_times() -> None:
    text = suggest([{"Request ID": "r1", "Timestamp": "31/05/2026 08:00", "ts": 1_780_000_000 + n} for n in (1, 2)])
    assert 'started_at = { from = "ts", unit = "s" }' in text
    text = suggest([{"Request ID": "r1", "Timestamp": "31/05/2026 08:00"}])
    assert '# started_at = "…"  # required, and "Timestamp" holds no times that are read' in text


@pytest.mark.parametrize("name", NAMES)
def test_known_formats_are_named(name: str, tmp_path: Path) -> None:
    text, rows = proposed(sample(name), tmp_path)
    assert f'extends = "{name}"' in text
    assert all("exchange_id" in row for row in rows)


@pytest.mark.parametrize("name", ["helicone", "openai-batch"])
def test_the_examples_could_have_been_proposed(name: str, tmp_path: Path) -> None:
    records: list[object] = [json.loads((EXAMPLES / f"{name}.jsonl").read_text(encoding="utf-8"))]
    (row,) = proposed(records, tmp_path)[1]
    (stated,) = rows_of(load_mapping(EXAMPLES / f"{name}.toml"), records)
    assert {name: row.get(name) for name in ("exchange_id", "output_text", "status_code")} == {
        name: stated[name] for name in ("exchange_id", "output_text", "status_code")
    }


def test_deep_values_are_no_trouble() -> None:
    deep: object = "deep"
    for _ in range(900):
        deep = {"id": [deep]}
    assert "exchange_id" in suggest([{"id": deep, "b": json.dumps("[" * 500)}, {"id": "x"}])


KEYS = st.text(max_size=6) | st.sampled_from(["id", "user.id", "a b", '"', "\n", "messages", "time", "\ud800"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4) | inner.map(json.dumps),
    max_leaves=10,
)


@given(st.lists(VALUES | st.dictionaries(KEYS, VALUES, max_size=5), max_size=4))
def test_any_records_give_a_file_that_can_be_loaded(
    tmp_path_factory: pytest.TempPathFactory, records: list[object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "proposed.toml"
    text = suggest(records)
    if "\nexchange_id = " in text or "extends" in text:
        path.write_text(text, encoding="utf-8")
        rows_of(load_mapping(path), records)
    else:
        text.encode("utf-8")
