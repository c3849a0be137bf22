"""A line is one JSON object without a caller's words; a flood of lines is counted, not written."""

from __future__ import annotations

import json
import logging

from stillwatch.serve.logs import MOST_A_SECOND, Bounded, JsonLines, where


def record(message: str, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("stillwatch.serve", logging.WARNING, "", 0, message, None, None)
    made.fields = fields
    return made


def test_a_line_is_one_object() -> None:
    line = json.loads(JsonLines().format(record("two\nlines", account="ü\n")))
    assert (line["level"], line["event"], line["account"]) == ("warning", "two\nlines", "ü\n")
    assert "\n" not in JsonLines().format(record("two\nlines"))


def test_an_error_is_told_by_its_kind_and_place() -> None:
    try:
        raise ValueError("secret words")
    except ValueError as error:
        made = record("failed")
        made.exc_info = (type(error), error, error.__traceback__)
        line = JsonLines().format(made)
        assert where(error)["where"].startswith("test_logs.py:")
    assert json.loads(line)["error"] == "ValueError"
    assert "secret" not in line


def test_a_flood_is_counted() -> None:
    bound = Bounded()
    passed = [bound.filter(record("x")) for _ in range(1_000)]
    assert sum(passed) <= 2 * MOST_A_SECOND, "no more than the lines of the two seconds that may have begun"
    bound._second = 0
    later = record("y")
    assert bound.filter(later)
    assert later.fields == {"lines_left_out": 1_000 - sum(passed)}  # type: ignore[attr-defined]
