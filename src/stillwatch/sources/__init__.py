"""Where exchanges come from while Stillwatch watches: a folder, Kafka, NATS, or a receiver of OTLP."""

from __future__ import annotations

import hashlib
from pathlib import Path

from stillwatch.errors import Mistake, UsageError
from stillwatch.sources.addresses import Address, Partitions, parse
from stillwatch.sources.folder import FolderSource
from stillwatch.sources.inbox import INBOX, Inbox
from stillwatch.sources.interface import Allowed, Batch, Counts, Offset, Source, Trouble
from stillwatch.sources.taking import SETTLE_SECONDS

__all__ = [
    "SETTLE_SECONDS",
    "Address",
    "Allowed",
    "Batch",
    "Counts",
    "Offset",
    "Partitions",
    "Source",
    "Trouble",
    "inbox",
    "opened",
    "parse",
]


def opened(
    address: Address, state: Path, allowed: Allowed | None = None, settle_seconds: float = SETTLE_SECONDS
) -> Source:
    """Returns the source at an address; what it keeps lies in a folder of its own inside `state`, which must last.

    `allowed` is needed for a receiver of OTLP. Raises UsageError when a package is missing or an address cannot be
    listened at, or when `state` lies inside the folder; OutputError when `state` cannot be written.
    """
    own = folder_of(address, state)
    if address.kind == "folder":
        if state.resolve().is_relative_to(address.place):
            where = f"`--state {state}`"
            raise UsageError([Mistake(where, f"lies inside the watched `{address.place}`", "name a folder elsewhere")])
        return FolderSource(address.name, address.place, own, settle_seconds)
    if address.kind == "kafka":
        from stillwatch.sources.kafka import KafkaSource

        return KafkaSource(address, own)
    if address.kind == "nats":
        from stillwatch.sources.nats import NatsSource

        return NatsSource(address, own)
    from stillwatch.sources.receiving import OtlpSource

    return OtlpSource(address, own, allowed or (lambda _: False))


def inbox_of(address: Address, state: Path) -> Inbox:
    """Returns the inbox that a receiver of another program fills, and a source with `listen=no` reads.

    Raises OutputError when `state` cannot be written.
    """
    return Inbox(folder_of(address, state) / INBOX)


def folder_of(address: Address, state: Path) -> Path:
    """Returns the folder of a source's own."""
    digest = hashlib.blake2b(address.name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return state / f"{address.kind}-{digest}"
