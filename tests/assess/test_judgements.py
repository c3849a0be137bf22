"""Judgements: a person's last word on an account, a network or a campaign outranks every score."""

from __future__ import annotations

from typing import Any

import pytest

from stillwatch.engine.duckdb import DuckDBEngine
from tests.assess.tables import GUILTY, MEMBERS, Rows, accused, assessed, day, fill, levels

DOUBTFUL = {name: (statistic, people, bits / 16) for name, (statistic, people, bits) in GUILTY.items()}


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


def test_of_two_words_at_one_moment_the_same_counts_whatever_their_order(engine: DuckDBEngine) -> None:
    one = judged("C1", "innocent", decided_by="ann")
    other = judged("C1", "confirmed", decided_by="bob")
    assert levels(run(engine, one, other)) == levels(run(engine, other, one))


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
