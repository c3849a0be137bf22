"""What is kept of people goes when its time is over, and the ledger proves what went without holding any of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from stillwatch.errors import InputError, OutputError
from stillwatch.ledger import opened
from stillwatch.ledger.ledger import Ledger
from stillwatch.runs import retention
from stillwatch.runs.retention import Keeper
from stillwatch.screening import kept as screening

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAYS = {"records": 730, "screening": 90}
PEOPLE = [{"account_id": f"a{n}", "name": f"Ann Example {n}"} for n in range(3)]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(tmp_path, create=True) as found:
        yield found


def digests(ledger: Ledger, name: str) -> list[tuple[str, str]]:
    """What was done and the digest, of each row of the audit log about a file, oldest first."""
    rows = [re.fullmatch(r"(.*), sha256 (\w{64})", one.action) for one in ledger.views.list(name)]
    return [(found[1], found[2]) for found in reversed(rows) if found is not None]


def test_just_what_was_kept_is_proved_to_be_deleted(tmp_path: Path, ledger: Ledger) -> None:
    path = Keeper(tmp_path, ledger, "ann", NOW).keep("C1", PEOPLE)
    whole = path.read_bytes()
    assert path.parent.stat().st_mode & 0o077 == 0
    assert Keeper(tmp_path, ledger, "timer", NOW + timedelta(days=729)).expire(DAYS) == []
    (gone,) = Keeper(tmp_path, ledger, "timer", NOW + timedelta(days=731)).expire(DAYS)
    assert (gone.name, gone.rows, gone.gone_rows, gone.gone_sha256) == (
        "records/C1.jsonl",
        0,
        3,
        sha256(whole).hexdigest(),
    )
    assert not path.exists()
    done = digests(ledger, "records/C1.jsonl")
    assert [what for what, _ in done] == ["kept 3 rows", "expired: deleted 3 rows"]
    assert done[0][1] == done[1][1]
    ledger.check()


def test_the_ledger_holds_nothing_of_what_was_deleted(tmp_path: Path, ledger: Ledger) -> None:
    Keeper(tmp_path, ledger, "ann", NOW).keep("C1", PEOPLE)
    Keeper(tmp_path, ledger, "ann", NOW).delete_case("C1")
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"Example" not in everything
    with pytest.raises(InputError, match="no records"):
        Keeper(tmp_path, ledger, "ann", NOW).delete_case("C1")
    for strange in ("../ledger", "C1.jsonl", ""):
        with pytest.raises(InputError, match="no records"):
            Keeper(tmp_path, ledger, "ann", NOW).delete_case(strange)


def test_keeping_a_case_anew_deletes_its_earlier_records(tmp_path: Path, ledger: Ledger) -> None:
    Keeper(tmp_path, ledger, "ann", NOW).keep("C1", PEOPLE)
    Keeper(tmp_path, ledger, "ann", NOW + timedelta(days=1)).keep("C1", PEOPLE[:1])
    assert [what for what, _ in digests(ledger, "records/C1.jsonl")] == [
        "kept 3 rows", "replaced: deleted 3 rows", "kept 1 rows",
    ]  # fmt: skip
    assert [(one.rows, one.oldest) for one in retention.kept(tmp_path)] == [(1, NOW + timedelta(days=1))]


def test_old_matches_go_and_new_ones_stay(tmp_path: Path, ledger: Ledger) -> None:
    times = [NOW - timedelta(days=days) for days in (400, 91, 89, 1)]
    screening.add_arrivals(tmp_path, [{"match_id": str(n), "at": at.isoformat()} for n, at in enumerate(times)])
    with (tmp_path / "screening" / "arrivals.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"name": "half a li\n')  # nobody can say how old it is
    (gone,) = Keeper(tmp_path, ledger, "timer", NOW).expire(DAYS)
    assert (gone.rows, gone.gone_rows) == (2, 3)
    left = (tmp_path / "screening" / "arrivals.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["match_id"] for line in left] == ["2", "3"]


def test_a_sign_up_that_comes_meanwhile_is_not_lost(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {"match_id": "old", "at": (NOW - timedelta(days=400)).isoformat()}
    screening.add_arrivals(tmp_path, [old])
    plain, late = Keeper._note, [{"match_id": "late", "at": NOW.isoformat()}]

    def noting(*words: object) -> None:
        plain(*words)  # type: ignore[arg-type]
        if late:
            screening.add_arrivals(tmp_path, [late.pop()])

    monkeypatch.setattr(Keeper, "_note", noting)
    (gone,) = Keeper(tmp_path, ledger, "timer", NOW).expire(DAYS)
    assert (gone.rows, gone.gone_rows) == (1, 1)
    assert "late" in (tmp_path / "screening" / "arrivals.jsonl").read_text(encoding="utf-8")


def test_no_sign_up_is_lost_among_many_that_come_while_old_ones_go(tmp_path: Path, ledger: Ledger) -> None:
    old, new = (NOW - timedelta(days=400)).isoformat(), NOW.isoformat()

    def come(name: str) -> None:
        for number in range(60):
            rows = [{"match_id": f"{name}{number}", "at": new}, {"match_id": "old", "at": old}]
            screening.add_arrivals(tmp_path, rows)

    with ThreadPoolExecutor(4) as several:
        coming = [several.submit(come, name) for name in "abcd"]
        while not all(one.done() for one in coming):
            with suppress(OutputError):  # it changes all the time
                Keeper(tmp_path, ledger, "timer", NOW).expire(DAYS)
    for one in coming:
        one.result()
    lines = (tmp_path / "screening" / "arrivals.jsonl").read_text(encoding="utf-8").splitlines()
    found = Counter(json.loads(line)["match_id"] for line in lines)
    assert {name: count for name, count in found.items() if name != "old"} == {
        f"{name}{number}": 1 for name in "abcd" for number in range(60)
    }


def test_a_deletion_that_fails_has_its_row_and_is_done_again(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Keeper(tmp_path, ledger, "ann", NOW).keep("C1", PEOPLE)
    with monkeypatch.context() as patched:
        patched.setattr(retention, "_rewrite", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            Keeper(tmp_path, ledger, "ann", NOW).delete_case("C1")
    assert path.exists()
    Keeper(tmp_path, ledger, "ann", NOW).delete_case("C1")
    assert not path.exists()
    assert len({digest for _, digest in digests(ledger, "records/C1.jsonl")}) == 1
