"""The files of a folder and of those inside, looked at again and again at little cost, however many there are."""

from __future__ import annotations

import os
import stat
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from stillwatch.sources.interface import Trouble

_HOT_SECONDS = 600  # a file that changed so recently is looked at on every poll
_COLD_AT_ONCE = 2_000  # others that are looked at in one poll, in turn
_SETTLED_NS = 2_000_000_000  # coarsest step of a file system's clock: FAT's
_DEEPEST = 64  # folders inside folders


@dataclass(slots=True)
class Seen:
    """A file as it was last looked at; `since` is when it was first seen like this, on this process's own clock."""

    device: int
    inode: int
    size: int
    changed: int  # its content, in nanoseconds
    touched: int  # its content, name or rights
    since: float
    appeared: float  # when it was first seen in this place, on the same clock

    @property
    def place(self) -> tuple[int, int]:
        """The device and the inode."""
        return self.device, self.inode


@dataclass(slots=True)
class _Folder:
    changed: int = 0  # its names, in nanoseconds
    looked: int = 0
    device: int = 0
    names: dict[str, int] = field(default_factory=dict)  # files, with inodes
    folders: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Changes:
    """What a look showed: paths of new and changed files, of those that vanished or that another file replaced."""

    changed: set[str] = field(default_factory=set)
    vanished: dict[str, Seen] = field(default_factory=dict)
    replaced: list[tuple[str, Seen]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    complete: bool = True  # whether the folder itself is there


class Listing:
    """The files of one folder; paths are relative to it.

    A link is never followed: what it names is read where it lies, or not at all.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self.files: dict[str, Seen] = {}
        self._folders: dict[str, _Folder] = {}
        self._hot: dict[str, float] = {}  # until when a file is looked at on every poll
        self._cold: deque[str] = deque()
        self._named: set[str] = set()  # what a trouble was told of

    def look(self) -> Changes:
        """Looks at all names of folders that changed, at files that changed lately, and at some of the others."""
        changes = Changes()
        self._look_in("", 0, changes)
        if changes.complete:  # in a folder that is away, no file is there, and none vanished
            self._look_at_files(changes)
        return changes

    def path(self, relative: str) -> str:
        """Returns the whole path of a file."""
        return os.path.join(self._root, relative)  # noqa: PTH118  100,000 of them

    def _look_in(self, start: str, depth: int, changes: Changes) -> None:
        waiting = [(start, depth)]
        while waiting:
            relative, depth = waiting.pop()
            if depth > _DEEPEST:
                self._tell(changes, relative, f"lies more than {_DEEPEST} folders deep and is not read")
                continue
            try:
                found = self._names_of(relative, changes)
            except (FileNotFoundError, NotADirectoryError):
                if relative:
                    self._drop(relative, changes)
                else:
                    changes.complete = False
                    self._tell(changes, "", "is not there any more")
                continue
            except OSError as error:
                self._tell(changes, relative, f"cannot be listed: {error.strerror or error}")
                changes.complete &= bool(relative)
                found = self._folders.get(relative, _Folder())
            waiting.extend((_joined(relative, name), depth + 1) for name in found.folders)

    def _names_of(self, relative: str, changes: Changes) -> _Folder:
        where = self.path(relative) if relative else self._root
        status = os.stat(where, follow_symlinks=not relative)  # noqa: PTH116
        if not stat.S_ISDIR(status.st_mode):
            raise NotADirectoryError(20, "it is no folder")
        known = self._folders.get(relative)
        quiet = known is not None and known.changed == status.st_mtime_ns and known.device == status.st_dev
        if known is not None and quiet and known.looked - known.changed > _SETTLED_NS:
            return known
        fresh = _Folder(status.st_mtime_ns, time.time_ns(), status.st_dev)
        with os.scandir(where) as entries:
            for entry in entries:
                self._sort(entry, relative, fresh, changes)
        for name in known.names.keys() - fresh.names.keys() if known else ():
            self._lose(_joined(relative, name), changes)
        for name in known.folders - fresh.folders if known else ():
            self._drop(_joined(relative, name), changes)
        before = known.names if known else {}
        self._folders[relative] = fresh
        for name, inode in fresh.names.items():
            if before.get(name) != inode:
                self._stat(_joined(relative, name), changes)
        return fresh

    def _sort(self, entry: os.DirEntry[str], relative: str, fresh: _Folder, changes: Changes) -> None:
        name = entry.name
        if name.startswith((".", "_")):
            return
        try:
            if entry.is_symlink():
                self._tell_of_link(_joined(relative, name), changes)
            elif entry.is_dir(follow_symlinks=False):
                fresh.folders.add(name)
            elif entry.is_file(follow_symlinks=False):
                fresh.names[name] = entry.inode()
            else:
                self._tell(changes, _joined(relative, name), "is neither a file nor a folder and is not read")
        except OSError as error:
            self._tell(changes, _joined(relative, name), f"cannot be looked at: {error.strerror or error}")

    def _tell_of_link(self, relative: str, changes: Changes) -> None:
        target = os.path.realpath(self.path(relative))
        if not target.startswith(os.path.join(os.path.realpath(self._root), "")):  # noqa: PTH118
            self._tell(changes, relative, "is a link that leaves the folder and is not followed")

    def _look_at_files(self, changes: Changes) -> None:
        now = time.monotonic()
        for relative, until in list(self._hot.items()):
            if until < now:
                del self._hot[relative]
                self._cold.append(relative)
            else:
                self._stat(relative, changes)
        for _ in range(min(_COLD_AT_ONCE, len(self._cold))):
            relative = self._cold.popleft()
            if relative in self.files and relative not in self._hot:
                self._stat(relative, changes)
                if relative in self.files and relative not in self._hot:
                    self._cold.append(relative)

    def _stat(self, relative: str, changes: Changes) -> None:
        if relative in changes.changed:
            return
        try:
            status = os.lstat(self.path(relative))
        except (FileNotFoundError, NotADirectoryError):
            self._lose(relative, changes)
        except OSError as error:
            self._tell(changes, relative, f"cannot be looked at: {error.strerror or error}")
        else:
            if stat.S_ISREG(status.st_mode):
                self._note(relative, status, changes)
            else:
                self._lose(relative, changes)

    def _note(self, relative: str, status: os.stat_result, changes: Changes) -> None:
        now = time.monotonic()
        found = Seen(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, now, now)
        before = self.files.get(relative)
        if before is not None and before.place != found.place:
            changes.replaced.append((relative, before))
        elif before is not None:
            found.since, found.appeared = before.since, before.appeared
            if found == before:
                return
            found.since = now
        self.files[relative] = found
        changes.changed.add(relative)
        if before is None and time.time() - max(found.changed, found.touched) / 1e9 > _HOT_SECONDS:
            self._cold.append(relative)
        else:
            self._hot[relative] = now + _HOT_SECONDS

    def _lose(self, relative: str, changes: Changes) -> None:
        before = self.files.pop(relative, None)
        self._hot.pop(relative, None)
        self._named.discard(relative)
        if before is not None:
            changes.vanished[relative] = before
            changes.changed.discard(relative)
            parent, _, name = relative.rpartition("/")
            if parent in self._folders:
                self._folders[parent].names.pop(name, None)

    def _drop(self, relative: str, changes: Changes) -> None:
        """Forgets a folder that vanished, with all that lay in it."""
        for inside in list(self._inside(relative)):
            for name in list(self._folders.pop(inside).names):
                self._lose(_joined(inside, name), changes)

    def _inside(self, relative: str) -> Iterator[str]:
        yield from (one for one in self._folders if one == relative or one.startswith(f"{relative}/"))

    def _tell(self, changes: Changes, relative: str, what: str) -> None:
        if relative not in self._named:  # once, not on every poll
            self._named.add(relative)
            changes.troubles.append(Trouble(relative or self._root, what))


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
