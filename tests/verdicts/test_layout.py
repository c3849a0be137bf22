"""An account is compared in full, whatever its hash; what does not fit into a record is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.errors import InputError
from stillwatch.verdicts import Reader, Verdict, layout, reader, write, writer
from tests.verdicts.records import NOW, effect, suspended


def test_accounts_of_one_hash_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (reader, writer):
        monkeypatch.setattr(module, "hashing", lambda key: lambda account: 5)
    write(tmp_path, [suspended(f"a{one}", f"d{one}") for one in range(20)], NOW)
    found = Reader(tmp_path)
    for one in range(20):
        verdict = found.find(f"a{one}", NOW)
        assert verdict is not None
        assert verdict.effects[0].decision_id == f"d{one}"
    for stranger in ("a", "a20", "a1 ", "A1", "", "a1\0"):
        assert found.find(stranger, NOW) is None


def test_each_snapshot_hashes_by_a_key_of_its_own(tmp_path: Path) -> None:
    keys = []
    for _ in range(2):
        write(tmp_path, [suspended("a")], NOW)
        (path,) = tmp_path.glob("*.verdicts")
        keys.append(layout.read_header(path.read_bytes(), path.stat().st_size)[0].key)
    assert keys[0] != keys[1]


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict("a", "act", "n" * 70_000),
        Verdict("a", "act", effects=(effect(appeal="x" * 70_000),)),
        Verdict("a", "act", effects=(effect(),) * 256),
    ],
)
def test_what_does_not_fit_is_refused(verdict: Verdict) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        layout.to_record(verdict)


def test_a_header_that_contradicts_itself_is_refused() -> None:
    raw = layout.Header(b"k" * 16, 0, 1, 2**40, 0, 500).packed(b"")
    with pytest.raises(InputError, match="contradicts itself"):
        layout.read_header(raw, 500)
