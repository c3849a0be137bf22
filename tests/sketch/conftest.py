"""Fixtures: a key of the provider's and a desk that uses it."""

from __future__ import annotations

import pytest

from stillwatch.key import Key
from stillwatch.sketch.text import Desk, make_desk


@pytest.fixture(scope="session")
def key() -> Key:
    return Key(b"a secret of the provider's own")


@pytest.fixture(scope="session")
def desk(key: Key) -> Desk:
    return make_desk(key)
