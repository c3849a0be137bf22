"""A reseller's letter names its own customers, and nothing of anybody else: every other value of the run is tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch.report import folder
from stillwatch.report.access.letter import LISTED, Month, letter, month_of
from stillwatch.report.dossier.blocks import Written
from stillwatch.report.render import WRITINGS
from tests.report.synthetic_access import HOSTILE
from tests.report.synthetic_run import SyntheticRun


def of(run: Path, reseller: str, month: Month) -> tuple[Written, str]:
    """The letter, and its text in both formats that are text."""
    with folder.opened(run) as (engine, facts):
        written = letter(engine, facts, reseller, month)
        return written, "".join(WRITINGS[kind](written, facts.made_at).decode() for kind in ("md", "html"))


def strings(value: object) -> set[str]:
    """Every text in a row of a run."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return {text for one in value.values() for text in strings(one)}
    return {text for one in value for text in strings(one)} if isinstance(value, list | tuple) else set()


def test_it_names_its_own_customers(full: SyntheticRun, full_folder: Path) -> None:
    written, text = of(full_folder, "shop", Month(2026, 5))
    sold = {row["account_id"] for row in full.rows["resold_accounts"]}
    (grid,) = [block for block in written.sections[0].blocks if hasattr(block, "rows")]
    assert len(grid.rows) == LISTED and {row[0] for row in grid.rows} <= sold
    taken = [int(row[2].replace(",", "")) for row in grid.rows]
    assert taken == sorted(taken, reverse=True)
    assert all(row[3] >= "2026-05-01" and row[4] <= "2026-05-31" for row in grid.rows)
    assert "names each of its customers to us" in text and "valid until 2027-01-01" in text


def test_no_value_of_anybody_else_is_in_it(full: SyntheticRun, full_folder: Path) -> None:
    _, text = of(full_folder, "shop", Month(2026, 5))
    own = {row["account_id"] for row in full.rows["resold_accounts"]}
    own |= strings([row for row in full.rows["resellers"] if row["reseller_id"] == "shop"])
    tables = ("campaign_members", "network_members", "network_values", "network_links", "evidence", "campaigns")
    more = ("networks", "alternatives", "lineage", "applied_judgements", "sources", "quarantine", "resellers", "doors")
    every = {one for name in (*tables, *more) for one in strings(full.rows[name])} - own
    tried = {one for one in every if not re.fullmatch("[a-z_]*", one)}  # the contract's own words are no values
    told = {one for one in tried if len(one) > 3 and one.strip() in text}
    assert len(tried) > 1_500
    assert not re.search(r"\b[CN]\d+\b", text)  # no campaign, no network
    assert told == set()


def test_a_name_like_another_reseller_gets_nothing_of_it(full_folder: Path) -> None:
    for strange in ("SHOP", "sho", "shop' OR '1'='1", "%"):
        with pytest.raises(UsageError, match="sells to no account"):
            of(full_folder, strange, Month(2026, 5))
    _, text = of(full_folder, HOSTILE, Month(2026, 5))
    assert "<script>alert" not in text and "acct_" not in text
    assert "You hold no permit for resale" in text


def test_a_month_without_requests_names_nobody(full_folder: Path) -> None:
    _, text = of(full_folder, "shop", Month(2025, 12))
    assert "None of your customers in this month" in text and "acct_" not in text


def test_months_end_where_the_next_begins() -> None:
    assert month_of("2026-12").last == Month(2027, 1).first
    assert str(month_of("2026-05")) == "May 2026"
    for text in ("2026-13", "May", "", "2026-05-01"):
        with pytest.raises(UsageError, match="is no month"):
            month_of(text)


def test_it_is_made_as_pdf(full_folder: Path) -> None:
    pytest.importorskip("typst", reason="typst is not installed")
    with folder.opened(full_folder) as (engine, facts):
        written = letter(engine, facts, "shop", Month(2026, 5))
        assert WRITINGS["pdf"](written, facts.made_at).startswith(b"%PDF")
