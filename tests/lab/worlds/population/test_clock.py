"""People keep the fitted day, and rest on their country's holidays."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from stillwatch_lab.worlds.build import build
from stillwatch_lab.worlds.draft import Span
from stillwatch_lab.worlds.parameters import Parameters, keys_under
from stillwatch_lab.worlds.population import geography
from stillwatch_lab.worlds.population.clock import (
    by_quantiles,
    draw_clock,
    fitted_list,
    is_holiday,
)

COUNTRY = {country[0]: number for number, country in enumerate(geography.COUNTRIES)}


def test_draws_by_quantiles_have_these_quantiles() -> None:
    wanted = np.array([0.0, 0.0, 1.0, 2.0, 10.0])
    drawn = by_quantiles(keys_under(1, "person", 50_000), "x", wanted)
    assert np.quantile(drawn, [0.1, 0.3, 0.5, 0.7, 0.9]) == pytest.approx(
        wanted, abs=0.4
    )  # the steepest part moves by 0.08 a standard error
    assert drawn.min() >= 0
    assert drawn.max() <= 10


def test_a_worlds_day_varies_around_the_fitted_one() -> None:
    span = Span(datetime(2026, 3, 2), 30.0, 10.0)
    days = np.array([np.diff(draw_clock(span, Parameters(seed)).hours) for seed in range(200)])
    shape = fitted_list("hours", "weights")
    assert days.sum(axis=1) == pytest.approx(np.ones(200))
    assert np.corrcoef(days.mean(axis=0), shape)[0, 1] > 0.97
    assert days.std(axis=0).min() > 0


def test_holidays_are_each_countrys_own() -> None:
    clock = draw_clock(Span(datetime(2026, 5, 1), 30.0, 10.0), Parameters(1, {"holiday_activity": 0.25}))
    days = np.arange(30.0)
    american, german = (np.flatnonzero(is_holiday(clock, COUNTRY[code], days)) + 1 for code in ("US", "DE"))
    assert american.tolist() == [25]  # Memorial Day
    assert german.tolist() == [1, 14, 25]  # Labour Day, Ascension, Whit Monday
    assert set(np.unique(clock.quiet)) == {0.25, 1.0}


def test_a_holiday_is_quiet(tmp_path: Path) -> None:
    # From Monday 27 April 2026 on; Japan's Golden Week has four holidays in it.
    (tmp_path / "rest.toml").write_text("[world]\ndays = 30\nbegins = 112\nholiday_activity = 0.05\noutages = 0\n")
    build(tmp_path / "rest.toml", 1, 1_500, 30_000, None, tmp_path / "world")
    exchanges = ds.dataset(tmp_path / "world" / "exchanges").to_table(["account_id", "started_at"])
    phones = pq.read_table(tmp_path / "world" / "accounts.parquet", columns=["account_id", "phone_prefix"])
    joined = exchanges.join(phones, "account_id")
    share = []
    for prefix, east in (("+81", 9), ("+1", -6)):
        times = joined.filter(pc.equal(joined["phone_prefix"], prefix))["started_at"].to_numpy()
        local = (times + np.timedelta64(east, "h")).astype("datetime64[D]")
        golden = (local >= np.datetime64("2026-05-03")) & (local <= np.datetime64("2026-05-06"))
        assert len(times) > 500
        share.append(golden.mean())
    assert share[0] < share[1] / 3
