"""Tests that share something costly run in one process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import LONGEST, SHARED


def test_processes_share_the_tests_by_group(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("one process runs all tests")
    # whereby xdist knows the group: where it is lost, each process makes all that tests share
    assert request.node.nodeid.endswith("@tests/test_groups.py")


def test_the_groups_that_begin_first_exist() -> None:
    files = [group for group in LONGEST if group not in {"spark", *SHARED.values()}]
    assert all((Path(__file__).parents[1] / path).is_file() for path in (*files, *SHARED) if path.endswith(".py"))
    assert [path for path in files if path.startswith(tuple(SHARED))] == [], "they run in groups of other names"
