"""Tests that share something costly run in one process."""

from __future__ import annotations

import os

import pytest


def test_processes_share_the_tests_by_group(request: pytest.FixtureRequest) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("one process runs all tests")
    # whereby xdist knows the group: where it is lost, each process makes all that tests share
    assert request.node.nodeid.endswith("@tests/test_groups.py")
