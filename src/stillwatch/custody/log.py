"""The log of all seals: one line for the hash of each entry, and after them the signed statement that adds them.

A line is never changed. Each statement names the size and root of the tree before and after its entries, and stands
beside the key that signed it, so that a line that was changed, added or removed contradicts a signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from stillwatch.custody.lines import parsed
from stillwatch.custody.merkle import Frontier
from stillwatch.custody.signing import opened
from stillwatch.disk import replaced
from stillwatch.errors import InputError, Mistake, UsageError

PAYLOAD = "application/vnd.in-toto+json"
"""The kind of payload in a statement's envelope."""

_LEAF = re.compile(rb"[0-9a-f]{64}")
_BETWEEN = b"\t"  # the key and the statement that it signed


@dataclass(slots=True)
class Log:
    """A log as it was read: its raw lines, the hashes of its entries, and what each statement said of the tree."""

    lines: list[bytes] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    envelopes: list[bytes] = field(default_factory=list)
    tree: Frontier = field(default_factory=Frontier)
    sealed_at: datetime | None = None


def read(path: Path) -> Log:
    """The log at `path`, empty where there is none; raises InputError where it contradicts itself or was cut."""
    try:
        raw = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise InputError(f"the log `{path}` cannot be read ({error.strerror}); name the log of seals") from error
    log = Log(lines=raw.split(b"\n")[:-1] if raw else [])
    if raw and not raw.endswith(b"\n"):
        raise _broken(path, len(log.lines) + 1, "is cut off")
    unsealed = 0
    for number, line in enumerate(log.lines, 1):
        if _LEAF.fullmatch(line):
            leaf = bytes.fromhex(line.decode())
            log.leaves.append(leaf)
            log.tree.add((leaf,))
            unsealed += 1
            continue
        public, _, envelope = line.partition(_BETWEEN)
        try:
            _heed(log, parsed(opened(envelope, PAYLOAD, public)[0])["predicate"], unsealed)
        except (ValueError, KeyError, TypeError) as error:
            raise _broken(path, number, f"contradicts the lines before it ({error})") from error
        log.envelopes.append(envelope)
        unsealed = 0
    if unsealed:
        raise _broken(path, len(log.lines) - unsealed + 1, f"begins {unsealed} entries that no statement seals")
    return log


def _heed(log: Log, said: dict[str, Any], entries: int) -> None:
    before, after = said["log"]["before"], said["log"]["after"]
    at = datetime.fromisoformat(said["sealed_at"])
    if after != {"size": log.tree.size, "root": log.tree.root().hex()} or before["size"] + entries != log.tree.size:
        raise ValueError("its statement seals another tree")
    if log.sealed_at is not None and at < log.sealed_at:
        raise ValueError("its statement is older than the one before")
    log.sealed_at = at


def append(path: Path, log: Log, leaves: Sequence[bytes], public: bytes, envelope: bytes) -> None:
    """Adds the hashes of entries and the statement that seals them; the file is replaced in one step."""
    lines = [*log.lines, *(leaf.hex().encode() for leaf in leaves), public + _BETWEEN + envelope]
    with replaced(path, "--custody-log") as staged:
        staged.write_bytes(b"\n".join(lines) + b"\n")


def heed_clock(log: Log, now: datetime) -> None:
    """Raises UsageError where the clock shows less than at the last seal."""
    if log.sealed_at is not None and now < log.sealed_at:
        what = f"shows {now:%Y-%m-%d %H:%M} UTC, but the last seal was made at {log.sealed_at:%Y-%m-%d %H:%M}"
        raise UsageError([Mistake("the clock", what, "set it right, then seal again")])


def _broken(path: Path, line: int, what: str) -> InputError:
    return InputError(
        f"line {line} of the log `{path}` {what}; it was cut or changed: compare it with a copy, nothing was sealed"
    )
