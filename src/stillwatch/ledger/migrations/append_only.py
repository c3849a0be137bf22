"""Triggers under which rows of a table can be added, and neither changed nor removed, by whatever program."""

from __future__ import annotations

from alembic import op

SAID = "the ledger is append-only: add a row that reverses this one"


def keep(table: str, *key: str, unique: str | None = None) -> None:
    """Makes the table append-only; `key` are its primary key's columns, `unique` is another that is unique."""
    if op.get_bind().dialect.name == "postgresql":
        _keep_postgresql(table)
    else:
        _keep_sqlite(table, key, unique)


def _keep_sqlite(table: str, key: tuple[str, ...], unique: str | None) -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
        )
    # `INSERT OR REPLACE` removes a row without asking the trigger of DELETE
    same = " AND ".join(f'"{column}" = NEW."{column}"' for column in key)
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) BEGIN SELECT RAISE(IGNORE); END"
    )
    if unique is not None:
        op.execute(
            f"CREATE TRIGGER {table}_no_second_{unique} BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {unique} = NEW.{unique} AND NOT ({same})) "
            f"BEGIN SELECT RAISE(ABORT, '{SAID}'); END"
        )


def _keep_postgresql(table: str) -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION stillwatch_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{SAID}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION stillwatch_append_only()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION stillwatch_append_only()"
    )
