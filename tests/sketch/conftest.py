"""Fixtures: a key of the provider's and a workspace that uses it."""

from __future__ import annotations

import pytest

from stillwatch.key import Key
from stillwatch.sketch.text import Workspace, make_workspace


@pytest.fixture(scope="session")
def key() -> Key:
    return Key(b"a secret of the provider's own")


@pytest.fixture(scope="session")
def workspace(key: Key) -> Workspace:
    return make_workspace(key)
