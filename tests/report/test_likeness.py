"""A campaign beside earlier ones: figures that a plain sum gives too, chance beside them, and who is not compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import log2
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.lineage import LINEAGE, LINEAGE_MEMBERS
from stillwatch.records.outputs import (
    APPLIED_JUDGEMENTS,
    CAMPAIGN_MEMBERS,
    CAMPAIGNS,
    NETWORK_PROFILES,
    NETWORK_STANDINGS,
    NETWORKS,
)
from stillwatch.report.likeness import ASPECTS, EARLIER, MOST_BITS, Earlier, Likeness, Side, figures_of, past
from stillwatch.settings import EngineSettings
from tests.report.synthetic_run import SyntheticRun

AT = datetime(2026, 5, 1)
DAY = timedelta(days=1)
HANDS = {("same_address", 1): (1.0, 0.001), ("same_payment_issuer", 2): (0.5, 0.01)}
WORDS = {("asks_alike", 7): (0.5, 0.01), ("asks_alike", 8): (0.25, 0.01)}
HOURS = {("active_in_hour", 9): (0.75, 0.1), ("active_in_hour", 10): (0.25, 0.1)}
OTHER = {("same_address", 50): (1.0, 0.001), ("asks_alike", 60): (1.0, 0.01), ("active_in_hour", 3): (1.0, 0.1)}
Profile = dict[tuple[str, int], tuple[float, float]]


def known(run: SyntheticRun, name: str, profile: Profile, remembered: bool, **standing: Any) -> None:
    """A network with this profile, and how it stands where it is of a campaign."""
    for (claim, keyed), (usage, rate) in profile.items():
        held = {"keyed": keyed, "accounts": 9, "usage": usage, "rate": rate, "held_since": AT}
        run.add(NETWORK_PROFILES, network_id=name, claim=claim, remembered=remembered, **held)
    if standing:
        row = {"accounts": 10, "exchanges": 900, "act": 10, "review": 0, "watch": 0, "read_until": AT - 30 * DAY}
        run.add(NETWORK_STANDINGS, network_id=name, remembered=remembered, **(row | standing))


def campaign(run: SyntheticRun, name: str, networks: list[str], first: datetime) -> None:
    numbers = {"accounts": 10, "exchanges": 900, "expected_innocent_accounts": 0.1, "confidence": 99.0, "q_value": 0.01}
    shares: dict[str, Any] = {"targets": [], "subjects": [], "forms": []}
    seen = {"first_seen": first, "last_seen": first + DAY}
    run.add(CAMPAIGNS, campaign_id=name, level="act", networks=networks, **seen, **numbers, **shares)


def network(run: SyntheticRun, name: str, accounts: int = 10) -> None:
    seen = {"first_seen": AT, "last_seen": AT, "formed_at": AT, "confidence": 99.0}
    run.add(NETWORKS, network_id=name, kind="unknown", accounts=accounts, exchanges=900, **seen)


@pytest.fixture
def made() -> SyntheticRun:
    """C1 uses N1; C0 is remembered with most of what N1 has; N5 to N8 are of nobody."""
    run = SyntheticRun()
    campaign(run, "C1", ["N1"], AT)
    for name in ("N1", "N5", "N6", "N7", "N8"):
        network(run, name)
    known(run, "N1", HANDS | WORDS | HOURS, False, campaign_id="C1")
    known(run, "N0", HANDS | {("asks_alike", 7): (0.5, 0.01)} | HOURS, True, campaign_id="C0")
    for name in ("N5", "N6", "N7"):
        known(run, name, OTHER, False)
    known(run, "N8", OTHER | HOURS, False)
    return run


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(EngineSettings(threads=1), tmp_path) as engine:
        yield engine


def found(engine: DuckDBEngine, made: SyntheticRun) -> dict[str, Earlier]:
    made.store(engine)
    return {one.campaign_id: one for one in past(engine, "C1").earlier}


def aspect(one: Earlier, words: str) -> Likeness:
    return next(each for each in one.aspects if each.words == words)


def test_what_is_the_same_what_is_new_and_what_chance_gives(engine: DuckDBEngine, made: SyntheticRun) -> None:
    one = found(engine, made)["C0"]
    addresses = aspect(one, "addresses")
    assert (addresses.figure, addresses.again, addresses.new, addresses.common) == (1.0, 1.0, 0.0, 1)
    assert addresses.chance is not None
    assert (addresses.chance.networks, addresses.chance.most, addresses.chance.as_alike) == (4, 0.0, 0)
    words = aspect(one, "words of what is asked")
    assert words.figure == pytest.approx(0.5 / 0.75)
    assert (words.again, words.new) == (pytest.approx(1.0), pytest.approx(1 / 3))
    hours = aspect(one, "hours of the week of requests")
    assert hours.chance is not None
    assert (hours.figure, hours.chance.as_alike, hours.chance.most) == (1.0, 0, pytest.approx(0.5))
    assert aspect(one, "wording around the questions").figure is None
    assert [kind.kind for kind in one.kinds] == ["hands", "contents", "schedule"]
    assert one.kinds[0].figure == 1.0
    assert (one.itself, one.days_until_back, one.accounts) == (False, 30.0, 10)


PROFILES = st.dictionaries(
    st.tuples(st.sampled_from([claim for one in ASPECTS for claim in one.claims]), st.integers(0, 4)),
    st.tuples(st.floats(0.01, 1.0), st.floats(1e-6, 1.0)),
    max_size=30,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PROFILES, PROFILES)
def test_the_figures_are_sums_of_smaller_over_larger_weights(
    engine: DuckDBEngine, mine: Profile, theirs: Profile
) -> None:
    run = SyntheticRun()
    known(run, "N1", mine, False)
    known(run, "N2", theirs, True)
    run.store(engine)
    sides = [Side("one", (("N1", False, 5),))], [Side("other", (("N2", True, 9),))]
    rows = figures_of(engine, *sides).get(("one", "other"), [])
    by_aspect = {row["aspect"]: row for row in rows}
    for place, one in enumerate(ASPECTS):
        a, b = (
            {key: weight(key[0], *of) for key, of in side.items() if key[0] in one.claims} for side in (mine, theirs)
        )
        if sum(a.values()) == 0 or sum(b.values()) == 0:
            assert place not in by_aspect
            continue
        row, keys = by_aspect[place], a.keys() | b.keys()
        assert row["both"] == pytest.approx(sum(min(a.get(key, 0), b.get(key, 0)) for key in keys), abs=1e-9)
        whole = row["mine"] + row["theirs"] - row["both"]
        assert whole == pytest.approx(sum(max(a.get(key, 0), b.get(key, 0)) for key in keys))


def weight(claim: str, usage: float, rate: float) -> float:
    if claim in ("active_in_hour", "set_up_in_hour", "asks_of_kind"):
        return usage
    return usage * max(0.0, min(4.0 if claim == "asks_alike" else MOST_BITS, log2(usage / max(rate, 1e-9))))


def test_whom_people_cleared_and_whom_nobody_would_ask_is_not_compared(
    engine: DuckDBEngine, made: SyntheticRun
) -> None:
    known(made, "N2", HANDS, True, campaign_id="C2")
    known(made, "N3", HANDS, True, campaign_id="C3", act=0, watch=10)
    assert set(found(engine, made)) == {"C0", "C2"}
    judged = {"source": "judgement", "decided_at": AT, "decided_by": "ana", "accounts": 0, "through": []}
    made.add(APPLIED_JUDGEMENTS, subject="C2", applies_to=None, verdict="innocent", **judged)
    assert set(found(engine, made)) == {"C0"}


def test_another_campaign_of_the_run_counts_where_it_began_before(engine: DuckDBEngine, made: SyntheticRun) -> None:
    for name, one, first in (("C4", "N4", AT - DAY), ("C5", "N5", AT + DAY)):
        campaign(made, name, [one, "N1"], first)
    network(made, "N4")
    known(made, "N4", HANDS, False, campaign_id="C4", read_until=AT + DAY)
    known(made, "N5", {}, False, campaign_id="C5")
    told = found(engine, made)
    assert set(told) == {"C0", "C4"}
    assert told["C4"].days_until_back is None
    chance = aspect(told["C4"], "addresses").chance
    assert chance is not None
    assert chance.networks == 4  # its own network is not what it is compared with by chance


def test_a_campaign_that_was_missed_stands_beside_itself(engine: DuckDBEngine, made: SyntheticRun) -> None:
    events = [("born", AT - 60 * DAY, 10), ("silent", AT - 20 * DAY, 10), ("returned", AT, 12)]
    for run, (event, at, accounts) in enumerate(events, 1):
        made.add(LINEAGE, run=run, subject="N1", event=event, at=at, accounts=accounts)
    known(made, "N1", HANDS, True)
    for account in ("a", "b"):
        made.add(LINEAGE_MEMBERS, subject="C1", account_id=account, joined_at=AT)
    made.add(
        CAMPAIGN_MEMBERS, campaign_id="C1", account_id="a", exchanges=1, probability=1.0, level="act", detected_at=AT
    )
    one = found(engine, made)["C1"]
    assert (one.itself, one.days_until_back, one.in_common) == (True, 20.0, 1)
    assert aspect(one, "means of payment").figure == 1.0


def test_more_earlier_campaigns_than_are_told_are_counted(engine: DuckDBEngine, made: SyntheticRun) -> None:
    for number in range(EARLIER + 3):
        known(made, f"NZ{number}", OTHER, True, campaign_id=f"CZ{number}")
    made.store(engine)
    told = past(engine, "C1")
    assert (len(told.earlier), told.compared, told.profiles) == (EARLIER, EARLIER + 4, True)
    assert told.earlier[0].campaign_id == "C0"


def test_a_run_without_habits_says_so(engine: DuckDBEngine, made: SyntheticRun) -> None:
    kept = [row for row in made.rows["network_profiles"] if row["claim"] != "active_in_hour"]
    made.rows["network_profiles"] = kept
    made.store(engine)
    assert past(engine, "C1").profiles is False


def test_an_empty_history_compares_nothing(engine: DuckDBEngine) -> None:
    run = SyntheticRun()
    campaign(run, "C1", ["N1"], AT)
    run.store(engine)
    told = past(engine, "C1")
    assert (told.earlier, told.compared, told.runs, told.profiles) == ((), 0, 1, False)


def test_the_order_of_rows_changes_nothing(engine: DuckDBEngine, made: SyntheticRun) -> None:
    made.store(engine, shuffle=1)
    first = past(engine, "C1")
    made.store(engine, shuffle=2)
    assert past(engine, "C1") == first
