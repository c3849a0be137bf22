"""Judgements: a person's last word on an account, a network or a campaign outranks every score."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.lineage import PREVIOUS_LINEAGE, PREVIOUS_MEMBERS
from stillwatch.records.sketches import ACCOUNT_SKETCHES
from tests.assess.tables import MEMBERS, Rows, accused, assessed, day, fill, levels, nearer_to_people, stored

DOUBTFUL = nearer_to_people(0.6)


def judged(subject: str, verdict: str, at: float = 0.0, **more: Any) -> dict[str, Any]:
    return {"subject": subject, "verdict": verdict, "decided_at": day(at), **more}


def run(engine: DuckDBEngine, *judgements: dict[str, Any], **changed: Any) -> dict[str, Rows]:
    fill(engine, judgements=judgements, **changed)
    return assessed(engine)


def test_an_innocent_account_is_in_no_table_of_the_campaign(engine: DuckDBEngine) -> None:
    found = run(engine, judged("a03", "innocent"))
    assert accused(found) == set(MEMBERS) - {"a03"}
    assert "a03" not in {row["account_id"] for row in found["campaign_exchanges"]}
    assert found["campaigns"][0]["accounts"] == len(MEMBERS) - 1


@pytest.mark.parametrize("subject", ["N1", "C1"])
def test_an_innocent_network_or_campaign_is_no_campaign_but_keeps_its_evidence(
    engine: DuckDBEngine, subject: str
) -> None:
    found = run(engine, judged(subject, "innocent"))
    assert found["campaigns"] == found["campaign_members"] == found["campaign_exchanges"] == []
    assert ("N1", "judged_innocent") in {(row["subject"], row["claim"]) for row in found["evidence"]}


@pytest.mark.parametrize("subject", ["N1", "C1"])
def test_what_a_person_confirmed_is_acted_on_however_doubtful(engine: DuckDBEngine, subject: str) -> None:
    assert "act" not in levels(run(engine, tests=DOUBTFUL)).values()
    found = run(engine, judged(subject, "confirmed"), tests=DOUBTFUL)
    assert levels(found) == {"C1": "act"}
    assert found["campaigns"][0]["confidence"] == 100.0
    assert ("C1", "judged_confirmed") in {(row["subject"], row["claim"]) for row in found["evidence"]}


def test_a_confirmed_account_is_certain(engine: DuckDBEngine) -> None:
    def chance(found: dict[str, Rows]) -> float:
        return next(float(row["probability"]) for row in found["campaign_members"] if row["account_id"] == "a03")

    assert chance(run(engine, link_bits=2.0)) < 1.0
    assert chance(run(engine, judged("a03", "confirmed"), link_bits=2.0)) == 1.0


def test_the_last_word_counts(engine: DuckDBEngine) -> None:
    first, second = judged("a03", "innocent", at=1), judged("a03", "unsure", at=2)
    assert "a03" in accused(run(engine, first, second))
    assert "a03" in accused(run(engine, second, first))
    taken_back = judged("a03", "innocent", at=3)
    assert "a03" not in accused(run(engine, first, second, taken_back))


@pytest.mark.parametrize("people", [("ann", "bob"), ("bob", "ann")])
@pytest.mark.parametrize("milder", ["innocent", "unsure"])
def test_of_two_words_at_one_moment_the_milder_counts_whoever_said_it(
    engine: DuckDBEngine, people: tuple[str, str], milder: str
) -> None:
    one = judged("C1", "confirmed", decided_by=people[0])
    other = judged("C1", milder, decided_by=people[1])
    alone = levels(run(engine, other, tests=DOUBTFUL))
    assert alone != levels(run(engine, one, tests=DOUBTFUL))
    for order in ((one, other), (other, one)):
        assert levels(run(engine, *order, tests=DOUBTFUL)) == alone


@pytest.mark.parametrize("subject", ["C1", "N1", "a03"])
def test_unsure_changes_no_level_and_no_number(engine: DuckDBEngine, subject: str) -> None:
    without = run(engine)
    found = run(engine, judged(subject, "unsure"))
    for table in ("campaigns", "campaign_members", "campaign_exchanges", "alternatives"):
        assert found[table] == without[table]


def test_a_word_on_the_campaign_counts_before_one_on_its_network(engine: DuckDBEngine) -> None:
    found = run(engine, judged("N1", "innocent"), judged("C1", "confirmed"))
    assert levels(found) == {"C1": "act"}


def test_a_judgement_of_somebody_else_changes_nothing(engine: DuckDBEngine) -> None:
    without = run(engine)
    found = run(engine, judged("nobody", "innocent"))
    (told,) = found.pop("applied_judgements")
    assert (told["subject"], told["applies_to"], told["accounts"]) == ("nobody", None, 0), "it is not passed over"
    assert without.pop("applied_judgements") == []
    assert found == without


def grown_together(engine: DuckDBEngine, *judgements: dict[str, Any], **changed: Any) -> dict[str, Rows]:
    """N1 of this run was two networks of twenty accounts each at the run before: N1, the older, and N2."""
    fill(engine, judgements=judgements, **changed)
    halves = {"N1": MEMBERS[:20], "N2": MEMBERS[20:]}
    born = [
        {"run": 1, "subject": name, "event": "born", "at": day(number), "accounts": 20}
        for number, name in enumerate(halves)
    ]
    held = [{"subject": name, "account_id": one, "joined_at": day(1)} for name, mine in halves.items() for one in mine]
    engine.store(PREVIOUS_LINEAGE, pa.Table.from_pylist(born, schema=PREVIOUS_LINEAGE.schema))
    engine.store(PREVIOUS_MEMBERS, pa.Table.from_pylist(held, schema=PREVIOUS_MEMBERS.schema))
    rows = engine.fetch(Query("account sums", f"SELECT * FROM {ACCOUNT_SKETCHES.name}")).to_pylist()
    stored(engine, ACCOUNT_SKETCHES, [{**row, "last_seen": day(5)} for row in rows])
    return assessed(engine)


def test_accounts_that_were_confirmed_stay_so_in_a_network_that_is_hardly_suspect(engine: DuckDBEngine) -> None:
    assert "act" not in levels(grown_together(engine, tests=DOUBTFUL)).values()
    found = grown_together(engine, judged("N2", "confirmed", at=2), tests=DOUBTFUL)
    at_act = {row["account_id"] for row in found["campaign_members"] if row["level"] == "act"}
    assert at_act == set(MEMBERS[20:]), "the others are no more suspect for having been found with them"


def test_accounts_that_were_confirmed_stay_so_in_a_network_that_nobody_would_list(engine: DuckDBEngine) -> None:
    nothing = nearer_to_people(1.0)
    assert grown_together(engine, tests=nothing)["campaign_members"] == []
    found = grown_together(engine, judged("N2", "confirmed", at=2), tests=nothing)
    assert accused(found) == set(MEMBERS[20:])
    (row,) = found["campaigns"]
    assert (row["level"], row["accounts"], row["expected_innocent_accounts"]) == ("act", 20, 0.0)


def test_accounts_that_were_cleared_stay_so_in_a_network_that_is_acted_on(engine: DuckDBEngine) -> None:
    found = grown_together(engine, judged("N1", "innocent", at=2))
    assert accused(found) == set(MEMBERS[20:])
    (told,) = found["applied_judgements"]
    assert (told["subject"], told["applies_to"], told["accounts"]) == ("N1", "N1", 20)
    assert told["through"] == ["2026-04-27: grew from 20 to 40 accounts"]


@pytest.mark.parametrize("taken", ["N1", "C1"])
def test_an_account_that_is_named_expressly_answers_for_itself_alone(engine: DuckDBEngine, taken: str) -> None:
    others = [f"b{number:02}" for number in range(len(MEMBERS) - 1)]
    found = run(engine, judged(f"account:{taken}", "innocent"), networks={"1": MEMBERS, "2": (taken, *others)})
    assert accused(found) == {*MEMBERS, *others}
    both = {"networks": {"1": MEMBERS, "2": (taken, *others)}, "tests": DOUBTFUL}
    confirmed = run(engine, judged(f"account:{taken}", "confirmed"), **both)
    acted = {row["account_id"] for row in confirmed["campaign_members"] if row["level"] == "act"}
    assert acted == {taken}
