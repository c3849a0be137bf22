"""Alembic runs this module; it migrates over the connection that it is given, within that connection's transaction."""

from alembic import context

from stillwatch.ledger.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
