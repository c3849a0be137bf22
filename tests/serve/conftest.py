"""One served state: a ledger with keys, and a snapshot with an account under each effect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.serve.asked import Served, publish, served


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def here(tmp_path: Path, now: datetime) -> Iterator[Served]:
    publish(tmp_path, now)
    found = served(tmp_path)
    yield found
    found.parts.door.close()
