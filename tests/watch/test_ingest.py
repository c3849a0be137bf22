"""What comes late, twice, too early or broken is counted, and everything else is held once."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stillwatch.errors import InputError
from stillwatch.runs.state_update import now
from stillwatch.watch import ingest
from tests.read.rows import exchange, write
from tests.watch.watching import HOUR, Watched

NOON = datetime(2026, 5, 1, 12)


def logged(folder: Path, name: str, *numbers: int, at: datetime = NOON) -> None:
    """Writes a file of exchanges, one a second."""
    rows = [exchange(number, started_at=at + timedelta(seconds=number)) for number in numbers]
    folder.mkdir(exist_ok=True)
    write(folder / name, rows)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    (tmp_path / "logs").mkdir()
    return Watched(tmp_path / "logs", tmp_path / "state")


def held(watched: Watched) -> list[int]:
    return sorted(int(exchange_id[1:]) for exchange_id, _ in watched.held())


def test_files_that_come_one_after_another_are_taken_once(watched: Watched) -> None:
    for number in range(3):
        logged(watched.logs, f"{number}.jsonl", number)
        watched.run()
        watched.run()
    assert held(watched) == [0, 1, 2]
    assert watched.loaded().watched.taken == 3


def test_a_first_backlog_may_come_in_any_order(watched: Watched) -> None:
    logged(watched.logs, "a.jsonl", 1, at=NOON + 100 * HOUR)
    logged(watched.logs, "b.jsonl", 2, at=NOON)
    watched.run()
    assert held(watched) == [1, 2]


@pytest.mark.parametrize(("minutes", "taken"), [(59, True), (61, False)])
def test_an_exchange_may_be_as_late_as_stated(watched: Watched, minutes: int, taken: bool) -> None:
    logged(watched.logs, "a.jsonl", 0)
    watched.run()
    logged(watched.logs, "b.jsonl", 1, at=NOON - timedelta(minutes=minutes))
    watched.run(lateness=HOUR)
    assert held(watched) == ([0, 1] if taken else [0])
    assert watched.loaded().watched.outside == int(not taken)


def test_what_is_told_again_is_held_once(watched: Watched) -> None:
    logged(watched.logs, "a.jsonl", 1, 2, 3)
    watched.run()
    logged(watched.logs, "b.jsonl", 2, 3, 4)
    watched.run()
    assert held(watched) == [1, 2, 3, 4]
    assert (watched.loaded().watched.taken, watched.loaded().watched.repeated) == (4, 2)


VARIED: list[tuple[str, object, object]] = [
    ("system_instructions", "be brief", "be long"),
    ("input_text", "what is it", "who is it"),
    ("input_text", "what is it", None),
    ("output_text", "yes", "none"),
    ("output_tokens", None, 2),
    ("tool_names", ["a"], ["b"]),
    ("client_address", "198.51.100.7", "198.51.100.8"),
]


@pytest.mark.parametrize(("column", "one", "other"), VARIED)
def test_nothing_hides_behind_what_is_held(watched: Watched, column: str, one: object, other: object) -> None:
    first, second = (exchange(1, started_at=NOON, **{column: value}) for value in (one, other))
    for name, rows in (("a.jsonl", [first]), ("b.parquet", [second]), ("c.csv", [first, second])):
        write(watched.logs / name, rows)
        watched.run()
    assert held(watched) == [1, 1]
    assert (watched.loaded().watched.taken, watched.loaded().watched.repeated) == (2, 2)


def test_a_clock_a_year_ahead_does_not_shut_out_the_others(watched: Watched) -> None:
    logged(watched.logs, "a.jsonl", 1, at=now() + timedelta(days=365))
    logged(watched.logs, "b.jsonl", 2)
    watched.run()
    logged(watched.logs, "c.jsonl", 3)
    watched.run()
    assert held(watched) == [2, 3]
    assert watched.loaded().watched.outside == 1


def test_one_exchange_ahead_of_the_clock_makes_nobody_late(watched: Watched) -> None:
    logged(watched.logs, "a.jsonl", 1, at=now() + timedelta(minutes=50))
    watched.run(lateness=timedelta(minutes=10))
    logged(watched.logs, "b.jsonl", 2, at=now() - timedelta(minutes=5))
    watched.run(lateness=timedelta(minutes=10))
    assert held(watched) == [1, 2]


def test_nothing_is_lost_to_a_clock_that_was_set_back(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    logged(watched.logs, "a.jsonl", 1)
    watched.run()
    logged(watched.logs, "b.jsonl", 2)
    with monkeypatch.context() as patched:
        patched.setattr(ingest, "now", lambda: NOON - timedelta(days=365))
        with pytest.raises(InputError, match=r"the clock says 2025-05-01 12:00 UTC, but .* of 2026-05-01 12:00"):
            watched.run()
    assert held(watched) == [1]
    watched.run()
    assert held(watched) == [1, 2]


def test_nothing_is_lost_to_a_clock_that_is_wrong_from_the_first(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged(watched.logs, "a.jsonl", 1, 2, 3)
    logged(watched.logs, "b.jsonl", 4, at=NOON - timedelta(days=400))
    with monkeypatch.context() as patched:
        patched.setattr(ingest, "now", lambda: NOON - timedelta(days=365))
        with pytest.raises(InputError, match=r"the clock says 2025-05-01 12:00 UTC, and 3 of the first 4 exchanges"):
            watched.run()
    assert (held(watched), watched.loaded().watched.outside) == ([], 0)
    watched.run()
    assert held(watched) == [1, 2, 3, 4]


def test_what_is_known_says_that_a_later_batch_is_ahead_and_not_the_clock_behind(watched: Watched) -> None:
    logged(watched.logs, "a.jsonl", 1)
    watched.run()
    logged(watched.logs, "b.jsonl", 2, 3, at=now() + timedelta(days=365))
    watched.run()
    assert (held(watched), watched.loaded().watched.outside) == ([1], 2)


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_taken(watched: Watched) -> None:
    logged(watched.logs, "a.jsonl", 1)
    (watched.logs / "b.parquet").write_bytes(b"PAR1 this is none PAR1")
    logged(watched.logs, "c.jsonl", 3)
    watched.run()
    logged(watched.logs, "d.jsonl", 4)
    watched.run()
    assert held(watched) == [1, 3, 4]
    assert any("b.parquet" in line for line in watched.said), watched.said


def test_rows_that_cannot_be_used_are_counted(watched: Watched) -> None:
    watched.logs.joinpath("a.jsonl").write_text('{"exchange_id": "x", "account_id": "a"}\n{"no": "json"\n')
    logged(watched.logs, "b.jsonl", 1)
    watched.run()
    assert held(watched) == [1]
    assert watched.loaded().watched.quarantined == 2
