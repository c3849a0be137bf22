"""What a file is, is seen past lines that are longer than what is looked at first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stillwatch import flow
from stillwatch.input_files import find
from stillwatch.job import Inputs, resolve
from stillwatch.read.formats.look import look
from stillwatch.settings import ReadSettings

LONG = "x" * 1_200_000
"""More than is looked at first."""


def exchange(number: int, text: str = "hello") -> dict[str, Any]:
    """An exchange of the contract whose time is a number."""
    at = 1_777_629_600_000 + number
    return {"exchange_id": f"e{number}", "account_id": f"a{number}", "started_at": at, "input_text": text}


def span(number: int, text: str = "hello") -> dict[str, Any]:
    """The same as a span of OTLP."""
    named = {"gen_ai.operation.name": "chat", "enduser.id": f"a{number}", "gen_ai.prompt": text}
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in named.items()]
    at = str(1_777_629_600_000_000_000 + number)
    return {"traceId": f"{number:032x}", "spanId": f"{number:016x}", "startTimeUnixNano": at, "attributes": attributes}


def batch(*spans: dict[str, Any]) -> dict[str, Any]:
    """A line as a collector writes it."""
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


def used(folder: Path, lines: list[dict[str, Any]]) -> tuple[int, int]:
    """Of the rows that a check reads from these lines, how many are used and how many are not."""
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows = flow.check(resolve(Inputs((str(path),)))).rows
    return rows.used, rows.quarantined


@pytest.mark.parametrize("long", [{0}, {5}, set(range(4)), set(range(20))], ids=["first", "later", "four", "most"])
def test_long_lines_hide_neither_the_unit_nor_the_format_of_the_others(tmp_path: Path, long: set[int]) -> None:
    texts = [LONG if number in long else "hello" for number in range(24)]
    assert used(tmp_path, [exchange(number, text) for number, text in enumerate(texts)]) == (24, 0)
    assert used(tmp_path, [batch(span(number, text)) for number, text in enumerate(texts)]) == (24, 0)


def test_one_long_line_alone_is_recognised(tmp_path: Path) -> None:
    assert used(tmp_path, [batch(*(span(number, LONG if number == 7 else "hello") for number in range(20)))]) == (20, 0)
    assert used(tmp_path, [exchange(1, LONG)]) == (1, 0)


def test_records_that_are_odd_at_the_start_decide_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    odd = ['{"note": "rotated"}\n'] * 120
    path.write_text("".join([*odd, *(json.dumps(exchange(number)) + "\n" for number in range(900))]))
    (source,) = find([str(path)])[0].sources
    seen = look(source, ReadSettings())
    assert len(seen.records) <= 100
    assert sum("started_at" in record for record in seen.records if isinstance(record, dict)) > 50
