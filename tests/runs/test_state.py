"""A state is published whole, removes what a killed run left, and refuses what another version wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from stillwatch.errors import InputError, OutputError
from stillwatch.runs import state as states
from stillwatch.runs.state import Part, Reach, State, Watched

UNTIL = datetime(2026, 5, 1, 12)
FIRST, LAST = datetime(2026, 5, 1), datetime(2026, 5, 1, 11, 59)
RECORD = {
    "format": states.FORMAT,
    "key_id": "0123456789abcdef",
    "until": UNTIL.isoformat(),
    "filled": ["account_id", "exchange_id"],
    "parts": [
        {
            "file": "exchanges-000001.parquet",
            "accounts": "accounts-000001.parquet",
            "rows": 2,
            "bytes": 7,
            "digest": "d",
            "first": FIRST.isoformat(),
            "last": LAST.isoformat(),
        }
    ],
    "lineage": [],
    "watched": {
        "offsets": {"folder": {"a.jsonl": 7}},
        "reach": {"folder": {"newest": LAST.isoformat(), "settled": None}},
        "taken": 2,
        "repeated": 1,
        "outside": 3,
        "quarantined": 4,
    },
}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A state folder after its first addition."""
    for name in ("exchanges-000001.parquet", "accounts-000001.parquet"):
        (tmp_path / name).touch()
    (tmp_path / states.MARKER).write_text(json.dumps(RECORD))
    return tmp_path


def test_the_record_is_read(old: Path) -> None:
    assert states.load(old) == State(
        old,
        "0123456789abcdef",
        UNTIL,
        ("account_id", "exchange_id"),
        (Part("exchanges-000001.parquet", "accounts-000001.parquet", 2, 7, "d", FIRST, LAST),),
        watched=Watched({"folder": {"a.jsonl": 7}}, {"folder": Reach(LAST)}, 2, 1, 3, 4),
    )


def test_what_is_published_is_what_is_loaded(old: Path) -> None:
    lineage = ("lineage-000001.parquet", "lineage_members-000001.parquet")
    for name in lineage:
        (old / name).touch()
    with states.opened(old) as state:
        assert not any((old / name).exists() for name in lineage), "no state named them yet"
        for name in lineage:
            (old / name).touch()
        states.publish(replace(state, lineage=lineage))
    assert states.load(old).lineage == lineage
    assert set(states.load(old).files) == {path.name for path in old.glob("*.parquet")}


@pytest.mark.parametrize("version", [1, 2, 99])
def test_a_state_of_another_version_is_refused(old: Path, version: int) -> None:
    (old / states.MARKER).write_text(json.dumps(RECORD | {"format": version}))
    with pytest.raises(InputError, match=r"another version's format, not 6.*add the logs to a new state"):
        states.load(old)


def test_a_missing_file_is_named(old: Path) -> None:
    (old / "accounts-000001.parquet").unlink()
    with pytest.raises(InputError, match=r"`.*accounts-000001\.parquet` is missing"):
        states.load(old)


def test_two_runs_never_use_one_state(old: Path) -> None:
    with states.opened(old), pytest.raises(OutputError, match="another run is using"), states.opened(old):
        pass


@pytest.mark.parametrize(
    ("lineage", "said"),
    [
        (["lineage-000001.parquet"], "its lineage is in 1 files"),
        ("lineage", "its lineage is in 7 files"),
        (["../lineage-000001.parquet", "lineage_members-000001.parquet"], "is no file of a state"),
        (["lineage-one.parquet", "lineage_members-000001.parquet"], "is no file of a state"),
        (["lineage-000001.parquet", "lineage_members-000001.parquet"], "is missing; restore it, or write `\\[\\]`"),
    ],
)
def test_a_lineage_that_no_state_has_is_told(old: Path, lineage: object, said: str) -> None:
    (old / states.MARKER).write_text(json.dumps({**RECORD, "lineage": lineage}))
    (old / "lineage-one.parquet").touch()
    with pytest.raises(InputError, match=said):
        states.load(old)
