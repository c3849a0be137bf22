"""Files that appear whole or not at all, and private folders that a killed process does not leave behind for ever."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from stillwatch.errors import OutputError, reason_of

_PREFIX = ".stillwatch-"
_HIDDEN = re.compile(r"\.stillwatch-(?P<pid>\d+)@(?P<host>[A-Za-z0-9_.]+)-(?P<purpose>[a-z]+)-")


def hidden(parent: Path, purpose: str) -> Path:
    """Makes a private folder in `parent`, which `sweep` removes once this process is dead.

    Raises OutputError when it cannot be made.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=_prefix(purpose), dir=parent))
    except OSError as error:
        raise OutputError(
            f"cannot write in `{parent}`: {error.strerror or error}; name an `--out` in a writable folder"
        ) from error


@contextmanager
def private(parent: Path, purpose: str) -> Iterator[Path]:
    """Yields a folder of `hidden`, and removes it when the block ends; raises OutputError when it cannot be made."""
    folder = hidden(parent, purpose)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(parent: Path) -> None:
    """Removes the private folders that dead processes of this machine left in `parent`.

    An output that such a process had moved aside is put back first.
    """
    if not parent.is_dir():
        return
    for left in sorted(parent.glob(f"{_PREFIX}*")):
        found = _HIDDEN.match(left.name)
        if found is None or found["host"] != _host() or _alive(int(found["pid"])) or not _is_ours(left):
            continue
        if found["purpose"] == "aside":
            _put_back(left, parent)
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def replaced(path: Path, option: str) -> Iterator[Path]:
    """Yields the path of a new file to fill; when the block ends without error, it replaces `path` in one step.

    Whenever the process is killed, `path` is either the old file or the whole new one. What is no file on a disk, such
    as a pipe, is written directly. Raises OutputError, which names `option`, when the file cannot be written.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            yield path
            return
        target = Path(os.path.realpath(path))  # a link goes on pointing at the file
        sweep(target.parent)
        staged = _beside(target)
        try:
            yield staged
            sync(staged)
            staged.replace(target)
            sync(target.parent)
        finally:
            shutil.rmtree(staged.parent, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"cannot write `{path}`: {_why(error, Path(os.path.realpath(path)).parent, option)}"
        ) from error


def _why(error: OSError, folder: Path, option: str) -> str:
    """What hinders, and the remedy for it: space helps only where it is space that lacks."""
    another = f"name another `{option}`"
    if not folder.exists():
        return f"there is no folder `{folder}`; make it or {another}"
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    remedy = f"free space or {another}" if full else another
    return f"{reason_of(error)}; {remedy}; what was there before is unchanged"


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Waits until nobody else holds the file, and holds it: what is read and written again meanwhile loses nothing.

    Raises OutputError where the lock beside it cannot be made.
    """
    lock = path.with_name(f"{path.name}.lock")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise OutputError(f"cannot write `{lock}`: {error.strerror}; name a writable folder") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _beside(path: Path) -> Path:
    """A path in a new private folder beside `path`, for a file with the rights of the one that it will replace."""
    if not path.parent.is_dir():
        raise FileNotFoundError(2, f"there is no folder `{path.parent}`")
    folder = Path(tempfile.mkdtemp(prefix=_prefix("staged"), dir=path.parent))
    staged = folder / path.name
    staged.touch()  # which heeds the umask
    with suppress(FileNotFoundError):
        staged.chmod(path.stat().st_mode & 0o777)
    return staged


def sync(path: Path) -> None:
    """Waits until a file or a folder's names are on the disk; raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _prefix(purpose: str) -> str:
    return f"{_PREFIX}{os.getpid()}@{_host()}-{purpose}-"


def _put_back(left: Path, parent: Path) -> None:
    for old in left.iterdir():
        if not (parent / old.name).exists():
            old.rename(parent / old.name)


def _is_ours(folder: Path) -> bool:
    # in a folder for all users' temporary files, anybody can make one of this name
    with suppress(FileNotFoundError):
        found = folder.lstat()
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return False


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
