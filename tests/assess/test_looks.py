"""Looking often accuses no more people than looking once a day does, and what lasts is not held up."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import NormalDist

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stillwatch.assess.looks import SPAN, Look, Looks
from stillwatch.assess.thresholds import SAME_ODDS
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.known_networks import PREVIOUS_LOOKS
from stillwatch.records.sketches import ACCOUNT_SKETCHES
from tests.assess.tables import stored

AT = datetime(2026, 5, 1)
HOUR = timedelta(hours=1)


def after(*odds: float, every: timedelta = HOUR, account: str = "a") -> tuple[Looks, float]:
    """The searches before the last of these, and what they all come to at the last: each `every` after the other."""
    looks = Looks(AT)
    average = 0.0
    for number, one in enumerate(odds):
        until = AT + number * every
        looks = Looks(until, tuple(look for look in looks.earlier if look.until > until - SPAN))
        average = float(looks.average([account], np.array(["C"], object), np.array([one]))[0])
        said = {account: one} if one else {}
        looks = Looks(until, (*looks.earlier, Look(looks.since, until, said)))
    return looks, average


def test_one_search_counts_in_full() -> None:
    assert after(30.0)[1] == pytest.approx(30.0)


@pytest.mark.parametrize("hours", [24, 30, 100])
@pytest.mark.parametrize("every", [timedelta(minutes=10), HOUR, 6 * HOUR, timedelta(days=1), timedelta(days=4)])
def test_what_lasts_is_what_it_is(hours: int, every: timedelta) -> None:
    count = max(1, int(timedelta(hours=hours) / every))
    assert after(*[30.0] * count, every=every)[1] == pytest.approx(30.0)


def test_what_a_single_search_finds_counts_for_its_hour() -> None:
    silent = [0.0] * 30
    assert after(*silent, 240.0)[1] == pytest.approx(10.0)
    assert after(*silent, 240.0, 240.0, 0.0)[1] == pytest.approx(20.0)
    assert after(*silent, 240.0, *[0.0] * 23)[1] == pytest.approx(10.0)
    assert after(*silent, 240.0, *[0.0] * 24)[1] == 0.0


def test_daily_searches_stand_by_themselves() -> None:
    assert after(0.0, 0.0, 40.0, every=timedelta(days=1))[1] == pytest.approx(40.0)


@given(st.lists(st.tuples(st.floats(0.1, 40.0), st.floats(0.0, 1e6)), min_size=1, max_size=40))
def test_an_average_lies_among_the_odds(steps: list[tuple[float, float]]) -> None:
    looks, until = Looks(AT), AT
    for hours, odds in steps:
        until += hours * HOUR
        looks = Looks(until, tuple(look for look in looks.earlier if look.until > until - SPAN))
        average = float(looks.average(["a", "b"], np.array(["C", "D"], object), np.array([odds, 0.0]))[0])
        inside = [odds, *(one.odds.get("a", 0.0) for one in looks.earlier)]
        assert 0.0 <= average <= max(inside) * (1 + 1e-9)
        looks = Looks(until, (*looks.earlier, Look(looks.since, until, {"a": odds})))


@pytest.mark.parametrize("kept", [0.0, 0.9, 0.999], ids=["fresh each hour", "much the same", "nearly the same"])
def test_null_streams_pass_the_bar_as_rarely_as_stated(kept: float) -> None:
    """Strangers whose odds are the worst that a mean of 1 allows, searched every hour, however alike the searches."""
    rng, streams, days, bar = np.random.default_rng(5), 400, 20, 19.0
    state, edge = rng.standard_normal(streams), NormalDist().inv_cdf(1.0 - 1.0 / bar)
    names = [str(number) for number in range(streams)]
    apart = np.array(names, object)
    looks = Looks(AT)
    passed, alone = np.zeros((days, streams), bool), np.zeros((days, streams), bool)
    for number in range(24 * days):
        state = kept * state + np.sqrt(1.0 - kept**2) * rng.standard_normal(streams)
        odds = np.where(state > edge, bar, 0.0)
        until = AT + (number + 1) * HOUR
        looks = Looks(until, tuple(one for one in looks.earlier if one.until > until - SPAN))
        passed[number // 24] |= looks.average(names, apart, odds) >= bar * SAME_ODDS
        alone[number // 24] |= odds >= bar
        looks = Looks(until, (*looks.earlier, Look(looks.since, until, dict(zip(names, odds.tolist(), strict=True)))))
    bound = 2.0 / bar
    assert passed.mean() <= bound
    assert kept > 0.99 or alone.mean() > 2.0 * bound, "what single searches say does not keep to it"


def test_they_go_from_run_to_run(engine: DuckDBEngine) -> None:
    stored(engine, ACCOUNT_SKETCHES, [{"account_id": "a", "last_seen": AT}])
    engine.store(PREVIOUS_LOOKS, PREVIOUS_LOOKS.schema.empty_table())
    first = Looks.of(engine)
    assert (first.until, first.since) == (AT, AT - SPAN)
    engine.store(PREVIOUS_LOOKS, _as_previous(first.with_this({"a": 7.0, "b": 3.0})))
    stored(engine, ACCOUNT_SKETCHES, [{"account_id": "a", "last_seen": AT + 6 * HOUR}])
    second = Looks.of(engine)
    assert second.earlier == (Look(AT - SPAN, AT, {"a": 7.0, "b": 3.0}),)
    assert second.since == AT
    average = second.average(["b", "a", "c"], np.array(["B", "A", "C"], object), np.array([40.0, 0.0, 4.0]))
    assert average == pytest.approx([(18 * 3 + 6 * 40) / 24, 18 * 7 / 24, 1.0])


def test_a_search_that_reads_just_as_far_takes_the_place_of_the_one_before(engine: DuckDBEngine) -> None:
    stored(engine, ACCOUNT_SKETCHES, [{"account_id": "a", "last_seen": AT}])
    earlier = Looks(AT, (Look(AT - 9 * HOUR, AT - 2 * HOUR, {"a": 5.0}),))
    engine.store(PREVIOUS_LOOKS, _as_previous(earlier.with_this({"a": 7.0})))
    again = Looks.of(engine)
    assert again.earlier == earlier.earlier
    assert again.with_this({"a": 7.0}) == earlier.with_this({"a": 7.0})


def test_a_run_without_exchanges_keeps_none(engine: DuckDBEngine) -> None:
    stored(engine, ACCOUNT_SKETCHES, [])
    none = Looks.of(engine)
    assert none.with_this({}).num_rows == 0
    assert none.average([], np.zeros(0, object), np.zeros(0)).size == 0


def _as_previous(rows: pa.Table) -> pa.Table:
    return rows.cast(PREVIOUS_LOOKS.schema)
