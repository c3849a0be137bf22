"""A new ledger for each test, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from stillwatch.ledger import opened
from stillwatch.ledger.ledger import Ledger
from tests.ledger import postgres


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a running PostgreSQL."""
    if (reason := postgres.why_not()) is not None:
        pytest.skip(reason)
    with postgres.running() as url:
        yield url


@pytest.fixture
def database(server: str) -> str:
    """The URL of a new, empty database."""
    import psycopg

    name = f"t{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a new ledger is to be."""
    found: Path | str = tmp_path if request.param == "sqlite" else request.getfixturevalue("database")
    return found


@pytest.fixture
def ledger(where: Path | str) -> Iterator[Ledger]:
    with opened(where) as found:
        yield found
