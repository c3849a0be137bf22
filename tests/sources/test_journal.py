"""A journal gives back what any of its offsets named, and nothing of what came later."""

from __future__ import annotations

from pathlib import Path

import pytest

from stillwatch.errors import InputError, OutputError
from stillwatch.sources import Offset, journal
from stillwatch.sources.journal import Journal, Known


def put(one: Journal, path: str, key: int | None = None, taken: int = 0) -> set[int]:
    key = one.new_key() if key is None else key
    one.known[key] = Known(key, path, 1, key, 10, 5, taken, 7, "head", "lines")
    return {key}


def loaded(folder: Path, offset: Offset | None) -> dict[str, int]:
    one = Journal("logs", folder)
    one.load(offset)
    return {known.path: known.taken for known in one.known.values()}


@pytest.fixture
def one(tmp_path: Path) -> Journal:
    made = Journal("logs", tmp_path)
    made.load(None)
    return made


def test_a_later_start_knows_what_was_known(one: Journal, tmp_path: Path) -> None:
    one.write(put(one, "a"))
    offset = one.write(put(one, "b\udcff\n") | put(one, "a", 1, taken=9))
    assert loaded(tmp_path, offset) == {"a": 9, "b\udcff\n": 0}


def test_what_was_not_committed_is_forgotten(one: Journal, tmp_path: Path) -> None:
    offset = one.write(put(one, "a"))
    one.write(put(one, "b"))
    assert loaded(tmp_path, offset) == {"a": 0}
    again = Journal("logs", tmp_path)
    again.load(offset)
    later = again.write(put(again, "c"))
    assert loaded(tmp_path, later) == {"a": 0, "c": 0}
    assert loaded(tmp_path, None) == {}


def test_forgotten_files_stay_forgotten(one: Journal, tmp_path: Path) -> None:
    keys = put(one, "a") | put(one, "b")
    one.write(keys)
    del one.known[1]
    assert loaded(tmp_path, one.write([1])) == {"b": 0}


def test_keys_are_not_given_twice(one: Journal, tmp_path: Path) -> None:
    offset = one.write(put(one, "a"))
    again = Journal("logs", tmp_path)
    again.load(offset)
    assert again.new_key() == 2


def test_a_long_journal_is_written_anew(one: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_LARGE", 2_000)
    keys = put(one, "a")
    before = one.write(keys)
    offset = before
    for number in range(100):
        before, offset = offset, one.write(put(one, "a", 1, taken=number))
    assert offset["journal"] != 1
    assert loaded(tmp_path, before) == {"a": 98}
    one.forget_others()
    [left] = tmp_path.glob("*.journal")
    assert left.stat().st_size <= 2_100


def test_the_journal_before_stays_until_the_new_one_is_committed(
    one: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = one.write(put(one, "a"))
    monkeypatch.setattr(journal, "_LARGE", 0)
    monkeypatch.setattr(journal, "_ENTRY", 0)
    one.write(put(one, "b"))
    assert len(list(tmp_path.glob("*.journal"))) == 2
    assert loaded(tmp_path, before) == {"a": 0}


def test_a_changed_journal_is_refused(one: Journal, tmp_path: Path) -> None:
    offset = one.write(put(one, "a"))
    [path] = tmp_path.glob("*.journal")
    path.write_bytes(path.read_bytes().replace(b'"a"', b'"b"'))
    with pytest.raises(InputError, match=r"the offset of `logs` in the state cannot be used: .* is damaged"):
        loaded(tmp_path, offset)


def test_a_failed_write_can_be_repeated(one: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one.write(put(one, "a"))
    keys = put(one, "b")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(journal.os, "fsync", full)
        with pytest.raises(OutputError, match="free space"):
            one.write(keys)
    assert loaded(tmp_path, one.write(keys)) == {"a": 0, "b": 0}
