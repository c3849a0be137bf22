"""Answers gateways from the snapshot of verdicts, and people from the ledger, over HTTP."""
