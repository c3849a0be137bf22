"""A folder appears whole or not at all, and what dead processes left is swept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stillwatch.disk import hidden, sweep
from stillwatch.errors import OutputError
from stillwatch.runs import folder


def fill(out: Path, text: str) -> None:
    with folder.published(out) as staged:
        (staged / folder.MARKER).write_text(text)


def dead_pid() -> int:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    return gone.pid


def left_by(pid: int, parent: Path, purpose: str) -> Path:
    mine = hidden(parent, purpose)
    return mine.rename(mine.with_name(mine.name.replace(str(os.getpid()), str(pid), 1)))


@pytest.mark.parametrize("atomic", [True, False])
def test_publishing_replaces_the_whole_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, atomic: bool) -> None:
    if not atomic:
        monkeypatch.setattr(folder, "_exchange", lambda one, other: False)
    out = tmp_path / "deep" / "run"
    fill(out, "first")
    (out / "old").touch()
    fill(out, "second")
    assert [path.name for path in out.iterdir()] == [folder.MARKER]
    assert (out / folder.MARKER).read_text() == "second"
    assert list(out.parent.iterdir()) == [out]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    fill(tmp_path / "run", "first")
    with pytest.raises(ValueError, match="half way"), folder.published(tmp_path / "run") as staged:
        (staged / "half").touch()
        raise ValueError("half way")
    assert (tmp_path / "run" / folder.MARKER).read_text() == "first"
    assert list(tmp_path.iterdir()) == [tmp_path / "run"]


def test_a_link_keeps_pointing_at_the_new_folder(tmp_path: Path) -> None:
    fill(tmp_path / "real", "first")
    (tmp_path / "latest").symlink_to("real")
    fill(tmp_path / "latest", "second")
    assert (tmp_path / "latest").is_symlink()
    assert (tmp_path / "real" / folder.MARKER).read_text() == "second"


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_folder_and_its_files_have_the_rights_that_the_umask_leaves(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with folder.published(tmp_path / "run") as staged:
            assert staged.parent.stat().st_mode & 0o777 == 0o700, "nobody sees what is half written"
            (staged / folder.MARKER).write_text("first")
            pq.write_table(pa.table({"x": [1]}), staged / "x.parquet")
    finally:
        os.umask(before)
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o777 & ~umask
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "run").iterdir()} == {0o666 & ~umask}


@pytest.mark.parametrize("atomic", [True, False])
def test_a_folder_keeps_the_rights_that_it_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, atomic: bool) -> None:
    if not atomic:
        monkeypatch.setattr(folder, "_exchange", lambda one, other: False)
    fill(tmp_path / "run", "first")
    (tmp_path / "run").chmod(0o750)
    fill(tmp_path / "run", "second")
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o750


def test_disk_errors_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="free space"), folder.published(tmp_path / "run"):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_sweep_removes_what_the_dead_left_and_nothing_else(tmp_path: Path) -> None:
    mine = hidden(tmp_path, "engine")
    dead = left_by(dead_pid(), tmp_path, "engine")
    elsewhere = dead.with_name(dead.name.replace("@", "@other_"))
    elsewhere.mkdir()
    foreign = tmp_path / ".stillwatch-notes"
    foreign.mkdir()
    sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([mine, elsewhere, foreign])


@pytest.mark.parametrize("present", [True, False])
def test_sweep_puts_back_an_output_that_was_moved_aside(tmp_path: Path, present: bool) -> None:
    fill(tmp_path / "aside" / "run", "old")
    aside = left_by(dead_pid(), tmp_path, "aside")
    (tmp_path / "aside" / "run").rename(aside / "run")
    if present:
        fill(tmp_path / "run", "new")
    sweep(tmp_path)
    assert (tmp_path / "run" / folder.MARKER).read_text() == ("new" if present else "old")
    assert not aside.exists()


def test_what_may_not_be_replaced(tmp_path: Path) -> None:
    fill(tmp_path / "run", "a run")
    (tmp_path / "empty").mkdir()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.png").touch()
    (tmp_path / "broken").symlink_to("nowhere")
    verdicts = {
        name: bool(folder.refusal(tmp_path / name))
        for name in ("run", "empty", "new", "new/deep", "photos", "photos/cat.png", "photos/cat.png/run", "broken")
    }
    refused = {name for name, refusal in verdicts.items() if refusal}
    assert refused == {"photos", "photos/cat.png", "photos/cat.png/run", "broken"}
