"""Each shipped format reads its sample into the rows that are stated for it, and is recognised by its records alone."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from stillwatch.errors import UsageError
from stillwatch.read.gateways import named, names, recognise
from stillwatch.read.gateways.fields import MOST, OTHER
from tests.read.gateways.samples import NAMES, rows_of, sample, stated_rows


def test_every_format_has_a_sample_and_stated_rows() -> None:
    assert names() == NAMES


@pytest.mark.parametrize("name", NAMES)
class TestSample:
    def test_gives_the_stated_rows(self, name: str) -> None:
        assert rows_of(named(name), sample(name)) == stated_rows(name)

    def test_is_recognised(self, name: str) -> None:
        form = recognise(sample(name))
        assert form is not None
        assert form.name == name


class TestRecognise:
    def test_the_contracts_own_columns_are_no_gateway(self) -> None:
        record = {"exchange_id": "e", "account_id": "a", "started_at": "2026-01-01", "request_model": "m"}
        assert recognise([record]) is None

    def test_records_of_two_formats_are_neither(self) -> None:
        assert recognise([*sample("otel"), *sample("litellm")]) is None

    def test_a_stray_record_of_another_format_changes_nothing(self) -> None:
        stray = next(one for one in sample("otel") if named("otel").explains(one))
        mine = [one for one in sample("litellm") if named("litellm").explains(one)]
        assert recognise([stray, *(20 * mine)[:20]]) is named("litellm")

    @pytest.mark.parametrize("records", [[], [None], [[]], ["text"], [{}], [[[]]]])
    def test_nothing_is_no_format(self, records: list[object]) -> None:
        assert recognise(records) is None


class TestNamed:
    def test_a_misspelt_format_is_answered_with_the_nearest(self) -> None:
        with pytest.raises(UsageError, match="`litelm`: does not exist; did you mean `litellm`"):
            named("litelm")


def test_cells_of_a_csv_file_give_the_same_rows() -> None:
    """An export as CSV holds every number as a text, and nothing as an empty one."""
    spend_logs = [record for record in sample("litellm") if isinstance(record, dict) and "request_id" in record]
    cells: list[object] = [
        {name: "" if value is None else str(value) for name, value in record.items()} for record in spend_logs
    ]
    stated = [{name: str(value) for name, value in row.items()} for row in rows_of(named("litellm"), [*spend_logs])]
    assert len(stated) == 2
    assert recognise(cells) is named("litellm")
    assert [{name: str(value) for name, value in row.items()} for row in rows_of(named("litellm"), cells)] == stated


class TestDecode:
    def test_what_a_strict_parser_refuses_is_read(self) -> None:
        data = b'{"a": "\xff", "b": "\\ud800", "c": "\x01", "d": NaN}'
        record = named("litellm").decode(data)
        assert isinstance(record, dict)
        assert (record["a"], record["b"], record["c"]) == ("\ufffd", "\ud800", "\x01")
        assert math.isnan(record["d"])

    @pytest.mark.parametrize("data", [b"", b"{", b"no JSON", b"[" * 100_000])
    def test_what_is_no_json_is_none(self, data: bytes) -> None:
        assert named("litellm").decode(data) is None


class TestUnknownFields:
    def test_fields_that_nothing_reads_are_counted(self) -> None:
        unknown: Counter[str] = Counter()
        rows_of(named("litellm"), sample("litellm"), unknown)
        assert unknown == {"region": 3}

    def test_empty_fields_are_not(self) -> None:
        unknown: Counter[str] = Counter()
        rows_of(named("litellm"), [{"a": None, "b": "", "c": [], "d": {}, "e": 0}], unknown)
        assert unknown == {"e": 1}

    def test_what_is_passed_over_is_counted(self) -> None:
        unknown: Counter[str] = Counter()
        rows_of(named("otel"), sample("otel"), unknown)
        assert unknown["(operation execute_tool)"] == 1
        assert unknown["(event gen_ai.evaluation.result)"] == 1
        assert unknown["(spans and events of other kinds)"] == 1

    def test_names_without_end_fill_no_memory(self) -> None:
        unknown: Counter[str] = Counter()
        for number in range(10):
            rows_of(named("litellm"), [{f"{number}-{one}" + "x" * 1000: 1 for one in range(MOST)}], unknown)
        assert len(unknown) == MOST + 1
        assert unknown[OTHER] == 9 * MOST
        assert max(map(len, unknown)) <= 100
