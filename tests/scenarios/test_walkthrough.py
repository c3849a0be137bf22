"""The walkthrough is true: its commands run as they stand, in order, and find what it says they find."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

PAGE = Path(__file__).resolve().parents[2] / "examples" / "walkthrough.md"


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which every command of the page was run, with this installation's programs first on the path."""
    folder = tmp_path_factory.mktemp("walkthrough")
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) > 5
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    script = "\n".join(["set -e", *blocks])
    done = subprocess.run(
        ["sh", "-c", script], cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path}, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def accounts_at(run: Path, level: str) -> dict[str, set[str]]:
    """The accounts of each campaign at a level."""
    found: dict[str, set[str]] = {}
    for row in pq.read_table(run / "campaign_members.parquet").to_pylist():
        if row["level"] == level:
            found.setdefault(row["campaign_id"], set()).add(row["account_id"])
    return found


def test_one_campaign_stands_at_act_and_one_at_review(walked: Path) -> None:
    assert len(accounts_at(walked / "first", "act")) == 1
    assert len(accounts_at(walked / "first", "review")) == 1


def test_the_judged_account_leaves_and_the_campaign_keeps_its_id(walked: Path) -> None:
    judged = (walked / "judgements.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    ((before, accounts),) = accounts_at(walked / "first", "act").items()
    ((after, left),) = accounts_at(walked / "second", "act").items()
    assert (after, left) == (before, accounts - {judged})
    assert judged in accounts


def test_the_dossier_names_the_campaign(walked: Path) -> None:
    (campaign,) = accounts_at(walked / "first", "act")
    assert campaign in (walked / "first.md").read_text(encoding="utf-8")
