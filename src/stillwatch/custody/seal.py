"""Seals a dossier: an in-toto statement about it and all that it rests on, signed, with every entry it adds to the log.

The seal is a file of lines beside the dossier: the signed statement, the public key, an authority's stamp or `null`,
and the entries. An entry that the reader may not see is there as its hash alone; a random salt in each keeps guesses
from being tested.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from securesystemslib.signer import CryptoSigner

from stillwatch.custody import log as logs
from stillwatch.custody.lines import canonical
from stillwatch.custody.log import PAYLOAD
from stillwatch.custody.merkle import leaf_hash
from stillwatch.custody.signing import public_line, signed
from stillwatch.errors import Mistake, UsageError

SUFFIX = ".seal"
"""What a seal's name adds to the dossier's."""

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:stillwatch:dossier:1"
STAMP = "application/timestamp-reply"

Stamper = Callable[[bytes], bytes]
"""Gets an authority's reply (RFC 3161) for the signed statement's line."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something found, decided or done, as JSON values; `shown` says whether the dossier's reader may see it."""

    content: Mapping[str, Any]
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Sealing:
    """Who seals when, into which log (None: a tree of its own), and whether an authority stamps it."""

    signer: CryptoSigner
    now: datetime
    log: Path | None = None
    stamper: Stamper | None = None


def seal(
    subjects: Sequence[tuple[str, str]], facts: Mapping[str, Any], entries: Sequence[Entry], how: Sealing
) -> tuple[bytes, Callable[[], None]]:
    """The seal's bytes, and the function that adds it to the log, to be called once the seal is written.

    `subjects` are names and sha256 in hexadecimal, the dossier first; `facts` are further JSON values that are signed.
    The caller holds the log. Raises UsageError where the clock went back, InputError where the log is broken.
    """
    log = logs.read(how.log) if how.log is not None else logs.Log()
    now = how.now.astimezone(UTC)
    logs.heed_clock(log, now)
    _heed_findings(facts, now)
    lines = [canonical({"entry": dict(one.content), "salt": secrets.token_hex(16)}) for one in entries]
    leaves = [leaf_hash(line) for line in lines]
    before = {"size": log.tree.size, "root": log.tree.root().hex(), "peaks": [one.hex() for one in log.tree.peaks]}
    tree = log.tree.add(leaves)
    statement = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in subjects],
        "predicateType": PREDICATE,
        "predicate": {
            **facts,
            "sealed_at": now.isoformat(),
            "log": {"before": before, "after": {"size": tree.size, "root": tree.root().hex()}},
        },
    }
    envelope, public = signed(statement, PAYLOAD, how.signer), public_line(how.signer)
    stamp = b"null" if how.stamper is None else signed(how.stamper(envelope), STAMP, how.signer)
    shown = [
        line if one.shown else canonical({"withheld": leaf.hex()})
        for line, leaf, one in zip(lines, leaves, entries, strict=True)
    ]
    whole = b"\n".join([envelope, public, stamp, *shown]) + b"\n"

    def enter() -> None:
        if how.log is not None:
            logs.append(how.log, log, leaves, public, envelope)

    return whole, enter


def _heed_findings(facts: Mapping[str, Any], now: datetime) -> None:
    """Raises UsageError where what is sealed was found after it is sealed."""
    finished = facts.get("run_finished_at")
    if finished is not None and now < datetime.fromisoformat(finished):
        what = f"shows {now:%Y-%m-%d %H:%M} UTC, but the run was finished at {finished}"
        raise UsageError([Mistake("the clock", what, "set it right, then seal again")])
