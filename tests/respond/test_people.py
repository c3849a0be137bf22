"""Account records and permits are read from plain files, and an organisation is only believed of its own accounts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.job import Inputs, resolve
from stillwatch.respond.people import People
from stillwatch.watch.beside import Beside
from tests.respond.runs import DAY, NOW


def beside(folder: Path, **named: object) -> Beside:
    """The tables of these files, read and checked as by a scan."""
    inputs = Inputs(**{name: (str(path),) for name, path in named.items()})
    return Beside(inputs, resolve(inputs), folder.parent / f"{folder.name}-checked")


def test_nothing_named_is_nothing_known() -> None:
    assert People.of(None, None) == People(None, None, None)
    assert People().permitted(NOW) == frozenset()


def test_permits_hold_in_their_time(tmp_path: Path) -> None:
    path = tmp_path / "permits.csv"
    path.write_text(
        "permit_id,holder,purpose,valid_from,valid_until\n1,a,research,,\n2,b,research,2026-06-01T12:00:00,\n"
        "3,c,research,,2026-06-01T12:00:00\n"
    )
    people = People.of(None, beside(tmp_path, permits=path).permits())
    assert people.permitted(NOW) == {"a", "b"}
    assert people.permitted(NOW - timedelta(seconds=1)) == {"a", "c"}


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_all_kinds_of_files_say_the_same(tmp_path: Path, suffix: str) -> None:
    table = pa.table({"account_id": ["a", "b"], "organisation_id": ["o", None], "verification": ["card", "card"]})
    path = tmp_path / f"accounts.{suffix}"
    if suffix == "parquet":
        pq.write_table(table, path)
    elif suffix == "csv":
        path.write_text("account_id,organisation_id,verification\na,o,card\nb,,card\n")
    else:
        path.write_text('{"account_id":"a","organisation_id":"o","verification":"card"}\n{"account_id":"b"}\n')
    for named in (str(path), str(tmp_path), str(tmp_path / "acc*")):
        found = People.of(beside(tmp_path, accounts=named).accounts(), None)
        assert (found.total, found.organisation_of) == (2, {"a": "o"})


def test_an_organisation_under_contract_has_no_other_accounts() -> None:
    rows = [("a", "o1", "contract"), ("b", "o1", "none"), ("c", "o2", "none"), ("d", None, "none")]
    table = pa.Table.from_pylist([{"account_id": a, "organisation_id": o, "verification": v} for a, o, v in rows])
    assert People.of(table, None).organisation_of == {"a": "o1", "c": "o2"}


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_ids_are_texts_whatever_they_look_like(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"permits.{suffix}"
    if suffix == "csv":
        path.write_text(
            "permit_id,holder,purpose,valid_until\n1,0042,research,2026-06-02\n2,NA,research,2026-06-02\n3,1e5,research,2026-06-02\n"
        )
    else:
        path.write_text(
            '{"permit_id":1,"holder":"0042","purpose":"research"}\n{"permit_id":2,"holder":"NA","purpose":"research"}\n{"permit_id":3,"holder":"1e5","purpose":"research"}\n'
        )
    assert People.of(None, beside(tmp_path, permits=path).permits()).permitted(NOW) == {"0042", "NA", "1e5"}


def test_a_permit_ends_at_its_end() -> None:
    permit = {"holder": "a", "valid_from": NOW - DAY, "valid_until": NOW}
    assert People(permits=(permit,)).permitted(NOW - DAY) == {"a"}
    assert People(permits=(permit,)).permitted(NOW) == frozenset()
