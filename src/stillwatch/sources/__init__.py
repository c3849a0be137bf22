"""Where exchanges come from while Stillwatch watches: a folder, Kafka, NATS, or a receiver of OTLP."""

from __future__ import annotations

import hashlib
from pathlib import Path

from stillwatch.errors import Mistake, UsageError
from stillwatch.sources.addresses import Address, Partitions, parse
from stillwatch.sources.folder import FolderSource
from stillwatch.sources.interface import Allowed, Batch, Counts, Offset, Source, Trouble
from stillwatch.sources.taking import SETTLE_SECONDS

__all__ = ["Address", "Allowed", "Batch", "Counts", "Offset", "Partitions", "Source", "Trouble", "opened", "parse"]


def opened(
    address: Address, state: Path, allowed: Allowed | None = None, settle_seconds: float = SETTLE_SECONDS
) -> Source:
    """Returns the source at an address; what it keeps lies in a folder of its own inside `state`, which must last.

    `allowed` is needed for a receiver of OTLP. Raises UsageError when a package is missing or an address cannot be
    listened at, OutputError when `state` cannot be written.
    """
    digest = hashlib.blake2b(address.name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    own = state / f"{address.kind}-{digest}"
    if address.kind == "folder":
        return FolderSource(address.name, address.place, own, settle_seconds)
    if address.kind == "kafka":
        from stillwatch.sources.kafka import KafkaSource

        return KafkaSource(address, own)
    if address.kind == "nats":
        from stillwatch.sources.nats import NatsSource

        return NatsSource(address, own)
    raise UsageError([Mistake(f"`{address.name}`", "cannot be read yet", "name a folder")])
