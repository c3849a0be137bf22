"""A state with one run of three campaigns, decisions, an appeal and a console over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.asked import Console, decided, laid, served
from tests.ledger.conftest import database as database
from tests.ledger.conftest import server as server
from tests.report.conftest import full as full
from tests.report.conftest import full_folder as full_folder
from tests.report.synthetic_run import SyntheticRun


@pytest.fixture(scope="session")
def account(full: SyntheticRun) -> str:
    """An account of C1 that shares values with others."""
    members = {row["account_id"] for row in full.rows["campaign_members"] if row["campaign_id"] == "C1"}
    links = [row["account_id"] for row in full.rows["network_links"] if row["network_id"] == "N1"]
    return next(one for one in links if one in members)


@pytest.fixture
def state(tmp_path: Path, full_folder: Path) -> Path:
    """A state folder whose newest run is the made-up one."""
    laid(tmp_path / "state", full_folder)
    return tmp_path / "state"


@pytest.fixture
def here(state: Path, account: str) -> Iterator[Console]:
    """The console, with decisions about `account` and its appeal."""
    with served(state) as found:
        decided(state, found.ledger, account)
        yield found


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, full_folder: Path, account: str) -> Iterator[Console]:
    """The same for tests that change nothing that another looks at."""
    folder = tmp_path_factory.mktemp("shared") / "state"
    laid(folder, full_folder)
    with served(folder) as found:
        decided(folder, found.ledger, account)
        yield found


@pytest.fixture
def appeal(here: Console) -> str:
    """The id of the appeal that waits."""
    return here.ledger.appeals.list()[0].appeal_id
