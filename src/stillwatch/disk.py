"""Private folders that a killed process does not leave behind for ever, and waiting until files are on the disk."""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
from pathlib import Path

from stillwatch.errors import OutputError

_PREFIX = ".stillwatch-"
_HIDDEN = re.compile(r"\.stillwatch-(?P<pid>\d+)@(?P<host>[A-Za-z0-9_.]+)-(?P<purpose>[a-z]+)-")


def hidden(parent: Path, purpose: str) -> Path:
    """Makes a private folder in `parent`, which `sweep` removes once this process is dead.

    Raises OutputError when it cannot be made.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}@{_host()}-{purpose}-", dir=parent))
    except OSError as error:
        raise OutputError(
            f"cannot write in `{parent}`: {error.strerror or error}; name an `--out` in a writable folder"
        ) from error


def sweep(parent: Path) -> None:
    """Removes the private folders that dead processes of this machine left in `parent`.

    An output that such a process had moved aside is put back first.
    """
    if not parent.is_dir():
        return
    for left in sorted(parent.glob(f"{_PREFIX}*")):
        found = _HIDDEN.match(left.name)
        if found is None or found["host"] != _host() or _alive(int(found["pid"])):
            continue
        if found["purpose"] == "aside":
            _put_back(left, parent)
        shutil.rmtree(left, ignore_errors=True)


def sync(path: Path) -> None:
    """Waits until a file or a folder's names are on the disk; raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _put_back(left: Path, parent: Path) -> None:
    for old in left.iterdir():
        if not (parent / old.name).exists():
            old.rename(parent / old.name)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _host() -> str:
    # A process number means something on one machine only, and several machines may see one disk.
    return re.sub(r"[^A-Za-z0-9_.]", "_", socket.gethostname()) or "localhost"
