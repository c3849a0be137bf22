"""The walkthrough is true: its commands run as they stand, in order, and find what it says they find."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stillwatch.cli.main import invoke

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "examples" / "walkthrough.md"


def statements() -> list[str]:
    """Every command of the page's shell blocks, continued lines joined."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


def runs() -> Iterator[tuple[bool, list[str]]]:
    """The statements in order, those that are one plain call of Stillwatch apart from those that need a shell."""
    for plain, group in groupby(statements(), key=lambda line: not re.search(r"[|$;&<>]", line)):
        yield plain, list(group)


def in_a_shell(lines: list[str]) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    script = "\n".join(["set -euo pipefail", *lines])
    done = subprocess.run(
        ["bash", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stderr}"


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything was run: plain calls in this process, since loading it anew is most of what one costs."""
    where = tmp_path_factory.mktemp("walkthrough")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(where)
        for plain, lines in runs():
            if not plain:
                in_a_shell(lines)
                continue
            for line in lines:
                program, *words = shlex.split(line)
                assert program == "stillwatch", line
                assert invoke(words) == 0, line
    return where


def accounts_at(run: Path, level: str) -> dict[str, set[str]]:
    """The accounts of each campaign at a level."""
    found: dict[str, set[str]] = {}
    for row in pq.read_table(run / "campaign_members.parquet").to_pylist():
        if row["level"] == level:
            found.setdefault(row["campaign_id"], set()).add(row["account_id"])
    return found


def test_the_page_has_the_commands_of_every_step() -> None:
    named = [line.split()[1] for line in statements() if line.startswith("stillwatch ")]
    assert {"lab", "check", "sketch", "scan", "report"} <= set(named)
    assert len(list(runs())) > 2


def test_both_campaigns_stand_at_act(walked: Path) -> None:
    levels = [row["level"] for row in pq.read_table(walked / "first" / "campaigns.parquet").to_pylist()]
    assert levels == ["act", "act"]


def test_the_judged_account_leaves_and_the_campaigns_keep_their_ids(walked: Path) -> None:
    judged = (walked / "judgements.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[0]
    before, after = (accounts_at(walked / run, "act") for run in ("first", "second"))
    assert after == {campaign: accounts - {judged} for campaign, accounts in before.items()}
    assert judged in set().union(*before.values())


def test_the_dossier_names_the_campaigns(walked: Path) -> None:
    dossier = (walked / "first.md").read_text(encoding="utf-8")
    for campaign in accounts_at(walked / "first", "act"):
        assert campaign in dossier
