"""The provider's secret key, and the sub-keys that keep every purpose apart."""

from __future__ import annotations

import binascii
import stat
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from stillwatch.errors import Mistake, UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MINIMUM_BYTES = 16  # 128 bits: what SipHash itself takes, and out of reach of any search
MAXIMUM_BYTES = 65_536  # a longer file is not a key but some other file named by mistake
_OPEN = b"stillwatch: no key file was given"  # not secret, and documented as such


@dataclass(frozen=True, slots=True)
class Key:
    """A secret of at least 16 bytes; everything hashed is hashed under a sub-key of it."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Sixteen hexadecimal digits that name the key and tell nothing else about it."""
        return self._derive("key id", 8).hex()

    def subkey(self, purpose: str) -> npt.NDArray[np.uint64]:
        """A 128-bit SipHash key, shape (2,), for one purpose: equal inputs of two purposes look unrelated."""
        import numpy as np  # here, not above: `--help` must not wait for it

        return np.frombuffer(self._derive(purpose, 16), dtype="<u8").astype(np.uint64)

    def _derive(self, purpose: str, size: int) -> bytes:
        return _derived(self.secret, purpose, size)


@lru_cache(maxsize=256)
def _derived(secret: bytes, purpose: str, size: int) -> bytes:
    folded = blake2b(secret, digest_size=64, person=b"stillwatch key").digest()  # secrets may exceed blake2b's 64 bytes
    return blake2b(purpose.encode(), digest_size=size, key=folded).digest()


def load_key(path: Path | None) -> Key:
    """The key in a file of at least 16 bytes, raw or hexadecimal; without a file a fixed key that anyone has.

    Raises UsageError when the file cannot be read, is too short, or is too long to be a key.
    """
    if path is None:
        return Key(_OPEN)
    try:
        with path.open("rb") as file:
            raw = file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        remedy = "name a readable file; a first key is made with `openssl rand -hex 32`"
        raise _wrong(path, f"cannot be read ({error.strerror})", remedy) from error
    if len(raw) > MAXIMUM_BYTES:
        raise _wrong(path, f"holds more than {MAXIMUM_BYTES:,} bytes", "name a file that holds only the key")
    secret = _secret(raw)
    if len(secret) < MINIMUM_BYTES:
        remedy = "make one with `openssl rand -hex 32`"
        raise _wrong(path, f"holds {len(secret)} bytes of key, fewer than {MINIMUM_BYTES}", remedy)
    return Key(secret)


def remedy_for(key_id: str) -> str:
    """What to do where sketches under the key of this id are to be met: name it, or name none where none was named."""
    if key_id == Key(_OPEN).key_id:
        return "they were made without a key: leave `--key-file` out, or begin anew"
    return "name their key with `--key-file`"


def exposure(path: Path | None) -> str | None:
    """What is wrong where others than its owner may read or write the key file; None where they may not."""
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    if found is None or not stat.S_ISREG(found.st_mode) or not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return None
    return (
        f"key file `{path}` is open to others than its owner (mode {stat.S_IMODE(found.st_mode):o}), who can "
        f"learn what it hides; run `chmod 600 {path}`"
    )


def _secret(raw: bytes) -> bytes:
    text = raw.strip()
    try:
        return binascii.unhexlify(text)
    except (binascii.Error, ValueError):
        return raw  # not hexadecimal, so the bytes themselves are the key


def _wrong(path: Path, what: str, remedy: str) -> UsageError:
    return UsageError([Mistake(f"key file `{path}`", what, remedy)])
