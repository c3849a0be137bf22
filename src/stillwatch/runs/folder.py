"""Publishes a run folder in one step: it appears whole or not at all."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from stillwatch.disk import hidden, private, sync
from stillwatch.errors import Mistake, OutputError

MARKER = "run.json"
"""A folder that holds this file is an earlier output of Stillwatch and may be replaced."""

_EXCHANGE = 2  # RENAME_EXCHANGE of <linux/fs.h>
_HERE = -100  # AT_FDCWD: relative paths start at the working directory


def refusal(out: Path, state: Path | None = None) -> list[Mistake]:
    """Returns the reasons why a run that updates `state` cannot be published to `out`; empty when it can."""
    where = f"`--out {out}`"
    if state is not None and Path(os.path.realpath(state)).is_relative_to(os.path.realpath(out)):
        what = f"would be replaced together with `--state {state}` inside it"
        return [Mistake(where, what, "name two separate folders")]
    if out.is_symlink() and not out.is_dir():
        return [Mistake(where, "is a broken link", "remove it or name another folder")]
    if out.exists() and not out.is_dir():
        return [Mistake(where, "is a file, not a folder", "name a folder")]
    if out.is_dir() and not (out / MARKER).is_file() and any(out.iterdir()):
        return [Mistake(where, f"holds files but no `{MARKER}`", "name a new folder or a previous run's folder")]
    writable = next(folder for folder in out.absolute().parents if folder.exists())
    if not writable.is_dir():
        return [Mistake(where, f"`{writable}` is a file, not a folder", "name a folder inside a folder")]
    if not os.access(writable, os.W_OK | os.X_OK):
        return [Mistake(where, f"`{writable}` is not writable", "name a folder that you may write")]
    return []


@contextmanager
def published(out: Path) -> Iterator[Path]:
    """Yields a hidden folder beside `out` to fill; when the block ends without error, it replaces `out` in one step.

    While it is being filled, nobody else may read it; then it has the rights of the folder that it replaces, or those
    that the umask leaves. Whenever the process is killed, `out` is either the old folder or the whole new folder.
    Raises OutputError when the folder cannot be written.
    """
    out = Path(os.path.realpath(out))
    try:
        with private(out.parent, "staged") as folder:
            staged = folder / "filled"
            staged.mkdir()
            yield staged
            _settle(staged)
            _swap(staged, out)
            sync(out.parent)
    except OSError as error:
        raise OutputError(
            f"cannot write `{out}`: {error.strerror or error}; free space or name another `--out`; "
            "the folder that was there before is unchanged"
        ) from error


def _settle(staged: Path) -> None:
    # All files are on the disk before the folder gets its name, so that a power cut cannot leave it with empty files.
    for path in sorted(staged.rglob("*"), reverse=True):
        sync(path)
    sync(staged)


def _swap(staged: Path, out: Path) -> None:
    if not out.exists():
        staged.rename(out)
        return
    staged.chmod(out.stat().st_mode & 0o777)
    if not _exchange(staged, out):
        # Without an atomic exchange, `out` is missing for a moment; if the process dies then, `sweep` restores it.
        aside = hidden(out.parent, "aside")
        out.rename(aside / out.name)
        staged.rename(out)
        shutil.rmtree(aside, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    return bool(call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


@cache
def code_digest(folder: Path, but: tuple[str, ...]) -> str:
    """Returns the sha256 of the code, recipes and weights in a folder, without paths that contain a word of `but`."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix in {".py", ".toml", ".npz"} and not any(word in name for word in but):
            digest.update(name.encode() + path.read_bytes())
    return digest.hexdigest()
