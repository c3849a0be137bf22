"""The bytes of a snapshot file: a header, one record an account, and a hash table of the records' places.

All numbers are little-endian. The header's digest covers every other byte of the file. An account's slot is found by a
keyed hash, whose key is drawn anew for every snapshot, so that nobody can choose account ids that fall together; the
record holds the whole id, which is compared, so that no account can be taken for another.
"""

from __future__ import annotations

import hashlib
import mmap
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from stillwatch.errors import InputError
from stillwatch.verdicts.verdict import LEVELS, Effect, Verdict, from_microseconds, to_microseconds

MAGIC = b"SWVERD01"
"""It changes with the layout."""
_FIELDS = struct.Struct("<8s16sqQQQQ")  # magic, key, made_at, accounts, mask, index_at, size
_DIGEST_SIZE = 32
HEADER_SIZE = _FIELDS.size + _DIGEST_SIZE
RECORD = struct.Struct("<IHHBB")  # lengths of id, network and campaign; level; number of effects
EFFECT = struct.Struct("<qqHHHHI")  # since, expires_at; lengths of effect, reason, decision, appeal and message
SLOT = struct.Struct("<Q")  # 0 for empty, else the hash's upper 24 bits and 40 bits of the record's place
PLACE_BITS = 40
PLACE = (1 << PLACE_BITS) - 1
_SHORT = 0xFFFF
_NUMBER = SLOT.unpack


class Header(NamedTuple):
    """The numbers that a reader needs; `made_at` in µs since 1970, places and size in bytes."""

    key: bytes
    made_at: int
    accounts: int
    mask: int
    index_at: int
    size: int

    def packed(self, body: bytes) -> bytes:
        """Returns the header's bytes; `body` is the digest of all bytes that follow it."""
        fields = _FIELDS.pack(MAGIC, *self)
        return fields + digest_of(fields, body)


def read_header(raw: bytes, size: int) -> tuple[Header, bytes]:
    """Returns the header of a file of `size` bytes that begins with `raw`, and the digest that its bytes must have.

    Raises InputError when it is no header of such a file.
    """
    if len(raw) < HEADER_SIZE or raw[: len(MAGIC)] != MAGIC:
        raise InputError("it does not begin like a snapshot of this version")
    header = Header(*_FIELDS.unpack_from(raw)[1:])
    if header.size != size:
        raise InputError(f"it has {size:,} bytes instead of {header.size:,}")
    if not HEADER_SIZE <= header.index_at <= size - SLOT.size * (header.mask + 1):
        raise InputError("its header contradicts itself")
    return header, raw[_FIELDS.size : HEADER_SIZE]


def digest_of(fields: bytes, body: bytes) -> bytes:
    """Returns the digest of a whole file from its header's fields and the digest of what follows the header."""
    return hashlib.blake2b(fields[: _FIELDS.size] + body, digest_size=_DIGEST_SIZE).digest()


def body_digest() -> hashlib.blake2b:
    """Returns a new digest for the bytes that follow the header."""
    return hashlib.blake2b(digest_size=_DIGEST_SIZE)


def to_bytes(text: str) -> bytes:
    """Returns UTF-8; half a surrogate pair, which a hostile id may hold, has bytes of its own as well."""
    try:
        return text.encode()  # twice as fast as with an error handler
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def to_text(raw: bytes) -> str:
    """Returns the text whose bytes `to_bytes` gave."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("utf-8", "surrogatepass")


def hashing(key: bytes) -> Callable[[bytes], int]:
    """Returns a function that gives an account 64 bits, which nobody without the key can foresee."""
    begin = hashlib.blake2b(digest_size=8, key=key).copy  # a copy takes half the time of taking the key in anew

    def found(account: bytes) -> int:
        whole = begin()
        whole.update(account)
        number: int = _NUMBER(whole.digest())[0]
        return number

    return found


def to_record(verdict: Verdict) -> bytes:
    """Returns the record of one account; raises ValueError when a text is too long or there are too many effects."""
    texts = [to_bytes(text or "") for text in (verdict.account_id, verdict.network_id, verdict.campaign_id)]
    if max(len(texts[1]), len(texts[2])) > _SHORT or len(verdict.effects) > 255:
        raise ValueError(f"the verdict of `{verdict.account_id[:80]}` does not fit into a record")
    head = RECORD.pack(*map(len, texts), LEVELS.index(verdict.level), len(verdict.effects))
    return b"".join([head, *texts, *map(_effect_bytes, verdict.effects)])


def _effect_bytes(effect: Effect) -> bytes:
    texts = [
        to_bytes(text)
        for text in (effect.effect, effect.reason_code, effect.decision_id, effect.appeal, effect.message)
    ]
    if max(map(len, texts[:4])) > _SHORT:
        raise ValueError(f"the effect of decision `{effect.decision_id[:80]}` does not fit into a record")
    span = to_microseconds(effect.since), to_microseconds(effect.expires_at)
    return b"".join([EFFECT.pack(*span, *map(len, texts)), *texts])


def read_effects(content: mmap.mmap, place: int, count: int, now: int) -> tuple[Effect, ...]:
    """Returns those of the `count` effects at `place` that hold at `now` (µs since 1970)."""
    found = []
    for start, end in effect_places(content, place, count):
        since, expires, *lengths = EFFECT.unpack_from(content, start)
        if not since <= now < expires:
            continue
        texts, at = [], start + EFFECT.size
        for length in lengths:
            texts.append(to_text(content[at : at + length]))
            at += length
        assert at == end
        effect, reason, decision, appeal, message = texts
        span = from_microseconds(since), from_microseconds(expires)
        found.append(Effect(effect, reason, *span, decision, appeal, message))
    return tuple(found)


def effect_places(content: mmap.mmap, place: int, count: int) -> Iterator[tuple[int, int]]:
    """Yields the start and the end of each of `count` effects at `place`."""
    for _ in range(count):
        end = place + EFFECT.size + sum(EFFECT.unpack_from(content, place)[2:])
        yield place, end
        place = end
