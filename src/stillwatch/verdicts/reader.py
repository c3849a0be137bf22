"""Looks accounts up in the current snapshot, and notices a newer one."""

from __future__ import annotations

import mmap
import re
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from stillwatch.errors import InputError, reason_of
from stillwatch.verdicts.layout import (
    HEADER_SIZE,
    PLACE,
    PLACE_BITS,
    RECORD,
    SLOT,
    Header,
    body_digest,
    digest_of,
    hashing,
    read_effects,
    read_header,
    to_bytes,
    to_text,
)
from stillwatch.verdicts.verdict import LEVELS, Verdict, from_microseconds, to_microseconds

CURRENT = "current"
SUFFIX = ".verdicts"
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_slot, _SLOT_SIZE = SLOT.unpack_from, SLOT.size
_record, _RECORD_SIZE = RECORD.unpack_from, RECORD.size
_HELD_BY_ITSELF = 2  # references: the variable, and the question for their number
_PIECE = 1 << 30  # bytes read at a time; other threads run meanwhile, and are waited for between two pieces
_TRIES = 10


class Snapshot(NamedTuple):
    """What a snapshot says of itself; `made_at` is the moment its verdicts speak of, in UTC."""

    id: str
    made_at: datetime
    accounts: int


class Loaded:
    """A whole, undamaged snapshot in the memory of this process."""

    __slots__ = ("_hash_of", "_index_at", "_mask", "content", "header", "snapshot")

    def __init__(self, name: str, header: Header, content: mmap.mmap) -> None:
        self.content = content
        self.header = header
        self._hash_of, self._mask, self._index_at = hashing(header.key), header.mask, header.index_at
        self.snapshot = Snapshot(name, from_microseconds(header.made_at), header.accounts)

    def find(self, account_id: str, now: int | None) -> Verdict | None:
        """Returns the verdict on an account at `now` (µs since 1970; None for the clock's time), if there is one."""
        wanted = to_bytes(account_id)
        content = self.content
        found = self._hash_of(wanted)
        at = self._index_at + _SLOT_SIZE * (found & self._mask)
        mark = found >> PLACE_BITS
        while (slot := _slot(content, at)[0]) != 0:
            if slot >> PLACE_BITS == mark:
                place = slot & PLACE
                at_network, network, campaign, level, count = _record(content, place)
                begin = place + _RECORD_SIZE
                end = begin + at_network + network + campaign
                texts = content[begin:end]
                if texts[:at_network] == wanted:  # in full: no account passes for another
                    break
            at += _SLOT_SIZE
        else:
            return None
        at_campaign = at_network + network
        network_id = to_text(texts[at_network:at_campaign]) if network else None
        campaign_id = to_text(texts[at_campaign:]) if campaign else None
        if not count:
            return Verdict(account_id, LEVELS[level], network_id, campaign_id)
        moment = time.time_ns() // 1000 if now is None else now
        return Verdict(account_id, LEVELS[level], network_id, campaign_id, read_effects(content, end, count, moment))


class Reader:
    """Answers from the newest snapshot that was whole when `refresh` last looked.

    A snapshot is copied into the memory of this process while its digest is computed: what is answered from is what
    was checked, and a file that is cut short afterwards can neither end the process nor change an answer.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: Loaded | None = None
        self._spare: Loaded | None = None  # the one before, whose memory the next one takes
        self._seen: tuple[object, ...] | None = None
        self.refused: str | None = None
        """Why the file that `current` names is not used; None where it is, or where there is none."""
        self.refresh()

    @property
    def loaded(self) -> Loaded | None:
        """The content that is answered from; whoever keeps it keeps its memory from the snapshot after the next."""
        return self._loaded

    @property
    def snapshot(self) -> Snapshot | None:
        """The snapshot that is answered from."""
        return None if self._loaded is None else self._loaded.snapshot

    def find(self, account_id: str, now: datetime | None = None) -> Verdict | None:
        """Returns the verdict on an account with the effects that hold at `now`; None for an unknown account."""
        loaded = self._loaded  # once, so that a swap meanwhile changes nothing
        if loaded is None:
            return None
        return loaded.find(account_id, None if now is None else to_microseconds(now))

    def refresh(self) -> bool:
        """Looks for a newer snapshot, and returns whether there was one; it may run beside `find` in another thread.

        A file that is missing, cut short or damaged is not used: the last good snapshot stays, `refused` says why.
        """
        try:
            mark = _mark(self._folder)
            if mark is None or mark == self._seen:
                return False
            self._seen = mark  # a file that is refused is not read again until it changes
            self._swap(self._unused())
        except InputError as error:
            self.refused = str(error)
            return False
        except OSError as error:
            self.refused = f"`{self._folder}` cannot be read ({reason_of(error)}); let its owner make it readable"
            return False
        self.refused = None
        return True

    def _swap(self, unused: mmap.mmap | None) -> None:
        fresh = _newest(self._folder, unused)
        self._spare, self._loaded = self._loaded, fresh

    def _unused(self) -> mmap.mmap | None:
        """Returns the memory of the snapshot before, unless some look-up still holds it.

        Giving hundreds of MB back to the system stops all threads of this process for a tenth of a second.
        """
        spare, self._spare = self._spare, None
        return None if spare is None or sys.getrefcount(spare) > _HELD_BY_ITSELF else spare.content


def _mark(folder: Path) -> tuple[object, ...] | None:
    """Returns what differs between two snapshots, and between a file and the same file damaged or restored."""
    name = current_id(folder)
    if name is None:
        return None
    marks = []
    for path in (folder / CURRENT, folder / f"{name}{SUFFIX}"):
        try:
            found = path.stat()
            marks.append((found.st_ino, found.st_mtime_ns, found.st_size))
        except FileNotFoundError:
            marks.append((0, 0, 0))
    return name, *marks


def current_id(folder: Path) -> str | None:
    """Returns the id of the current snapshot, or None where there is none; raises InputError for what is no id."""
    try:
        name = (folder / CURRENT).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return None
    if not _ID.fullmatch(name):
        raise InputError(f"`{CURRENT}` names no snapshot")
    return name


def load(folder: Path, name: str, unused: mmap.mmap | None = None) -> Loaded:
    """Loads a snapshot into memory, into the `unused` one where that is large enough.

    Raises OSError when it cannot be read and InputError when it is damaged.
    """
    with (folder / f"{name}{SUFFIX}").open("rb", buffering=0) as stream:
        start = stream.read(HEADER_SIZE)
        stream.seek(0, 2)
        header, expected = read_header(start, stream.tell())
        stream.seek(0)
        content = unused if unused is not None and len(unused) >= header.size else _memory(header.size)
        view, at, digest = memoryview(content), 0, body_digest()
        while at < header.size:
            count = stream.readinto(view[at : min(at + _PIECE, header.size)])
            if not count:
                raise InputError("it was cut short while it was read")
            digest.update(view[max(at, HEADER_SIZE) : at + count])
            at += count
    if digest_of(bytes(view[:HEADER_SIZE]), digest.digest()) != expected:
        raise InputError("its digest does not fit its bytes")
    return Loaded(name, header, content)


def _memory(size: int) -> mmap.mmap:
    content = mmap.mmap(
        -1, size + size // 8
    )  # room for the next one to be somewhat larger; untouched, it costs nothing
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):  # a kernel without huge pages serves small ones
            content.madvise(mmap.MADV_HUGEPAGE)
    return content


def _newest(folder: Path, unused: mmap.mmap | None) -> Loaded:
    """Loads what `current` names; a file that is removed just then was replaced by a newer one."""
    for _ in range(_TRIES):
        name = current_id(folder)
        if name is None:
            break
        try:
            return load(folder, name, unused)
        except FileNotFoundError:
            if current_id(folder) == name:
                raise InputError(f"`{name}{SUFFIX}` is missing") from None
    raise InputError("it was replaced again and again while it was read")
