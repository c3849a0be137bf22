"""Alembic's migrations of the ledger; each is one module of `versions`."""
