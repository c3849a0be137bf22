"""`python -m bench.demo_dossiers OUT`: the dossier of the demo's larger campaign as PDF, once for each profile.

The demo's world is made and scanned; the worksheet and the price page are those of docs/methods/dossier.md. Each file
is made twice, and the two are compared.
"""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from bench.measure import ROOT, say
from stillwatch import flow, report
from stillwatch.report import Asked
from stillwatch.report.dossier.damage import load_prices
from stillwatch.report.dossier.facts import Recorded
from stillwatch.report.dossier.profiles import PROFILES
from stillwatch.report.dossier.worksheet_file import entries, load_worksheet
from stillwatch_lab.worlds.build import build
from stillwatch_lab.worlds.job import job_of

SEED, ACCOUNTS, EXCHANGES = 7, 2_400, 60_000
AT = datetime(2026, 6, 2, 9, 0, tzinfo=UTC)  # when the worksheet was entered


def main(out: Path) -> None:
    """Writes the four files."""
    page = (ROOT / "docs" / "methods" / "dossier.md").read_text(encoding="utf-8")
    prices_text, worksheet_text = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[:2]
    with TemporaryDirectory(prefix="bench-demo-dossiers-") as name:
        home = Path(name)
        os.chdir(home)  # a dossier for the provider's own side names its input files as they were named
        build("demo", SEED, ACCOUNTS, EXCHANGES, None, Path("world"))
        run = flow.scan(job_of(Path("world")), home / "run").folder
        rows = pq.read_table(run / "campaigns.parquet").to_pylist()
        campaign = max(rows, key=lambda row: row["exchanges"])["campaign_id"]
        (home / "prices.toml").write_text(prices_text, encoding="utf-8")
        (home / "worksheet.toml").write_text(worksheet_text, encoding="utf-8")
        entered = entries(load_worksheet(home / "worksheet.toml"), (), "analyst", AT)
        assert {one.subject for one in entered} == {campaign}
        recorded = Recorded(attributions=entered)
        for profile in PROFILES:
            asked = Asked("pdf", profile, recorded, load_prices(home / "prices.toml"))
            made = report.write_dossier(run, campaign, asked)
            assert made == report.write_dossier(run, campaign, asked)
            (out / f"{profile}.pdf").write_bytes(made)
            say(f"{profile}: {len(made):,} bytes, the same twice")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
