"""Logs become exchanges."""

READS: tuple[str, ...] = ()
WRITES = (
    "exchanges",
    "received_sketches",
    "accounts",
    "permits",
    "judgements",
    "quarantine",
    "sources",
    "channels",
)
