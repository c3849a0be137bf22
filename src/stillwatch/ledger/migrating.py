"""An older or empty ledger gets the tables of this version, in the transaction that it is given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from stillwatch.errors import InputError
from stillwatch.ledger.tables import HEAD

SCRIPTS = "stillwatch.ledger:migrations"


def settings() -> Config:
    """Alembic's settings; no file holds them."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    return config


def upgrade(connection: sa.Connection, name: str) -> None:
    """Applies every migration that the ledger `name` lacks; raises InputError where it is no ledger of ours."""
    config = settings()
    config.attributes["connection"] = connection
    strange = sorted(set(sa.inspect(connection).get_table_names()) & {"decisions", "alembic_version"})
    if strange == ["decisions"]:
        raise InputError(f"`{name}` holds a table `decisions` that is no ledger's; name another place")
    try:
        command.upgrade(config, HEAD)
    except CommandError as error:
        remedy = "install that version of Stillwatch, or restore a copy from before it was opened there"
        raise InputError(f"the ledger `{name}` was written by a newer version ({error}); {remedy}") from error
