"""A folder is looked at cheaply, and no name in it stops the look at the others."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from stillwatch.sources import listing
from stillwatch.sources.listing import Listing


def looked(one: Listing) -> list[str]:
    return sorted(one.look().changed)


def troubles(one: Listing) -> list[str]:
    return sorted(map(str, one.look().troubles))


def age(path: Path, seconds: int = 10_000) -> None:
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - seconds * 10**9))


def test_only_what_changed_is_named(logs: Path) -> None:
    one = Listing(str(logs))
    (logs / "a").write_text("1")
    (logs / "b").write_text("1")
    assert looked(one) == ["a", "b"]
    assert looked(one) == []
    (logs / "a").write_text("12")
    (logs / "c").write_text("1")
    (logs / "b").unlink()
    changes = one.look()
    assert (sorted(changes.changed), list(changes.vanished)) == (["a", "c"], ["b"])


def test_a_replaced_file_is_named(logs: Path) -> None:
    one = Listing(str(logs))
    (logs / "a").write_text("1")
    one.look()
    (logs / ".new").write_text("1")
    (logs / ".new").rename(logs / "a")
    changes = one.look()
    assert (list(changes.changed), [path for path, _ in changes.replaced]) == (["a"], ["a"])


def test_a_quiet_folder_is_not_listed_again(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Listing(str(logs))
    (logs / "inside").mkdir()
    (logs / "inside" / "a").write_text("1")
    age(logs / "inside"), age(logs)
    assert looked(one) == ["inside/a"]
    listed: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (listed.append(str(path)), scandir(path))[1])
    assert looked(one) == []
    assert listed == []
    (logs / "inside" / "b").write_text("1")
    assert looked(one) == ["inside/b"]
    assert listed == [str(logs / "inside")]


def test_a_folder_that_changed_just_now_is_listed_again(logs: Path) -> None:
    one = Listing(str(logs))
    (logs / "a").write_text("1")
    one.look()
    before = logs.stat()
    (logs / "b").write_text("1")
    os.utime(logs, ns=(before.st_atime_ns, before.st_mtime_ns))  # within one step of a coarse clock
    assert looked(one) == ["b"]


def test_old_files_are_looked_at_in_turn(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_HOT_SECONDS", -1)
    monkeypatch.setattr(listing, "_COLD_AT_ONCE", 2)
    one = Listing(str(logs))
    for name in "abcdef":
        (logs / name).write_text("1")
    one.look()
    for name in "abcdef":
        (logs / name).write_text("12")
    assert sorted(name for _ in range(3) for name in one.look().changed) == list("abcdef")


class TestHostileNames:
    def test_are_told_of_once(self, logs: Path) -> None:
        (logs / "outside").symlink_to("/etc/passwd")
        (logs / "up").symlink_to("..")
        (logs / "loop").symlink_to(logs / "loop")
        (logs / "inside").symlink_to(logs / "a")
        os.mkfifo(logs / "pipe")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.relpath(logs / "socket"))
        (logs / "a").write_text("1")
        one = Listing(str(logs))
        assert troubles(one) == [
            "`outside`: is a link that leaves the folder and is not followed",
            "`pipe`: is neither a file nor a folder and is not read",
            "`socket`: is neither a file nor a folder and is not read",
            "`up`: is a link that leaves the folder and is not followed",
        ]
        assert troubles(one) == []
        assert list(one.files) == ["a"]

    def test_are_read_however_strange(self, logs: Path) -> None:
        strange = [b"\xff\xfe", b"a\nb", b"\x1b[31m", "🦆".encode(), b"x" * 255, b"-rf", b"$(reboot)", b" "]
        for name in strange:
            (logs / os.fsdecode(name)).write_text("1")
        assert looked(Listing(str(logs))) == sorted(map(os.fsdecode, strange))

    def test_hidden_ones_are_passed_over(self, logs: Path) -> None:
        for name in (".a", "_SUCCESS"):
            (logs / name).write_text("1")
        (logs / ".git").mkdir()
        (logs / ".git" / "a").write_text("1")
        assert looked(Listing(str(logs))) == []

    def test_folders_may_be_deep_but_not_without_end(self, logs: Path) -> None:
        deep = logs
        for _ in range(listing._DEEPEST + 2):
            deep = deep / "d"
            deep.mkdir()
            (deep / "a").write_text("1")
        one = Listing(str(logs))
        [trouble] = one.look().troubles
        assert trouble.what == f"lies more than {listing._DEEPEST} folders deep and is not read"
        assert len(one.files) == listing._DEEPEST


def test_a_folder_that_cannot_be_listed_keeps_what_it_had(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (logs / "inside").mkdir()
    (logs / "inside" / "a").write_text("1")
    (logs / "b").write_text("1")
    one = Listing(str(logs))
    one.look()
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("inside"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    changes = one.look()
    assert list(map(str, changes.troubles)) == ["`inside`: cannot be listed: Permission denied"]
    assert (changes.vanished, sorted(one.files)) == ({}, ["b", "inside/a"])


def test_a_folder_that_is_away_keeps_what_it_had(logs: Path) -> None:
    (logs / "a").write_text("1")
    one = Listing(str(logs))
    one.look()
    logs.rename(logs.parent / "away")
    changes = one.look()
    assert (changes.vanished, list(one.files), changes.complete) == ({}, ["a"], False)
    assert list(map(str, changes.troubles)) == [f"`{logs}`: is not there any more"]
    (logs.parent / "away").rename(logs)
    assert looked(one) == []
