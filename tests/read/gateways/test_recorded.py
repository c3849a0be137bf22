"""Records of real gateways and tools give rows, as found or by a mapping of at most ten lines."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from stillwatch.read.gateways import load_mapping, recognise
from stillwatch.records.inputs import EXCHANGES
from tests.read.gateways.samples import EXAMPLES, rows_of

LOGS = Path(os.environ.get("STILLWATCH_DATA", EXAMPLES.parents[2] / "shared" / "data")) / "logs"
MAPPINGS = ("helicone", "openai-batch")
AS_FOUND = {
    "gateways/litellm_spendlogs_rows.jsonl": ("litellm", 3, 3),
    "gateways/standard_logging_payload_success.json": ("litellm", 1, 1),
    "gateways/standard_logging_payload_blocked.json": ("litellm", 1, 1),
    "gateways/standard_logging_payload_stream.json": ("litellm", 1, 1),
    "litellm_spendlogs.jsonl": ("litellm", 1, 0),
    "litellm_standard_logging_payload.jsonl": ("litellm", 1, 0),
    "bedrock_invocation_cohere.jsonl": ("bedrock", 1, 1),
    "otlp_traces_indexed_prompt.jsonl": ("otel", 1, 0),
    "otlp_traces_messages.jsonl": ("otel", 1, 0),
    "failing/otel_flat.jsonl": ("otel", 1, 1),
    "gateways/envoy_access_log.jsonl": ("envoy", 5, 2),
    "envoy_ai_gateway_access.jsonl": ("envoy", 1, 0),
    "higress_ai_statistics.jsonl": ("envoy", 1, 0),
    "langfuse_observations.jsonl": ("langfuse", 1, 0),
    "langfuse_trace.json": ("langfuse", 1, 0),
}
"""By file: its format, its records that have a time, and those that name an account as well."""


def records_of(path: Path) -> list[object]:
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    text = path.read_text(encoding="utf-8")
    return [json.loads(text)] if path.suffix == ".json" else [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("name", AS_FOUND)
def test_as_found(name: str) -> None:
    records = records_of(LOGS / name)
    form = recognise(records)
    assert form is not None
    rows = [row for row in rows_of(form, records) if "started_at" in row]
    complete = [row for row in rows if row.keys() >= set(EXCHANGES.required)]
    assert (form.name, len(rows), len(complete)) == AS_FOUND[name]


@pytest.mark.parametrize(
    ("name", "base", "account"),
    [
        ("otlp_traces_indexed_prompt.jsonl", "otel", "resource.service.name"),
        ("otlp_traces_messages.jsonl", "otel", "resource.service.name"),
        ("envoy_ai_gateway_access.jsonl", "envoy", "route_name"),
        ("higress_ai_statistics.jsonl", "envoy", "route_name"),
        ("langfuse_trace.json", "langfuse", "trace.projectId"),
        ("langfuse_observations.jsonl", "langfuse", "projectId"),
        ("litellm_spendlogs.jsonl", "litellm", "session_id"),
    ],
)
def test_with_an_account_from_elsewhere(name: str, base: str, account: str, tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(f'extends = "{base}"\n[columns]\naccount_id = "{account}"\n', encoding="utf-8")
    (row,) = rows_of(load_mapping(path), records_of(LOGS / name))
    assert row.keys() >= set(EXCHANGES.required)


@pytest.mark.parametrize("name", MAPPINGS)
@pytest.mark.parametrize("folder", ["own", "recorded"])
def test_by_a_mapping_of_ten_lines(name: str, folder: str) -> None:
    mapping = EXAMPLES / f"{name}.toml"
    recorded = LOGS / {"helicone": "helicone_export.jsonl", "openai-batch": "openai_batch_output.jsonl"}[name]
    (row,) = rows_of(load_mapping(mapping), records_of(EXAMPLES / f"{name}.jsonl" if folder == "own" else recorded))
    assert len(mapping.read_text(encoding="utf-8").splitlines()) <= 10
    assert row.keys() >= {*EXCHANGES.required, "request_model", "status_code", "output_text", "finish_reason"}
