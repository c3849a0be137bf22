"""What was acknowledged is on the disk, and a request that is sent again is kept once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from stillwatch.errors import OutputError
from stillwatch.sources import inbox as module
from stillwatch.sources.inbox import JSON, PROTOBUF, Inbox


def lines(one: Inbox) -> list[bytes]:
    return [line for path in sorted(one.folder.glob("g-*/requests.*")) for line in path.read_bytes().splitlines()]


def names(one: Inbox) -> list[str]:
    return [path.name for path in one.groups()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "inbox"


def test_the_same_request_is_kept_once(folder: Path) -> None:
    one = Inbox(folder)
    for _ in range(3):
        one.keep(JSON, b"{}").result(10)
    one.keep(PROTOBUF, b"{}").result(10)
    assert (one.repeated, len(one.groups())) == (2, 2)
    one.close()


def test_also_after_a_start_and_after_it_was_read(folder: Path) -> None:
    one = Inbox(folder)
    one.keep(JSON, b"{}").result(10)
    one.close()
    again = Inbox(folder)
    again.keep(JSON, b"{}").result(10)
    assert (again.repeated, lines(again)) == (1, [b"{}"])
    again.forget(names(again))
    assert lines(again) == []
    again.close()
    third = Inbox(folder)
    third.keep(JSON, b"{}").result(10)
    assert (third.repeated, lines(third)) == (1, [])
    third.close()


def test_many_at_once_share_a_flush(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Inbox(folder)
    entered, go_on = threading.Event(), threading.Event()
    put = module._put

    def slow(path: Path, data: bytes) -> None:
        entered.set()
        assert go_on.wait(10)
        put(path, data)

    monkeypatch.setattr(module, "_put", slow)
    first = one.keep(JSON, b"0")
    assert entered.wait(10)
    waiting = [one.keep(JSON, b"%d" % number) for number in range(1, 50)]
    assert not any(future.done() for future in (first, *waiting))
    go_on.set()
    for future in (first, *waiting):
        future.result(10)
    assert len(one.groups()) == 2
    assert sorted(lines(one), key=int) == [b"%d" % number for number in range(50)]
    one.close()


def test_old_digests_are_forgotten(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Inbox(folder)
    one.keep(JSON, b"{}").result(10)
    one.forget(names(one))
    assert [path.name[:7] for path in folder.iterdir()] == ["recent-"]
    now = module.time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + 10_000)
    one.forget([])
    assert list(folder.iterdir()) == []
    one.close()


def test_half_a_digest_that_a_kill_left_is_passed_over(folder: Path) -> None:
    folder.mkdir()
    (folder / "recent-000000000001").write_bytes(b"x" * 21)
    one = Inbox(folder)
    assert list(one._recent) == [b"x" * 16]
    one.close()


def test_forgetting_twice_does_no_harm(folder: Path) -> None:
    one = Inbox(folder)
    one.keep(JSON, b"{}").result(10)
    found = names(one)
    one.forget(found)
    one.forget(found)
    assert one.groups() == []
    one.close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="free space"):
        Inbox(tmp_path / "file" / "inbox")
