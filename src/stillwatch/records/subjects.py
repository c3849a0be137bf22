"""What a judgement in the ledger can be about beside accounts, networks and campaigns."""

from __future__ import annotations

SCREENING = "screening:"
"""Begins the subject of a judgement on the match of an account's name with a listed one; no run looks for it."""
