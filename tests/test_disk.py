"""A file appears whole or not at all, with the rights that it should have, and nothing stays beside it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.disk import private, replaced, sweep
from stillwatch.errors import OutputError

KILLED = """
import os, signal, sys
from pathlib import Path
from stillwatch.disk import replaced
with replaced(Path(sys.argv[1]), "--out") as file:
    file.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(params=[0o022, 0o077, 0o002])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def fill(path: Path, text: str) -> None:
    with replaced(path, "--out") as file:
        file.write_text(text)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_rights_that_the_umask_leaves(tmp_path: Path, umask: int) -> None:
    fill(tmp_path / "new", "whole")
    assert rights(tmp_path / "new") == 0o666 & ~umask


def test_a_file_keeps_the_rights_that_it_had(tmp_path: Path, umask: int) -> None:
    (tmp_path / "old").touch()
    (tmp_path / "old").chmod(0o640)
    fill(tmp_path / "old", "whole")
    assert (rights(tmp_path / "old"), (tmp_path / "old").read_text()) == (0o640, "whole")


def test_a_failure_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    fill(tmp_path / "file", "first")
    with pytest.raises(OutputError, match="free space or name another `--out`"), replaced(tmp_path / "file", "--out"):
        raise OSError(28, "No space left on device")
    with pytest.raises(ValueError, match="half way"), replaced(tmp_path / "file", "--out") as file:
        file.write_text("half")
        raise ValueError("half way")
    assert (tmp_path / "file").read_text() == "first"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_killed_process_leaves_the_file_and_the_next_sweeps_up(tmp_path: Path) -> None:
    fill(tmp_path / "file", "first")
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path / "file"], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "file").read_text() == "first"
    assert len(list(tmp_path.iterdir())) == 2
    fill(tmp_path / "file", "second")
    assert (tmp_path / "file").read_text() == "second"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder", "folder`: Is a directory; name another `--out`; what"),
        ("nowhere/file", "there is no folder `.*nowhere`; make it or name another `--out`$"),
        ("file/below", "below`: .*; name another `--out`; what"),
    ],
)
def test_what_cannot_be_a_file_is_said_and_left(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=said) as found:
        fill(tmp_path / name, "whole")
    assert "free space" not in str(found.value)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


def test_a_link_goes_on_pointing_at_the_new_file(tmp_path: Path) -> None:
    fill(tmp_path / "real", "first")
    (tmp_path / "latest").symlink_to("real")
    fill(tmp_path / "latest", "second")
    assert (tmp_path / "latest").is_symlink()
    assert (tmp_path / "real").read_text() == "second"


def test_a_pipe_is_written_and_stays_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append((tmp_path / "pipe").read_text()))
    reader.start()
    fill(tmp_path / "pipe", "whole")
    reader.join()
    assert heard == ["whole"]
    assert (tmp_path / "pipe").is_fifo()


def test_a_private_folder_is_its_users_alone_and_goes(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="half way"), private(tmp_path, "null") as folder:
        (folder / "inside").touch()
        assert rights(folder) == 0o700
        raise ValueError("half way")
    assert list(tmp_path.iterdir()) == []


def test_what_another_user_put_among_temporary_files_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with private(tmp_path, "aside") as mine:
        theirs = mine.with_name(mine.name.replace(str(os.getpid()), str(gone.pid), 1))
        theirs.mkdir()
        (theirs / "planted").touch()
        monkeypatch.setattr(os, "getuid", lambda: theirs.stat().st_uid + 1)
        sweep(tmp_path)
        assert (theirs / "planted").exists()
        monkeypatch.undo()
        sweep(tmp_path)
        assert not theirs.exists()
        assert (tmp_path / "planted").exists(), "an output that was moved aside is put back"
