"""Writes snapshots: each is a file of its own, which `current` names once it is whole and on the disk."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import time
from array import array
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from stillwatch.disk import replaced
from stillwatch.errors import InputError, OutputError, reason_of
from stillwatch.verdicts.index import laid_out, repeated
from stillwatch.verdicts.layout import (
    EFFECT,
    HEADER_SIZE,
    RECORD,
    Header,
    body_digest,
    effect_places,
    hashing,
    to_bytes,
    to_record,
)
from stillwatch.verdicts.reader import CURRENT, SUFFIX, Loaded, current_id, load
from stillwatch.verdicts.verdict import Verdict, from_microseconds, to_microseconds

_LOCK = ".lock"
_OPTION = "--state"
_PATIENCE = 60.0
"""Seconds that a writer waits for another before it gives up: a snapshot of three million accounts takes half of it."""
_PENDING = 1 << 20  # bytes


def write(folder: Path, records: Iterable[Verdict], made_at: datetime) -> str:
    """Writes a snapshot, swaps it in, removes the ones before, and returns its id.

    `made_at` is the moment that the verdicts speak of. `records` is consumed while no other writer can swap: a caller
    that reads decisions inside the iterable cannot overlook one whose effects `drop` takes out meanwhile. Raises
    OutputError when the folder cannot be written, ValueError for two verdicts on one account or texts that do not fit.
    """
    made = to_microseconds(made_at)
    with _alone(folder):
        name = _fresh_id(made)
        with _file(folder, name) as stream:
            _fill(stream, records, made)
        _swap(folder, name)
    return name


def drop(folder: Path, decision_ids: Collection[str]) -> str | None:
    """Takes the effects of these decisions out of the current snapshot, and returns the id of what is current then.

    The rest, `made_at` included, stays as it is. Returns None where there is no snapshot. Raises InputError when the
    current one is damaged, OutputError when the folder cannot be written.
    """
    if not (folder / CURRENT).exists():
        return None
    with _alone(folder):
        found = _current(folder)
        wanted = {to_bytes(one) for one in decision_ids}
        if not sum(_blanked(found, start, end, wanted) for start, end in _effects(found)):
            return found.snapshot.id
        digest = body_digest()
        body = memoryview(found.content)[HEADER_SIZE : found.header.size]
        digest.update(body)
        name = _fresh_id(found.header.made_at)
        with _file(folder, name) as stream:
            stream.write(found.header.packed(digest.digest()))
            stream.write(body)
        _swap(folder, name)
    return name


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keeps other writers out until the block ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise OutputError(f"cannot write in `{folder}`: {error.strerror}; name a writable `{_OPTION}`") from error
    try:
        _wait_for(handle, folder)
        yield
    finally:
        os.close(handle)


def _wait_for(handle: int, folder: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > until:
                raise OutputError(f"another process has been writing in `{folder}` for a minute; end it") from error
            time.sleep(0.02)
        else:
            return


def _fresh_id(made_at: int) -> str:
    return f"{from_microseconds(made_at):%Y%m%dT%H%M%S}-{secrets.token_hex(6)}"


@contextmanager
def _file(folder: Path, name: str) -> Iterator[BinaryIO]:
    with replaced(folder / f"{name}{SUFFIX}", _OPTION) as staged, staged.open("r+b", buffering=_PENDING) as stream:
        yield stream
        stream.flush()


def _swap(folder: Path, name: str) -> None:
    """Makes the snapshot of this name the current one, and removes all others."""
    with replaced(folder / CURRENT, _OPTION) as staged:
        staged.write_text(f"{name}\n", encoding="ascii")
    for path in folder.glob(f"*{SUFFIX}"):
        if path.name != f"{name}{SUFFIX}":
            path.unlink(missing_ok=True)


def _fill(stream: BinaryIO, records: Iterable[Verdict], made_at: int) -> None:
    """Writes records and hash table, then the header before them."""
    key, digest = secrets.token_bytes(16), body_digest()
    hash_of, hashes, places = hashing(key), array("Q"), array("Q")
    stream.write(bytes(HEADER_SIZE))
    place, pending = HEADER_SIZE, bytearray()
    for verdict in records:
        record = to_record(verdict)
        hashes.append(hash_of(to_bytes(verdict.account_id)))
        places.append(place + len(pending))
        pending += record
        if len(pending) > _PENDING:
            place += _flushed(stream, digest, pending)
    place += _flushed(stream, digest, pending)
    _refuse_repeated(stream, repeated(hashes, places))
    mask, table = laid_out(hashes, places)
    index = table.tobytes()
    stream.seek(place)
    stream.write(index)
    digest.update(index)
    stream.seek(0)
    stream.write(Header(key, made_at, len(hashes), mask, place, place + len(index)).packed(digest.digest()))


def _flushed(stream: BinaryIO, digest: hashlib.blake2b, pending: bytearray) -> int:
    """Writes what is pending, and returns how many bytes that were."""
    size = stream.write(pending)
    digest.update(pending)
    pending.clear()
    return size


def _refuse_repeated(stream: BinaryIO, pairs: Iterable[tuple[int, int]]) -> None:
    for pair in pairs:
        first, second = (_account_at(stream, place) for place in pair)
        if first == second:
            raise ValueError(f"two verdicts on account `{first[:80].decode(errors='replace')}`")


def _account_at(stream: BinaryIO, place: int) -> bytes:
    stream.seek(place)
    length = RECORD.unpack(stream.read(RECORD.size))[0]
    return stream.read(length)


def _current(folder: Path) -> Loaded:
    try:
        return load(folder, current_id(folder) or "")
    except (OSError, InputError) as error:
        raise InputError(
            f"the snapshot in `{folder}` cannot be used ({reason_of(error)}); publish a new one"
        ) from error


def _effects(found: Loaded) -> Iterator[tuple[int, int]]:
    """Yields the start and the end of each effect in a snapshot."""
    place = HEADER_SIZE
    while place < found.header.index_at:
        account, network, campaign, _, count = RECORD.unpack_from(found.content, place)
        place += RECORD.size + account + network + campaign
        for start, end in effect_places(found.content, place, count):
            yield start, end
            place = end


def _blanked(found: Loaded, start: int, end: int, decision_ids: Collection[bytes]) -> bool:
    """Whether the effect belonged to one of the decisions; then its span is empty and its texts are zeros."""
    _, _, effect, reason, decision, _, _ = EFFECT.unpack_from(found.content, start)
    at = start + EFFECT.size + effect + reason
    if found.content[at : at + decision] not in decision_ids:
        return False
    found.content[start : start + 16] = bytes(16)  # since and expires_at
    found.content[start + EFFECT.size : end] = bytes(end - start - EFFECT.size)
    return True
