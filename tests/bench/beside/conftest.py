"""The other libraries are no part of the development set-up: without them these tests have nothing to compare."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


@pytest.fixture
def others() -> None:
    """Skips where `make bench-beside` has not installed what it compares with."""
    missing = [name for name in ("datasketch", "rensa", "splink") if find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")
