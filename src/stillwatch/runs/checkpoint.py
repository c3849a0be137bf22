"""A checkpoint keeps the finished stages of a failed run; the same run resumes from there when it is started again."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from stillwatch import __version__
from stillwatch.errors import OutputError
from stillwatch.job import Job
from stillwatch.runs.folder import MARKER, code_digest

_MANIFEST, _LOCK = "stages.json", ".lock"
_NOT_OF_THE_RESULT = {"memory_limit", "temp_directory", "threads"}
_SOURCE = Path(__file__).parent.parent


@dataclass(slots=True)
class Checkpoint:
    """A folder that outlives a failed run: the engine's files, and the record of every finished stage."""

    folder: Path
    identity: str
    finished: list[dict[str, Any]] = field(default_factory=list)

    def record_of(self, stage: str) -> dict[str, Any] | None:
        """Returns the record of a finished stage; None for a stage that must still be run."""
        return next((one for one in self.finished if one["stage"] == stage), None)

    def add(self, record: Mapping[str, Any]) -> None:
        """Records a finished stage, whose files the engine has saved; raises OutputError when the disk is full."""
        self.finished.append(dict(record))
        files = sorted(path.name for path in self.folder.iterdir())
        written = json.dumps({"identity": self.identity, "finished": self.finished, "files": files})
        fresh = self.folder / f"{_MANIFEST}.new"
        try:
            fresh.write_text(written, encoding="utf-8")
            fresh.replace(self.folder / _MANIFEST)
        except OSError as error:
            raise OutputError(
                f"cannot write in `{self.folder}`: {error.strerror or error}; free space there"
            ) from error


@contextmanager
def resume(job: Job, out: Path) -> Iterator[Checkpoint | None]:
    """Yields the checkpoint of the last run of this job into `out` if that run failed, or else an empty checkpoint.

    The checkpoint is removed when the run succeeds or is interrupted. It stays when the run fails after two or more
    stages, and a note on the error says so. Yields None for a job with a state, since the state keeps the sketches,
    and while another run writes to the same folder.
    """
    home = Path(job.settings.engine.temp_directory or "") if job.settings.engine.name == "spark" else Path()
    home = (home if home.parts else out.absolute().parent).absolute()
    folder = home / f".stillwatch-kept-{out.absolute().name}"
    lock = None if job.state is not None else _locked(folder)
    if lock is None:
        yield None
        return
    found = _matching(folder, identity_of(job))
    leave = False
    try:
        yield found
    except Exception as error:
        leave = len(found.finished) > 1
        if leave:
            last = found.finished[-1]["stage"]
            error.add_note(
                f"all stages up to `{last}` are kept in `{folder}`: run the same command again to resume after them"
            )
        raise
    finally:
        os.close(lock)
        if not leave:
            shutil.rmtree(folder, ignore_errors=True)


def identity_of(job: Job) -> str:
    """Returns a digest of everything on which a run's tables depend.

    It covers the code, the settings, the key, the window, each input file's size and time, and the previous run.
    """
    named = job.sources
    files = [
        [(source.shown, *_size_and_time(source.path)) for source in sources]
        for sources in (named.exchanges, named.accounts, named.permits, named.judgements, named.indicators)
    ]
    settings = job.settings.model_dump(mode="json")
    settings["engine"] = {name: value for name, value in settings["engine"].items() if name not in _NOT_OF_THE_RESULT}
    whole = [
        __version__,
        [version(package) for package in ("duckdb", "pyarrow")],
        code_digest(_SOURCE, ("__pycache__",)),
        settings,
        job.key.key_id,
        str(job.window),
        os.fspath(Path.cwd()),
        files,
        None if job.previous is None else _digest_of_run(job.previous),
    ]
    return hashlib.sha256(json.dumps(whole).encode()).hexdigest()


def _digest_of_run(run: Path) -> list[object]:
    """Returns a digest of a run's record, which has the time of its end, and the size and time of each of its files."""
    files = [(path.name, *_size_and_time(path)) for path in sorted(run.iterdir())]
    return [hashlib.sha256((run / MARKER).read_bytes()).hexdigest(), files]


def _size_and_time(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _locked(folder: Path) -> int | None:
    """Locks the folder, and creates it if necessary; returns None if another run or another user can use it."""
    handle = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)  # staged rows hold the texts of requests
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            return None
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if handle is not None:
            os.close(handle)
        return None
    return handle


def _matching(folder: Path, identity: str) -> Checkpoint:
    """Returns the folder's checkpoint if it is of this job, or else an empty one; removes all other files there."""
    manifest: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    same = manifest.get("identity") == identity
    known = {_LOCK, _MANIFEST, *manifest["files"]} if same else {_LOCK}
    for path in folder.iterdir():
        if path.name not in known:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return Checkpoint(folder, identity, manifest["finished"] if same else [])
