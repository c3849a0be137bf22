"""`stillwatch keys`: keys for programs that ask or tell Stillwatch something."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stillwatch.cli.options import AsJson
from stillwatch.cli.output import complain, print_json, say
from stillwatch.errors import Mistake, UsageError

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

keys = typer.Typer(help="Keys for programs: gateways, appeal forms, partners.", no_args_is_help=True)
State = Annotated[Path | None, typer.Option(help="The state folder whose ledger holds the keys.")]
Database = Annotated[str | None, typer.Option(help="A `postgresql://` ledger instead of a state's own.")]


@keys.command()
def create(
    name: Annotated[str, typer.Option(help="What will show the key, such as `litellm-eu`.")],
    scope: Annotated[str, typer.Option(help="`verdict`, `ingest`, `appeal`, `screen`, `share`, `read` or `analyst`.")],
    state: State = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Makes a key and prints its secret, which cannot be shown again: only its hash is kept."""
    from stillwatch.ledger import FILE

    made = None if state is None or (state / FILE).is_file() else state / FILE
    with _ledger(state, database, create=True) as ledger:
        key, secret = ledger.keys.create(name, scope, datetime.now(UTC))
    if made is not None:  # keys may be made before the first log is read, so that only people know a mistyped folder
        complain(
            f"there was no ledger in `{state}`: `{made}` is new; if the folder is mistyped, remove it and try again"
        )
    if as_json:
        print_json({**asdict(key), "secret": secret})
    else:
        say(secret)


@keys.command("list")
def list_keys(state: State = None, database: Database = None, as_json: AsJson = False) -> None:
    """Lists all keys, also those that were revoked."""
    with _ledger(state, database) as ledger:
        found = ledger.keys.list()
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        ended = f"revoked {one.revoked_at:%Y-%m-%d} by {one.revoked_by}" if one.revoked_at else "valid"
        say(f"{one.key_id}  {one.scope:8}  {one.created_at:%Y-%m-%d}  {ended}  {one.name}")
    if not found:
        say("there are no keys")


@keys.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, as `keys list` prints it.", show_default=False)],
    state: State = None,
    database: Database = None,
    by: Annotated[str | None, typer.Option(help="Who revokes it; without a name the user of this machine.")] = None,
) -> None:
    """Ends a key: servers refuse it within seconds."""
    at = datetime.now(UTC)
    with _ledger(state, database) as ledger:
        found = ledger.keys.revoke(key, by or getpass.getuser(), at)
    if found.revoked_at == at:
        say(f"{found.key_id} ({found.name}) is revoked")
    else:
        say(f"{found.key_id} ({found.name}) was revoked already, on {found.revoked_at:%Y-%m-%d} by {found.revoked_by}")


@contextmanager
def _ledger(state: Path | None, database: str | None, create: bool = False) -> Iterator[Ledger]:
    if (state is None) == (database is None):
        raise UsageError([Mistake("`--state`", "or `--database` is needed, and not both", "name one of them")])
    from stillwatch import ledger  # here, because `--help` must not wait for it

    with ledger.opened(database or state or "", create) as found:
        yield found
