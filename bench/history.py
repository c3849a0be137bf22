"""The history of measurements and attempts, with one JSON object a line in `bench/history/*.jsonl`.

`attempts.jsonl` holds attempts: a change, its expected effect and its measured effect. Every other file holds
measurements. Lines are only added, never rewritten, and no two are equal. `python -m bench.history` checks all files.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FOLDER = Path(__file__).parent / "history"
ATTEMPTS = "attempts"
COMMIT = r"^[0-9a-f]{7,40}(-dirty)?$"
UNITS = frozenset(
    {
        "share",  # from 0 to 1
        "per 100,000 accounts",
        "accounts",
        "campaigns",
        "exchanges",
        "days",
        "s",  # wall clock
        "CPU-s",  # of all threads and child processes
        "ms",
        "MB/s",  # of input a processor second
        "GB",  # 10^9 bytes
        "exponent",  # p of cost ~ size^p
        "bits",
        "1",  # a pure number
    }
)

Words = Annotated[str, Field(min_length=1, max_length=2_000)]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Measurement(_Line):
    """One figure: `what` was measured, its value, its `setting` (world, size, threads), and the data to repeat it.

    `commit`, `date` and `machine` are None where an old figure came without them; `low` and `high` are its 95 %
    interval, if it has one.
    """

    what: Words
    value: float
    unit: Words
    setting: Words
    seeds: tuple[int, ...]
    version: Words
    commit: Annotated[str, Field(pattern=COMMIT)] | None
    machine: Words | None
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] | None
    low: float | None = None
    high: float | None = None
    note: str = ""


class Attempt(_Line):
    """One change that was tried: the effect `expected`, the effect `found`, and whether the change was `kept`."""

    area: Words
    change: Words
    expected: str
    found: Words
    kept: bool | None
    commit: Annotated[str, Field(pattern=COMMIT)] | None = None
    seeds: tuple[int, ...] = ()
    note: str = ""


class HistoryError(ValueError):
    """A line of the history is not valid; the message names the file and the line."""


def read(path: Path) -> list[Measurement | Attempt]:
    """Every line of one file; raises HistoryError for a line that is not valid or is there twice."""
    kind = Attempt if path.stem == ATTEMPTS else Measurement
    found: dict[str, Measurement | Attempt] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        where = f"{path.name}, line {number}"
        if line in found:
            raise HistoryError(f"{where}: stands there twice")
        try:
            found[line] = kind.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            raise HistoryError(f"{where}: {'.'.join(map(str, first['loc'])) or 'line'}: {first['msg']}") from error
        _check(found[line], where)
    if not found:
        raise HistoryError(f"{path.name} is empty")
    return list(found.values())


def append(topic: str, lines: Iterable[Measurement | Attempt], folder: Path = FOLDER) -> Path:
    """Adds lines to the file of a topic, except those that are there already; returns its path.

    Raises HistoryError, with nothing written, when a line is of the wrong kind or not valid.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", topic):
        raise HistoryError(f"`{topic}` is no name of a file: lower case letters, digits and hyphens")
    path = folder / f"{topic}.jsonl"
    before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    added = []
    for line in lines:
        if isinstance(line, Attempt) != (topic == ATTEMPTS):
            raise HistoryError(f"{path.name} does not hold a line of the kind {type(line).__name__}")
        _check(line, path.name)
        added.append(json.dumps(line.model_dump(mode="json"), ensure_ascii=False))
    whole = [*before, *dict.fromkeys(line for line in added if line not in set(before))]
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")
    return path


def measured_now(
    what: str,
    value: float,
    unit: str,
    setting: str,
    seeds: Sequence[int],
    machine: Mapping[str, object],
) -> Measurement:
    """A measurement with today's date on the machine that `stillwatch_lab.benchmark.cost.machine()` describes."""
    commit = str(machine["commit"])
    return Measurement(
        what=what,
        value=float(value),
        unit=unit,
        setting=setting,
        seeds=tuple(seeds),
        version=str(machine["stillwatch"]),
        commit=commit if re.fullmatch(COMMIT, commit) else None,
        machine="{cores} cores, {memory_gb} GB, {system}, Python {python}".format_map(machine),
        date=datetime.now(UTC).date().isoformat(),
    )


def _check(line: Measurement | Attempt, where: str) -> None:
    """Checks what types do not: the unit is known, the day exists, and the interval contains the value."""
    if isinstance(line, Attempt):
        return
    if line.unit not in UNITS:
        raise HistoryError(f"{where}: unit `{line.unit}` is none of {', '.join(sorted(UNITS))}")
    if (line.low is None) != (line.high is None):
        raise HistoryError(f"{where}: an interval has two ends")
    if line.low is not None and line.high is not None and not line.low <= line.value <= line.high:
        raise HistoryError(f"{where}: {line.value} lies outside its interval")
    if line.date is not None:
        try:
            date.fromisoformat(line.date)
        except ValueError as error:
            raise HistoryError(f"{where}: date: {error}") from error


def main() -> int:
    """Checks every file and prints its number of lines; returns 1 when a file is not valid."""
    paths = sorted(FOLDER.glob("*.jsonl"))
    try:
        for path in paths:
            print(f"{path.name:24} {len(read(path)):6,} lines")
    except HistoryError as error:
        print(f"history: {error}", file=sys.stderr)
        return 1
    return 0 if paths else 1


if __name__ == "__main__":
    sys.exit(main())
