"""Account records and permits are read from plain files, and an organisation is only believed of its own accounts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.errors import InputError, UsageError
from stillwatch.respond.people import People, read_table
from tests.respond.runs import DAY, NOW


def test_nothing_named_is_nothing_known() -> None:
    assert People.of(None, None) == People(None, None, None)
    assert People().permitted(NOW) == frozenset()


def test_permits_hold_in_their_time(tmp_path: Path) -> None:
    path = tmp_path / "permits.csv"
    path.write_text(
        "permit_id,holder,purpose,valid_from,valid_until\n1,a,research,,\n2,b,research,2026-06-01T12:00:00,\n"
        "3,c,research,,2026-06-01T12:00:00\n"
    )
    table = read_table([str(path)], "--permits", ["permit_id", "holder"], ["valid_from", "valid_until"])
    people = People.of(None, table)
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
        found = People.of(read_table([named], "--accounts", ["account_id"]), None)
        assert (found.total, found.organisation_of) == (2, {"a": "o"})


def test_an_organisation_under_contract_has_no_other_accounts() -> None:
    rows = [("a", "o1", "contract"), ("b", "o1", "none"), ("c", "o2", "none"), ("d", None, "none")]
    table = pa.Table.from_pylist([{"account_id": a, "organisation_id": o, "verification": v} for a, o, v in rows])
    assert People.of(table, None).organisation_of == {"a": "o1", "c": "o2"}


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_ids_are_texts_whatever_they_look_like(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"permits.{suffix}"
    if suffix == "csv":
        path.write_text("permit_id,holder,valid_until\n1,0042,2026-06-02\n2,NA,2026-06-02\n3,1e5,2026-06-02\n")
    else:
        path.write_text(
            '{"permit_id":1,"holder":"0042"}\n{"permit_id":2,"holder":"NA"}\n{"permit_id":3,"holder":"1e5"}\n'
        )
    table = read_table([str(path)], "--permits", ["permit_id", "holder"], ["valid_until"])
    assert People.of(None, table).permitted(NOW) == {"0042", "NA", "1e5"}


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    (tmp_path / "other.csv").write_text("name\nx\n")
    (tmp_path / "when.csv").write_text("permit_id,holder,valid_from\n1,a,soon\n")
    with pytest.raises(InputError, match=r"bad\.parquet` cannot be read"):
        read_table([str(tmp_path / "bad.parquet")], "--accounts", ["account_id"])
    with pytest.raises(UsageError, match="has no column `account_id`"):
        read_table([str(tmp_path / "other.csv")], "--accounts", ["account_id"])
    with pytest.raises(UsageError, match="names no file that can be read"):
        read_table([str(tmp_path / "none.csv")], "--accounts", ["account_id"])
    with pytest.raises(InputError, match="has times in `valid_from` that cannot be read"):
        read_table([str(tmp_path / "when.csv")], "--permits", ["holder"], ["valid_from"])


def test_a_permit_ends_at_its_end() -> None:
    permit = {"holder": "a", "valid_from": NOW - DAY, "valid_until": NOW}
    assert People(permits=(permit,)).permitted(NOW - DAY) == {"a"}
    assert People(permits=(permit,)).permitted(NOW) == frozenset()
