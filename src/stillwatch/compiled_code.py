"""Where the machine code of compiled functions is kept between runs.

numba would keep it beside the source, or else in a folder for all programs, and cannot start where it may write
neither. It also cannot start where code of an earlier version names a class that has moved. So it gets a folder of this
version's own, which belongs to this user alone: whoever can write there can run code.
"""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator, MutableMapping
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"


def choose_folder(version: str, environment: MutableMapping[str, str] = os.environ) -> None:
    """Names a private, writable folder in NUMBA_CACHE_DIR, unless one is named or numba has been loaded already.

    Where no folder can be kept, the code is compiled anew in each process.
    """
    if VARIABLE in environment or "numba" in sys.modules:
        return
    for folder in _folders(version, environment):
        if _is_ours(folder):
            environment[VARIABLE] = str(folder)
            return
    try:
        environment[VARIABLE] = tempfile.mkdtemp(prefix="stillwatch-code-")
    except OSError:
        return  # numba may still find a place; without any, it says so
    atexit.register(shutil.rmtree, environment[VARIABLE], ignore_errors=True)


def _folders(version: str, environment: MutableMapping[str, str]) -> Iterator[Path]:
    named = environment.get("XDG_CACHE_HOME")
    home = Path(named or os.path.expanduser("~/.cache"))  # noqa: PTH111  that of Path raises an error without a home
    if home.is_absolute():
        yield home / "stillwatch" / version
    yield Path(tempfile.gettempdir(), f"stillwatch-code-{os.getuid()}", version)


def _is_ours(folder: Path) -> bool:
    """Whether this user alone can write in the folder and in the one around it; they are made if need be."""
    try:
        folder.parent.mkdir(0o700, parents=True, exist_ok=True)
        folder.mkdir(0o700, exist_ok=True)
        found = [one.lstat() for one in (folder.parent, folder)]
    except OSError:
        return False
    private = all(stat.S_ISDIR(one.st_mode) and one.st_uid == os.getuid() and not one.st_mode & 0o022 for one in found)
    return private and os.access(folder, os.W_OK | os.X_OK)
