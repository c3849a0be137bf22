"""A mapping of a user's own fills each column from the first path that says something."""

from __future__ import annotations

import json
from pathlib import Path

from stillwatch.read.gateways import load_mapping
from tests.read.gateways.samples import rows_of, sample, stated_rows


class TestMapping:
    def test_a_format_is_extended(self, tmp_path: Path) -> None:
        path = tmp_path / "ours.toml"
        path.write_text('extends = "otel"\n[columns]\naccount_id = "resource.service.name"\n', encoding="utf-8")
        rows = rows_of(load_mapping(path), sample("otel"))
        assert [row.get("account_id") for row in rows] == ["inference-gateway"] * 3 + [None] * 2
        assert [row["exchange_id"] for row in rows] == [row["exchange_id"] for row in stated_rows("otel")]

    def test_a_mapping_of_one_s_own(self, tmp_path: Path) -> None:
        path = tmp_path / "ours.toml"
        path.write_text(
            'absent = ["-"]\nrequest = "sent"\nresponse = "got"\n[columns]\n'
            'exchange_id = [{ join = ["node", "number"], with = "/" }, "number"]\naccount_id = "who.\\"a.b\\".id"\n'
            'started_at = { from = ["at", "made"], unit = "ms" }\nchannel = { constant = "api" }\n'
            'request_model = { from = "model", as = "lower" }\nstatus_code = { from = "ok", values = { true = 200 } }\n'
            'client_address = "addresses.1"\ntool_names = "tools.*.name"\n',
            encoding="utf-8",
        )
        record = {
            "node": "-",
            "number": 7,
            "who": json.dumps({"a.b": {"id": "acct"}}),
            "made": 1_790_000_000_123,
            "model": "HOUSE",
            "ok": "true",
            "addresses": ["a", "b"],
            "tools": [{"name": "x"}, 3, {"name": "y"}],
            "sent": [{"role": "user", "content": "hi"}],
            "got": "ho",
        }
        assert rows_of(load_mapping(path), [record, record | {"node": "n1"}]) == [
            {
                "exchange_id": number,
                "account_id": "acct",
                "started_at": "2026-09-21T14:13:20.123000+00:00",
                "channel": "api",
                "request_model": "house",
                "status_code": 200,
                "client_address": "b",
                "tool_names": ["x", "y"],
                "input_text": "hi",
                "output_text": "ho",
            }
            for number in (7, "n1/7")
        ]

    def test_numbers_that_lost_digits_are_not_joined(self, tmp_path: Path) -> None:
        path = tmp_path / "ours.toml"
        path.write_text('[columns]\naccount_id = { join = ["a", "b"], with = "/" }\n', encoding="utf-8")
        records = [{"a": 1.2345678901234567e23, "b": 1}, {"a": 2**80, "b": 1}]
        assert rows_of(load_mapping(path), records) == [{}, {"account_id": f"{2**80}/1"}]
