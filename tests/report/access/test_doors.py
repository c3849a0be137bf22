"""What one more check would have stopped: bounded by campaigns, and never counted twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.ledger import Judged, Judgement, opened
from stillwatch.records.outputs import DOORS
from stillwatch.report.access.doors import Door, Upheld, doors, jeffreys, upheld
from stillwatch.settings import EngineSettings

NOBODY = Upheld()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    with DuckDBEngine(EngineSettings(threads=2), tmp_path) as found:
        yield found


def row(accounts: int, verification: str | None, campaign: str | None = None, **more: Any) -> dict[str, Any]:
    counts = ("cleared_accounts", "early_exchanges", "within_hour", "within_day", "within_week")
    return {
        **dict.fromkeys(counts, 0),
        "door": "channel",
        "channel": "api",
        "verification": verification,
        "campaign_id": campaign,
        "level": "act" if campaign else None,
        "accounts": accounts,
        "exchanges": 10 * accounts,
        "expected_innocent_accounts": 0.0,
        **more,
    }


def found(engine: DuckDBEngine, *rows: dict[str, Any], judged: Upheld = NOBODY) -> tuple[Door, ...]:
    engine.store(DOORS, pa.Table.from_pylist(list(rows), schema=DOORS.schema))
    return doors(engine, judged)


def test_only_campaigns_that_never_passed_a_check_are_stopped_by_it(engine: DuckDBEngine) -> None:
    (api,) = found(
        engine,
        row(100, "email", "C1"),
        row(30, "email", "C2"),
        row(1, "card", "C2"),
        row(900, "email", cleared_accounts=4),
        row(600, "card"),
    )
    card = next(one for one in api.further if one.check == "card")
    assert (card.accused, card.campaigns, card.able, card.stopped) == (130, 2, 1, 100)
    assert (card.asked, card.cleared, card.passed_anyway) == (900, 4, 0.4)
    low, high = card.between
    assert 0 < low < 100 < high < 130  # of two campaigns little is known
    assert [one.check for one in api.further] == ["phone", "card", "identity", "contract"]  # email they have


def test_a_check_passed_at_another_door_counts(engine: DuckDBEngine) -> None:
    api, app = found(
        engine, row(100, "email", "C1"), row(5, "identity", "C1", channel="app"), row(50, "email", channel="app")
    )
    assert {one.check: one.able for one in api.further} == {"phone": 1, "card": 1, "identity": 1, "contract": 0}
    assert [one.stopped for one in api.further] == [0, 0, 0, 100]
    assert (app.name, app.accused) == ("channel app", 5)


def test_intervals_narrow_with_campaigns_and_hold_what_people_judged(engine: DuckDBEngine) -> None:
    few = found(engine, *(row(10, "email", f"C{n}") for n in range(2)))[0].further[0].between
    many = found(engine, *(row(10, "email", f"C{n}") for n in range(40)))[0].further[0].between
    assert many[0] / 400 > few[0] / 20
    doubted = found(engine, *(row(10, "email", f"C{n}") for n in range(40)), judged=Upheld(5, 5))[0].further[0].between
    assert doubted[0] < many[0] and doubted[1] == many[1]


def test_what_is_not_stated_is_no_check_that_was_not_passed(engine: DuckDBEngine) -> None:
    (api,) = found(engine, row(10, None, "C1"), row(5, "none", "C1"), row(7, None))
    assert {one.accused for one in api.further} == {5} and {one.asked for one in api.further} == {0}
    assert [(one.check, one.accused, one.others) for one in api.passed] == [("none", 5, 0), (None, 10, 7)]
    (api,) = found(engine, row(10, None, "C1"))
    assert api.further == ()


def test_doors_are_named_and_ordered_by_what_campaigns_took(engine: DuckDBEngine) -> None:
    some = found(
        engine,
        row(900, "email"),
        row(1, "email", channel=None),
        row(3, "email", "C1", door="free", channel=None, early_exchanges=12, within_day=2, within_week=3),
    )
    assert [one.name for one in some] == ["free plan", "channel api", "channel not stated"]
    assert (some[0].exchanges, some[0].early, some[0].within) == (30, 12, (0, 2, 3))


@pytest.mark.parametrize(("hits", "trials"), [(0, 1), (0, 20), (3, 10), (20, 20)])
def test_intervals_hold_the_share_and_reach_its_ends(hits: int, trials: int) -> None:
    low, high = jeffreys(hits, trials)
    assert 0 <= low <= hits / trials <= high <= 1
    assert (low == 0) == (hits == 0) and (high == 1) == (hits == trials)


def test_judgements_of_findings_count_and_others_do_not(tmp_path: Path) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    said = [
        ("C1", "confirmed", "act"),
        ("C2", "innocent", "review"),
        ("N1", "innocent", "none"),
        ("C3", "unsure", "act"),
    ]
    with opened(tmp_path, create=True) as ledger:
        for subject, verdict, level in said:
            one = ledger.judgements.add(Judgement(subject, verdict, "ann", now, "looked"))
            ledger.judgements.note_finding(Judged(one.judgement_id, "run", level, 9, ()))
        ledger.judgements.add(Judgement("C4", "confirmed", "ann", now, "nobody found it"))
        assert upheld(ledger) == Upheld(1, 1)
        assert Upheld(0, 0).right is None
