"""What every source of exchanges is to whoever watches it: batches of files, and the offset that pays for them.

The caller keeps the offset. It commits the offset of a batch in the same atomic step as what it made of the batch's
files, and hands the last committed offset to the next `poll`. So a killed watch neither loses nor repeats a record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

from stillwatch.errors import InputError

Offset: TypeAlias = Mapping[str, object]
"""How far a source was taken: a small JSON object, whose content only the source understands."""

Allowed: TypeAlias = Callable[[str], bool]
"""Whether a secret is a key of scope `ingest` that was not revoked."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a batch holds and what its source can no longer give.

    `records` counts lines and messages; those inside sealed files (Parquet, compressed text) are counted by who reads
    them. `repeated` and `lost` are records for streams and requests, bytes for folders.
    """

    records: int = 0
    bytes: int = 0
    repeated: int = 0  # passed over, since it was taken before
    lost: int = 0  # it was there and is gone, or is too large to be taken


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that a source met and went on from: where it stands and what is wrong, fit to print."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"`{self.where}`: {self.what}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Files to read as `stillwatch scan` reads them, and the offset to commit with what came of them.

    The files stay as they are until the next call of `poll`. `origins` names, for each, what it was taken from. A batch
    may have troubles and no file; its offset is committed all the same.
    """

    files: tuple[Path, ...]
    origins: tuple[str, ...]
    offset: Offset
    counts: Counts = Counts()
    troubles: tuple[Trouble, ...] = ()


class Source(Protocol):
    """One source, used by one thread."""

    @property
    def name(self) -> str:
        """The address without secrets: the key under which the offset is kept."""
        ...

    def poll(self, offset: Offset | None, most_bytes: int, wait_seconds: float) -> Batch | None:
        """Returns what came after the committed offset, or None when nothing came within `wait_seconds`.

        A batch is about `most_bytes` at most; only one record or sealed file that is larger makes it larger. Files of
        earlier batches are removed, since the offset says that they were used or must come again. Raises InputError
        when the offset cannot be used, OutputError when the disk is full.
        """
        ...

    def close(self) -> None:
        """Ends connections and threads; nothing that was not committed counts as taken."""
        ...


def unusable(name: str, reason: str) -> InputError:
    """Returns the error for a committed offset that its source cannot go on from."""
    return InputError(
        f"the offset of `{name}` in the state cannot be used: {reason}; restore the whole state, or begin a new one"
    )
