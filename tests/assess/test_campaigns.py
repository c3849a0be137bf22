"""The rows of a run: they add up, and nobody is accused more strongly than his campaign."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from stillwatch.assess.thresholds import LOOSELY_LINKED
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.outputs import LEVELS
from stillwatch.settings import AssessSettings, EngineSettings
from tests.assess.tables import EACH, MEMBERS, Rows, assessed, day, fill, levels, nearer_to_people, own_names

RANK = {level: -place for place, level in enumerate(LEVELS)}
# all but the purpose: what is no narrower than people's questions is a relay's customers', whatever else it is
WEAK, PEOPLE = nearer_to_people(0.3), nearer_to_people(1.0)
CASES: dict[str, dict[str, Any]] = {
    "all of it certain": {},
    "two campaigns": {"networks": {"1": MEMBERS[:25], "2": MEMBERS[15:]}},
    "links at the edge": {"link_bits": 5.0},
    "weak links": {"link_bits": 0.0},
    "weak tests": {"tests": WEAK},
    "some judged, some permitted": {
        "judgements": [{"subject": "a01", "verdict": "innocent"}, {"subject": "a02", "verdict": "confirmed"}],
        "permits": [{"permit_id": "p", "holder": "a05", "exchange_limit": 2}],
    },
}


@pytest.fixture(params=CASES, ids=str, scope="module")
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    with DuckDBEngine(EngineSettings(threads=2), tmp_path_factory.mktemp("assess")) as engine:
        fill(engine, **CASES[request.param])
        result = assessed(engine)
    assert result["campaigns"], "a case without campaigns would prove nothing"
    return result


def test_counts_are_those_of_the_rows(found: dict[str, Rows]) -> None:
    exchanges = Counter(row["campaign_id"] for row in found["campaign_exchanges"])
    accounts = Counter(row["campaign_id"] for row in found["campaign_members"])
    assert {row["campaign_id"]: row["exchanges"] for row in found["campaigns"]} == exchanges
    assert {row["campaign_id"]: row["accounts"] for row in found["campaigns"]} == accounts
    each = Counter((row["campaign_id"], row["account_id"]) for row in found["campaign_exchanges"])
    assert {(row["campaign_id"], row["account_id"]): row["exchanges"] for row in found["campaign_members"]} == each


def test_a_campaign_is_as_high_as_its_highest_member(found: dict[str, Rows]) -> None:
    for campaign, level in levels(found).items():
        own = [row["level"] for row in found["campaign_members"] if row["campaign_id"] == campaign]
        assert max(own, key=RANK.__getitem__) == level


def test_times_span_the_exchanges(found: dict[str, Rows]) -> None:
    for row in found["campaigns"]:
        times = [one["started_at"] for one in found["campaign_exchanges"] if one["campaign_id"] == row["campaign_id"]]
        assert (row["first_seen"], row["last_seen"]) == (min(times), max(times))


def test_targets_are_shares(found: dict[str, Rows]) -> None:
    for row in found["campaigns"]:
        assert sum(dict(row["targets"]).values()) == pytest.approx(1.0, abs=1e-5)


def test_expected_innocents_are_the_doubts_about_those_named(found: dict[str, Rows]) -> None:
    for row in found["campaigns"]:
        doubts = sum(
            1.0 - one["probability"]
            for one in found["campaign_members"]
            if one["campaign_id"] == row["campaign_id"] and one["level"] == row["level"]
        )
        assert row["expected_innocent_accounts"] == pytest.approx(doubts, abs=1e-6)


def test_innocents_expected_at_act_stay_in_the_limit(found: dict[str, Rows]) -> None:
    doubts = sum(1.0 - row["probability"] for row in found["campaign_members"] if row["level"] == "act")
    named = sum(row["level"] == "act" for row in found["campaign_members"])
    # probabilities are written in millionths
    assert doubts <= (AssessSettings().false_discovery_rate + 1e-6) * named


def test_every_campaign_has_its_evidence_and_every_alternative(found: dict[str, Rows]) -> None:
    for campaign in levels(found):
        assert [row for row in found["evidence"] if row["subject"] == campaign and row["bits"] > 0]
        tried = [row["alternative"] for row in found["alternatives"] if row["subject"] == campaign]
        assert len(tried) == len(set(tried)) >= 11


def test_nobody_was_detected_before_the_evidence_sufficed(engine: DuckDBEngine) -> None:
    fill(engine)
    # links sufficed on day 1, the tests on day 2
    assert {row["detected_at"] for row in assessed(engine)["campaign_members"]} == {day(2)}


def test_conversations_and_tokens_are_summed(engine: DuckDBEngine) -> None:
    fill(engine)
    (row,) = assessed(engine)["campaigns"]
    total = EACH * len(MEMBERS)
    assert (row["conversations"], row["input_tokens"], row["output_tokens"]) == (total // 2, 100 * total, 1000 * total)


def test_members_who_remember_are_no_campaign(engine: DuckDBEngine) -> None:
    fill(engine, tests=PEOPLE)
    found = assessed(engine)
    assert found["campaigns"] == found["campaign_members"] == found["campaign_exchanges"] == []
    assert {row["subject"] for row in found["alternatives"]} == {"N1"}


def test_links_alone_are_no_campaign(engine: DuckDBEngine) -> None:
    fill(engine, tests={})
    assert set(levels(assessed(engine)).values()) <= {"watch"}


def test_a_stricter_limit_never_acts_on_more(engine: DuckDBEngine) -> None:
    fill(engine, link_bits=14.0)
    acted = [
        sum(row["level"] == "act" for row in assessed(engine, false_discovery_rate=limit)["campaign_members"])
        for limit in (1e-9, 1e-4, 0.01, 0.5)
    ]
    assert acted == sorted(acted)
    assert acted[0] == 0 < acted[-1]


def test_no_candidates_leave_empty_tables(engine: DuckDBEngine) -> None:
    fill(engine, networks={})
    assert {table for table, rows in assessed(engine).items() if rows} == {"doors", "looks", "reference_shares"}


def test_rates_of_false_discovery_count_whatever_was_tested(engine: DuckDBEngine) -> None:
    fill(engine, networks={"1": MEMBERS[:20]})
    alone = assessed(engine)["campaigns"][0]["q_value"]
    # the second is explained by its open registration, yet it was looked at
    paid = {"organisation_id": "firm", "payment_fingerprint": "the firm's"}
    firm = [{**row, **paid} for row in own_names(MEMBERS[20:])]
    fill(engine, networks={"1": MEMBERS[:20], "2": MEMBERS[20:]}, accounts=own_names(MEMBERS[:20]) + firm)
    (beside,) = assessed(engine)["campaigns"]
    assert beside["q_value"] == pytest.approx(2 * alone)


def test_who_has_not_acted_is_watched_and_no_more(engine: DuckDBEngine) -> None:
    copied = {"ways": 1, "texts": False}
    bot = {"ways": 0, "texts": True}
    fill(engine, ties={"a00": copied, "a01": bot, "a02": bot}, ordinary={"a01": 3, "a02": 2})
    found = {row["account_id"]: row["level"] for row in assessed(engine)["campaign_members"]}
    # a bot that has three exchanges of its own may have been made to ask the rest; of two, none may be
    assert [found[account] for account in ("a00", "a01", "a02", "a03")] == ["watch", "watch", "act", "act"]


def test_who_takes_requests_over_in_manners_of_its_own_has_acted(engine: DuckDBEngine) -> None:
    worked = {"texts": True, "ways": 0}
    fill(
        engine,
        ties={"a00": worked, "a01": worked, "a02": {"ways": 1, "texts": False}},
        ordinary={"a00": 8, "a01": 8, "a02": 8},
        manners={"a00": 3, "a01": 2, "a02": 3},
    )
    found = {row["account_id"]: row["level"] for row in assessed(engine)["campaign_members"]}
    # a bot asks what others want, but as its maker has it ask: in one manner, or two where it was changed
    assert [found[account] for account in ("a00", "a01", "a02", "a03")] == ["act", "watch", "watch", "act"]


def test_who_is_copied_as_much_as_it_takes_over_has_not_acted(engine: DuckDBEngine) -> None:
    worked = {"texts": True, "ways": 0}
    fill(
        engine,
        ties={"a00": worked, "a01": worked, "a02": worked},
        taken={"a00": EACH // 2, "a01": EACH, "a02": 1},
        given={"a00": EACH // 2, "a01": EACH // 2, "a02": EACH // 4},
    )
    found = {row["account_id"]: row["level"] for row in assessed(engine)["campaign_members"]}
    # two answers to each question look like a victim whose bot is used and whose questions are copied; three do not
    assert [found[account] for account in ("a00", "a01", "a02", "a03")] == ["watch", "act", "act", "act"]


def test_who_is_linked_far_more_loosely_than_most_is_asked_first(engine: DuckDBEngine) -> None:
    fill(engine, link_bits_of={"a00": 0.99 * LOOSELY_LINKED * 40.0, "a01": 1.01 * LOOSELY_LINKED * 40.0})
    found = {row["account_id"]: row["level"] for row in assessed(engine)["campaign_members"]}
    assert [found[account] for account in ("a00", "a01", "a02")] == ["review", "act", "act"]


def test_a_person_outranks_what_a_member_has_done(engine: DuckDBEngine) -> None:
    fill(
        engine,
        ties={"a00": {"ways": 0, "texts": False}},
        judgements=[{"subject": "a00", "verdict": "confirmed"}],
    )
    found = {row["account_id"]: row["level"] for row in assessed(engine)["campaign_members"]}
    assert found["a00"] == "act"
