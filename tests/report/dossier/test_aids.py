"""Aids count hours and days as they are, and say where chance would do as well."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from stillwatch.errors import UsageError
from stillwatch.report import attribution_aids
from stillwatch.report.dossier.aids import DAYS, quiet_days, quiet_hours
from tests.report.synthetic_run import SHOWN, SyntheticRun


@pytest.mark.parametrize("shift", range(24))
def test_sleepers_are_placed_by_their_night(shift: int) -> None:
    # asleep from 23 to 7 by a clock `shift` hours ahead of UTC
    requests = [0 if (hour + shift) % 24 in (23, 0, 1, 2, 3, 4, 5, 6) else 10 for hour in range(24)]
    (line,) = quiet_hours(requests)
    zone = shift if shift < 12 else shift - 24
    assert f"UTC{zone:+d}," in line
    assert "a scheduler can keep any hours" in line


def test_even_hours_place_nobody() -> None:
    (line,) = quiet_hours([10] * 24)
    assert "clocks" not in line
    assert "by chance 33 %" in line
    assert list(quiet_hours([0] * 24)) == list(quiet_days([0] * 7)) == []


def test_days_are_those_of_the_requests(full: SyntheticRun, full_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "names").write_text("bank 4242\n\nACME\n", encoding="utf-8")
    lines = attribution_aids(full_folder, "C1", tmp_path / "names")
    mine = [row["started_at"] for row in full.rows["campaign_exchanges"] if row["campaign_id"] == "C1"]
    days = Counter(DAYS[moment.weekday()] for moment in mine)
    (line,) = (one for one in lines if one.startswith("days: "))
    assert f"Monday {round(100 * days['Monday'] / len(mine))} %" in line
    assert any(line.startswith("hours: ") for line in lines)
    assert any(SHOWN["same_payment_issuer"] in line for line in lines if line.startswith("shared: "))
    assert any(line.startswith("name `bank 4242`: ") and SHOWN["same_payment_issuer"] in line for line in lines)
    assert "name `ACME`: in no shared value that the run shows" in lines
    with pytest.raises(UsageError, match="cannot be read"):
        attribution_aids(full_folder, "C1", tmp_path / "gone")
