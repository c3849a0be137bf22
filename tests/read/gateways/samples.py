"""The sample records of each format, which stand in `examples/formats`, and the rows that they stand for."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from stillwatch.read.gateways import Format, named

EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "formats"
STATED = Path(__file__).parent / "rows"
NAMES = tuple(sorted(path.stem for path in STATED.glob("*.jsonl")))


def lines(name: str) -> list[bytes]:
    """The lines of a format's sample."""
    (file,) = (path for path in EXAMPLES.glob(f"{name}.*") if path.suffix in (".jsonl", ".log"))
    return file.read_bytes().splitlines()


def sample(name: str) -> list[object]:
    """The decoded records of a format's sample."""
    return list(map(named(name).decode, lines(name)))


def stated_rows(name: str) -> list[dict[str, object]]:
    """The rows that the sample stands for."""
    return [json.loads(line) for line in (STATED / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def rows_of(form: Format, records: list[object], unknown: Counter[str] | None = None) -> list[dict[str, object]]:
    """All rows of all records."""
    counted = Counter[str]() if unknown is None else unknown
    return [row for record in records for row in form.rows(record, counted)]
