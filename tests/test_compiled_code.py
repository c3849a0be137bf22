"""Compiled code is kept in a folder that its user alone can write; a program that may write hardly anywhere starts."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stillwatch.compiled_code import VARIABLE, choose_folder

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "stillwatch"
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1  # of <linux/prctl.h> and <linux/capability.h>


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The environment of a process without numba, whose home and temporary files lie in a folder of the test."""
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    return {}


def chosen(environment: dict[str, str]) -> Path:
    choose_folder("1.2.3", environment)
    return Path(environment[VARIABLE])


def test_each_version_has_a_private_folder_among_the_users_own(fresh: dict[str, str], tmp_path: Path) -> None:
    folder = chosen(fresh)
    assert folder == tmp_path / "home" / ".cache" / "stillwatch" / "1.2.3"
    assert (folder.stat().st_mode & 0o777, folder.parent.stat().st_mode & 0o777) == (0o700, 0o700)


def test_a_cache_folder_that_is_named_is_used(fresh: dict[str, str], tmp_path: Path) -> None:
    fresh["XDG_CACHE_HOME"] = str(tmp_path / "caches")
    assert chosen(fresh) == tmp_path / "caches" / "stillwatch" / "1.2.3"


def test_what_the_user_says_stands(fresh: dict[str, str]) -> None:
    fresh[VARIABLE] = "/somewhere"
    assert chosen(fresh) == Path("/somewhere")


def test_nothing_is_said_once_numba_is_loaded(fresh: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", sys)
    choose_folder("1.2.3", fresh)
    assert fresh == {}


@pytest.mark.parametrize("spoil", ["a file", "a link", "open to all"])
def test_a_folder_that_others_may_have_filled_is_not_used(fresh: dict[str, str], tmp_path: Path, spoil: str) -> None:
    kept = tmp_path / "home" / ".cache" / "stillwatch"
    kept.parent.mkdir(parents=True)
    if spoil == "a file":
        kept.touch()
    elif spoil == "a link":
        (tmp_path / "theirs").mkdir()
        kept.symlink_to(tmp_path / "theirs")
    else:
        kept.mkdir()
        kept.chmod(0o777)
    assert chosen(fresh) == tmp_path / "temporary" / f"stillwatch-code-{os.getuid()}" / "1.2.3"
    del fresh[VARIABLE]
    (tmp_path / "temporary" / f"stillwatch-code-{os.getuid()}").chmod(0o777)
    last = chosen(fresh)
    assert last.parent == tmp_path / "temporary"
    assert last.stat().st_mode & 0o777 == 0o700


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Path]:
    """A folder with a copy of the package and a home, neither of which can be written, and with temporary files."""
    shutil.copytree(PACKAGE, tmp_path / "site" / "stillwatch", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("home", "temporary"):
        (tmp_path / name).mkdir()
    (tmp_path / "log.jsonl").write_text(
        '{"exchange_id": "e", "account_id": "a", "started_at": "2026-05-01", "client_address": "203.0.113.7"}\n'
    )
    closed = [tmp_path / "home", *(tmp_path / "site").rglob("*")]
    for path in closed:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield tmp_path
    for path in closed:
        path.chmod(0o755)


def bound_by_permissions() -> None:
    """Takes from a process of root the right to write whatever it likes, before it starts the program."""
    if os.geteuid() == 0 and ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) != 0:
        raise PermissionError


def test_a_program_that_may_write_neither_its_package_nor_its_home_starts(installed: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(installed / "home"),
        "TMPDIR": str(installed / "temporary"),
        "PYTHONPATH": str(installed / "site"),
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            env=environment,
            cwd=installed,
            preexec_fn=bound_by_permissions,
            capture_output=True,
            text=True,
            check=False,
        )

    try:
        written = run("-c", "import pathlib, stillwatch as it; pathlib.Path(it.__file__).with_name('new').touch()")
    except subprocess.SubprocessError:
        pytest.skip("a process of root keeps the right to write everywhere on this machine")
    assert "PermissionError" in written.stderr
    done = run("-m", "stillwatch", "check", "log.jsonl")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 rows read" in done.stdout
    assert list((installed / "temporary").rglob("*.nbi"))
