"""Exchanges become textless sketches; text ends here."""

READS = ("exchanges", "received_sketches")
WRITES = ("exchange_sketches", "account_sketches")
