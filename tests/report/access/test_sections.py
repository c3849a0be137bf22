"""What is written of doors says each count once, in every format, with hostile names made harmless."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from stillwatch.report import folder
from stillwatch.report.access.doors import Upheld
from stillwatch.report.access.sections import written
from stillwatch.report.dossier.blocks import Grid, Items, Paragraph, Written
from stillwatch.report.render import WRITINGS


@pytest.fixture(scope="module")
def document(full_folder: Path) -> Written:
    with folder.opened(full_folder) as (engine, facts):
        return written(engine, facts, Upheld(9, 1))


def grid(document: Written, title: str) -> Grid:
    (section,) = [one for one in document.sections if one.title == title]
    (found,) = [block for block in section.blocks if isinstance(block, Grid)]
    return found


def test_each_door_stands_with_what_campaigns_took(document: Written) -> None:
    rows = grid(document, "By door").rows
    assert rows[0] == ("channel api", "60,760", "850", "1", "595,000", "29 %", "2 %", "33 %", "50 %")
    assert [row[0] for row in rows[:4]] == ["channel api", "resellers", "channel app", "free plan"]
    checks = grid(document, "Checks that were passed").rows
    assert ("channel api", "email", "820", "21,400", "23") in checks
    assert ("resellers", "not stated", "330", "1,240", "1") in checks


def test_one_more_check_stands_with_its_interval_and_its_cost(document: Written) -> None:
    rows = {row[:2]: row[2:] for row in grid(document, "One more check").rows}
    card = rows["channel api", "card"]
    assert (card[0], card[1], card[2], card[4]) == ("850", "0 of 1", "850", "37,400")
    low, high = (float(one.replace(",", "")) for one in card[3].split(" to "))
    assert 0 < low < high == 850  # one campaign says little, and a tenth of findings may be wrong
    assert not [row for row in rows if row[0] == "resellers"]  # of whom no check is stated


def test_places_stand_with_their_doubt(document: Written) -> None:
    assert [row[:4] for row in grid(document, "Regions").rows] == [
        ("BB", "hosting or VPN", "relay", "1,150"),
        ("BB", "an access network", "none found", "320"),
    ]
    blocks = [block for one in document.sections for block in one.blocks if isinstance(block, Items)]
    said = " ".join(line for block in blocks for line in block.lines)
    assert "1,470 are seen away" in said and "0 to 1,547 truly are" in said


@pytest.mark.parametrize("kind", ["md", "html"])
def test_hostile_names_stay_text(kind: str, full_folder: Path, document: Written) -> None:
    with folder.opened(full_folder) as (_, facts):
        text = WRITINGS[kind](document, facts.made_at).decode()
    assert "<script>alert" not in text and "\u202e" not in text
    assert "alert(1)" in text.replace("\\", "")


def test_a_run_without_accounts_says_so(empty_folder: Path) -> None:
    with folder.opened(empty_folder) as (engine, facts):
        found = written(engine, facts, Upheld())
    (section,) = found.sections
    (said,) = section.blocks
    assert isinstance(said, Paragraph) and "an earlier version" in said.text


def test_a_run_without_address_data_says_so(full_folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    copytree(full_folder, run)
    (run / "regions.parquet").unlink()
    with folder.opened(run) as (engine, facts):
        found = written(engine, facts, Upheld())
    regions = [block for one in found.sections if one.title == "Regions" for block in one.blocks]
    assert isinstance(regions[0], Paragraph) and "regions.countries" in regions[0].text
