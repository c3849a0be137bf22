"""The benchmark of gateway records makes whole records of every kind, and counts what it reads."""

from __future__ import annotations

import pytest
from bench.read_gateways import KINDS, SPANS, measure, records

from stillwatch.read.gateways import named
from stillwatch.records.inputs import EXCHANGES
from tests.read.gateways.samples import rows_of


@pytest.mark.parametrize("kind", KINDS)
def test_records_are_read_whole(kind: str) -> None:
    form = named(kind.partition(" ")[0])
    lines = list(records(kind, ["one text", "another text"], 30_000))
    rows = rows_of(form, [form.decode(line) for line in lines])
    assert len({row["exchange_id"] for row in rows}) == len(rows) == len(lines) * (SPANS if "otel" in kind else 1)
    assert all(row.keys() >= set(EXCHANGES.required) for row in rows)
    assert all("text" in str(row.get("input_text")) for row in rows) == ("no texts" not in kind)
    speed = measure(form, lines)
    assert (speed.rows, speed.size) == (len(rows), sum(map(len, lines)))
