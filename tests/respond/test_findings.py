"""A run says of each account its own levels; a join adds to it and never takes anything away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from stillwatch.errors import InputError
from stillwatch.respond.findings import Found, found_in
from tests.respond.runs import NOW, Seen, written


def joins(*rows: tuple[str, str, str | None, str | None]) -> pa.Table:
    names = ("account_id", "network_id", "campaign_id", "level")
    return pa.Table.from_pylist([{**dict(zip(names, row, strict=True)), "bits": 9.0, "linked_at": NOW} for row in rows])


def levels(found: Found) -> dict[str, list[tuple[str, str]]]:
    return {account: [(one.subject, one.level) for one in mine] for account, mine in sorted(found.of.items())}


def test_the_strongest_comes_first(tmp_path: Path) -> None:
    seen = [Seen("a", "watch"), Seen("a", "act", "C2", "N2"), Seen("b", None)]
    found = found_in(written(tmp_path, seen, kinds={"N2": "relay"}))
    assert levels(found) == {"a": [("C2", "act"), ("C1", "watch")], "b": [("N1", "none")]}
    assert found.newest == NOW
    assert [(one.network_id, one.network_kind) for one in found.of["a"]] == [("N2", "relay"), ("N1", "fraud_ring")]


def test_joins_add_and_take_nothing_away(tmp_path: Path) -> None:
    run = written(tmp_path, [Seen("a", "act"), Seen("b", None)])
    said = joins(("a", "N1", "C1", "watch"), ("b", "N1", "C1", "act"), ("c", "N1", None, None), ("d", "N1", "C1", None))
    assert levels(found_in(run, said)) == {
        "a": [("C1", "act")],
        "b": [("C1", "act")],
        "c": [("N1", "none")],
        "d": [("N1", "none")],
    }


def test_what_the_run_read_is_known(tmp_path: Path) -> None:
    inputs: list[dict[str, Any]] = [
        {"feeds": "accounts", "rows_used": 7},
        {"feeds": "accounts", "rows_used": 5},
        {"feeds": "permits", "source": "p.csv", "rows_used": 1},
    ]
    found = found_in(written(tmp_path, [Seen("a")], inputs=inputs))
    assert (found.accounts_read, found.read_permits) == (12, ("p.csv",))


def test_tables_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    run = written(tmp_path / "run", [Seen("a")])
    written(tmp_path / "other", [Seen("a", network="N7", campaign="C7")])
    (tmp_path / "other" / "campaigns.parquet").replace(run / "campaigns.parquet")
    with pytest.raises(InputError, match="is not as this version writes a run"):
        found_in(run)


@pytest.mark.parametrize("text", ["", "[]", "no"])
def test_a_folder_that_is_no_run_is_named(tmp_path: Path, text: str) -> None:
    run = written(tmp_path / "run", [Seen("a")])
    (run / "run.json").write_text(text)
    with pytest.raises(InputError, match=r"run\.json` cannot be read"):
        found_in(run)
    with pytest.raises(InputError, match=r"run\.json` cannot be read"):
        found_in(tmp_path)
