"""The tables in the pages on formats are those of the mapping files, and every example in them can be loaded."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from stillwatch.read.gateways import load_mapping, names
from tests.read.gateways.samples import rows_of, sample

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted((ROOT / "docs" / "formats").glob("*.md"))
TOML = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_every_format_has_a_page() -> None:
    assert [page.stem for page in PAGES if page.stem != "mapping"] == list(names())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_tables_are_those_of_the_code(page: Path) -> None:
    made = runpy.run_path(str(ROOT / "docs" / "refresh.py"))
    tables, blocks = made["tables"](), list(made["BLOCK"].finditer(page.read_text(encoding="utf-8")))
    assert len(blocks) == 1
    for block in blocks:
        assert block[0] == f"{block[1]}{tables[block['name']]}{block[3]}", "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.stem))
def test_examples_can_be_loaded(page: Path, tmp_path: Path) -> None:
    for number, text in enumerate(TOML.findall(page.read_text(encoding="utf-8"))):
        path = tmp_path / f"{number}.toml"
        path.write_text(text, encoding="utf-8")
        rows_of(load_mapping(path), sample(page.stem) if page.stem in names() else [{}])
