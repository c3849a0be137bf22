"""A partial result is used exactly as long as its account's exchanges are the same, and a damaged file never."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from stillwatch.link import partials
from stillwatch.link.partials import Accounts, Chunk, UnusableError, current, write

IDS = ["", "a", "a'b", "Ω", "𝄞"]


def accounts(exchanges: list[int], digest: list[int], ids: list[str] = IDS) -> Accounts:
    return Accounts(pa.array(ids), np.array(exchanges, np.int64), np.array(digest, np.int64))


LOG = accounts([1, 2, 3, 4, 5], [11, 12, 13, 14, 15])


def written(folder: Path, log: Accounts, *indices: int, note: int = 0) -> Chunk:
    chosen = np.array(indices, np.int32)
    return write(folder, log, chosen, {"of": log.exchanges[chosen], "note": np.full(1000, note)})


def used(chunks: list[Chunk]) -> dict[int, int]:
    """The number of exchanges that a partial result was made of, by index of its account."""
    pairs = [(chunk.index.tolist(), chunk.read("of").tolist()) for chunk in chunks]
    found = [pair for index, of in pairs for pair in zip(index, of, strict=True) if pair[0] >= 0]
    assert len(dict(found)) == len(found), "no account has two"
    return dict(found)


def test_accounts_are_found_again_under_new_indices(tmp_path: Path) -> None:
    written(tmp_path, LOG, 0, 2, 3)
    now = accounts([9, 1, 3, 4, 5, 7], [9, 11, 13, 14, 15, 7], ["!", "", "a'b", "Ω", "𝄞", "𝄞𝄞"])
    assert used(current(tmp_path, now)) == {1: 1, 2: 3, 3: 4}


@pytest.mark.parametrize("change", ["exchanges", "digest", "gone"])
def test_an_account_that_changed_is_not_found(tmp_path: Path, change: str) -> None:
    written(tmp_path, LOG, 0, 1, 2, 3, 4)
    now = {
        "exchanges": accounts([1, 3, 3, 4, 5], [11, 12, 13, 14, 15]),
        "digest": accounts([1, 2, 3, 4, 5], [11, -12, 13, 14, 15]),
        "gone": accounts([1, 2, 3, 4, 5], [11, 12, 13, 14, 15], ["", "aa", *IDS[2:]]),
    }[change]
    assert used(current(tmp_path, now)) == {0: 1, 2: 3, 3: 4, 4: 5}


def test_an_account_that_changed_back_has_its_old_result(tmp_path: Path) -> None:
    written(tmp_path, LOG, 0, 1, 2, 3, 4)
    written(tmp_path, accounts([1, 9, 3, 4, 5], [11, 99, 13, 14, 15]), 1)
    assert used(current(tmp_path, LOG)) == {0: 1, 1: 2, 2: 3, 3: 4, 4: 5}


def test_of_two_chunks_with_one_account_one_is_used(tmp_path: Path) -> None:
    written(tmp_path, LOG, 0, 1, 4)
    written(tmp_path, LOG, 1, 2)
    assert used(current(tmp_path, LOG)) == {0: 1, 1: 2, 2: 3, 4: 5}


def test_files_without_use_are_removed_and_others_stay(tmp_path: Path) -> None:
    old = written(tmp_path, accounts([7, 7, 7, 7, 7], [1, 1, 1, 1, 1]), 0, 1)
    kept = written(tmp_path, LOG, 4)
    half = tmp_path / ".partials-000009.npz"
    half.write_bytes(kept.path.read_bytes())
    (tmp_path / "notes.txt").write_text("not ours")
    assert [chunk.path for chunk in current(tmp_path, LOG)] == [kept.path]
    assert not old.path.exists() and not half.exists() and (tmp_path / "notes.txt").exists()


def test_no_name_is_used_twice(tmp_path: Path) -> None:
    first, second = written(tmp_path, LOG, 0), written(tmp_path, LOG, 1)
    first.path.unlink()
    assert written(tmp_path, LOG, 2).path.name > second.path.name


def test_what_is_mostly_superseded_is_read_again(tmp_path: Path) -> None:
    crumbs = written(tmp_path, accounts([9, 9, 9, 9, 5], [1, 1, 1, 1, 15]), 0, 1, 2, 3, 4)
    whole = written(tmp_path, LOG, 2, 3)
    assert used(current(tmp_path, LOG)) == {2: 3, 3: 4}
    assert whole.path.exists() and not crumbs.path.exists()


def test_other_code_uses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, LOG, 0, 1, 2)
    monkeypatch.setattr(partials, "made_by", lambda: "another version")
    assert current(tmp_path, LOG) == [] and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keep", [0, 3, 100, 0.5, 0.9, -1])
def test_a_truncated_file_is_removed(tmp_path: Path, keep: float) -> None:
    path = written(tmp_path, LOG, 0, 1, 2).path
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep * len(whole)) if isinstance(keep, float) else keep])
    assert current(tmp_path, LOG) == []
    assert not path.exists()


def test_a_changed_byte_is_noticed_wherever_it_is(tmp_path: Path) -> None:
    whole = written(tmp_path, LOG, 0, 1, 2, note=1).path.read_bytes()
    noticed = 0
    for place in range(0, len(whole), 97):
        path = tmp_path / "partials-000001.npz"
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        try:
            found = current(tmp_path, LOG)
            read = [(chunk.read("of").tolist(), chunk.read("note").tolist()) for chunk in found]
        except UnusableError:
            noticed += not path.exists()
            continue
        noticed += not found
        assert read in ([], [([1, 2, 3], [1] * 1000)])
    assert noticed > 0.8 * len(range(0, len(whole), 97))


def test_a_full_disk_is_an_error_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(partials.OutputError, match=r"No space left.*free space"):
        written(tmp_path, LOG, 0)
    assert list(tmp_path.iterdir()) == []
