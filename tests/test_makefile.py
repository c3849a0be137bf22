"""Setting up on a bare machine: what is missing is said in words, before anything is written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

OLD = """#!/bin/sh
case "$1" in -V) echo Python 3.9.18;; *) exit 1;; esac
"""
WITHOUT_VENV = """#!/bin/sh
case "$2" in *venv*) exit 1;; esac
"""


def made(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What `make` with these words does in a folder that holds only the Makefile and the files it depends on."""
    for name in ("Makefile", "pyproject.toml", "uv.lock", "src/stillwatch_lab/pyproject.toml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    # an outer make hands its own options down through the environment
    fresh = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *words], cwd=folder, capture_output=True, text=True, env=fresh, check=False)


def interpreter(folder: Path, script: str) -> Path:
    path = folder / "fake-python"
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("script", "said"), [(OLD, "is Python 3.9.18, Stillwatch needs 3.11"), (WITHOUT_VENV, "comes without venv")]
)
@pytest.mark.parametrize("target", ["demo", "test"])
def test_an_unfit_python_is_refused(tmp_path: Path, target: str, script: str, said: str) -> None:
    done = made(tmp_path, target, f"PYTHON={interpreter(tmp_path, script)}")
    assert done.returncode != 0
    assert said in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_missing_python_is_named(tmp_path: Path) -> None:
    done = made(tmp_path, "demo", f"PYTHON={tmp_path / 'nowhere'}")
    assert done.returncode != 0
    assert "install Python 3.11 or newer" in done.stderr


def test_help_lists_every_target(tmp_path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    listed = re.findall(r"^  make ([\w-]+)", made(tmp_path).stdout, re.MULTILINE)
    assert sorted(listed) == sorted(phony[1].split())


def test_a_stage_that_is_none_is_refused_with_the_stages_there_are(tmp_path: Path) -> None:
    for name in ("link", "report", "golden"):
        (tmp_path / "tests" / name).mkdir(parents=True)
    for words in (["STAGE=nonsense"], [], ["STAGE=golden"]):
        done = made(tmp_path, "test-fast", *words)
        assert done.returncode != 0
        assert "name one of link report, as in: make test-fast STAGE=link" in done.stderr
        assert not (tmp_path / ".venv").exists()
