"""Permits: traffic inside window, limit and models is never accused; what outgrows them is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stillwatch.assess.profile_tables import permitted_members_sql
from stillwatch.assess.subjects import settle
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.inputs import PERMITS
from tests.assess.tables import EACH, MEMBERS, accused, assessed, day, fill, levels, own_names, stored, taken

LAB = [{**row, "organisation_id": "lab"} for row in own_names(MEMBERS)]
# most members declare nothing: what is said of them is not said for being open about it
PARTNER = [{**row, "organisation_id": "lab" if place < 15 else None} for place, row in enumerate(own_names(MEMBERS))]


def permit(**terms: Any) -> dict[str, Any]:
    return {"permit_id": "p1", "holder": "lab", **terms}


def accused_exchanges(engine: DuckDBEngine, *permits: dict[str, Any]) -> set[str]:
    """What no permit covers, of tables filled with LAB's own accounts."""
    fill(engine, accounts=LAB, permits=permits)
    return left_over(engine)


def left_over(engine: DuckDBEngine) -> set[str]:
    settle(engine)
    rows = engine.fetch(Query("accusable", "SELECT exchange_id FROM accusable_exchanges"))
    return set(rows["exchange_id"].to_pylist())


def everything() -> set[str]:
    return {row["exchange_id"] for account in MEMBERS for row in taken(account)}


def test_without_a_permit_all_of_it_is_accused(engine: DuckDBEngine) -> None:
    fill(engine)
    found = assessed(engine)
    assert levels(found) == {"C1": "act"}
    assert accused(found) == set(MEMBERS)


def test_a_permit_for_the_organisation_covers_its_accounts_and_no_others(engine: DuckDBEngine) -> None:
    fill(engine, accounts=PARTNER, permits=[permit()])
    found = assessed(engine)
    assert accused(found) == set(MEMBERS[15:])
    assert {row["account_id"] for row in found["campaign_exchanges"]} == set(MEMBERS[15:])


@given(st.integers(1, len(MEMBERS) - 1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=5, deadline=None)
def test_naming_an_organisation_with_accounts_under_contract_gets_nothing_of_its_permit(
    engine: DuckDBEngine, contracted: int
) -> None:
    stated = [{**row, "verification": "contract" if n < contracted else "card"} for n, row in enumerate(LAB)]
    fill(engine, accounts=stated, permits=[permit()])
    expected = {row["exchange_id"] for account in MEMBERS[contracted:] for row in taken(account)}
    assert left_over(engine) == expected


def test_a_group_inside_its_permit_is_no_campaign_and_is_said_to_be_permitted(engine: DuckDBEngine) -> None:
    assert accused_exchanges(engine, permit()) == set()
    found = assessed(engine)
    assert found["campaigns"] == found["campaign_members"] == found["campaign_exchanges"] == []
    said = {row["alternative"]: row["verdict"] for row in found["alternatives"]}
    assert said["is_permitted"] == "preferred"
    assert {row["subject"] for row in found["evidence"]} == {"N1"}


def test_a_permit_for_one_account_covers_that_account_alone(engine: DuckDBEngine) -> None:
    fill(engine, permits=[permit(holder="a07")])
    found = assessed(engine)
    assert accused(found) == set(MEMBERS) - {"a07"}
    assert {row["account_id"] for row in found["campaign_exchanges"]} == set(MEMBERS) - {"a07"}


def test_a_permit_for_somebody_else_covers_nobody(engine: DuckDBEngine) -> None:
    assert accused_exchanges(engine, permit(holder="another lab")) == everything()


def test_outside_its_window_a_permit_covers_nothing(engine: DuckDBEngine) -> None:
    left = accused_exchanges(engine, permit(valid_from=day(1), valid_until=day(3)))
    # the first moment is inside, the last is not
    assert left == {
        row["exchange_id"] for a in MEMBERS for row in taken(a) if row["started_at"] in (day(0), day(3), day(4))
    }


def test_beyond_its_limit_counted_in_time_a_permit_covers_nothing(engine: DuckDBEngine) -> None:
    left = accused_exchanges(engine, permit(exchange_limit=45))
    covered = everything() - left
    assert len(covered) == 45
    # the first day of all accounts, then five of the second
    assert {f"{account}-0" for account in MEMBERS} <= covered
    assert {f"{account}-1" for account in MEMBERS[:5]} <= covered


def test_a_permit_covers_the_models_it_names(engine: DuckDBEngine) -> None:
    left = accused_exchanges(engine, permit(models=["large"]))
    assert left == {f"{account}-{number}" for account in MEMBERS for number in (3, 4)}
    assert accused_exchanges(engine, permit(models=[])) == set()


def test_two_permits_add_up(engine: DuckDBEngine) -> None:
    first, second = permit(valid_until=day(2)), permit(permit_id="p2", valid_from=day(2), valid_until=day(4))
    assert accused_exchanges(engine, first, second) == {f"{account}-4" for account in MEMBERS}


def test_what_outgrew_its_permit_is_said_and_never_acted_on_unseen(engine: DuckDBEngine) -> None:
    fill(engine, accounts=PARTNER, permits=[permit(exchange_limit=30)])
    found = assessed(engine)
    assert levels(found) == {"C1": "watch"}
    said = {row["alternative"]: row for row in found["alternatives"]}
    assert said["is_permitted"]["verdict"] == "possible"
    assert "30" in said["is_permitted"]["sentence"]
    assert "outgrew_permit" in {row["claim"] for row in found["evidence"]}


def test_an_exchange_in_two_candidates_uses_a_limit_up_once(engine: DuckDBEngine) -> None:
    fill(engine, {"1": MEMBERS, "2": MEMBERS}, accounts=LAB, permits=[permit(exchange_limit=len(everything()))])
    assert left_over(engine) == set()


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(0, EACH * len(MEMBERS) + 5), until=st.floats(0, EACH))
def test_a_wider_permit_never_accuses_more(engine: DuckDBEngine, limit: int, until: float) -> None:
    if not engine.columns("candidate_exchanges"):
        fill(engine, accounts=LAB)

    def left(limit: int, until: float) -> set[str]:
        stored(engine, PERMITS, [permit(purpose="research", exchange_limit=limit, valid_until=day(until))])
        return left_over(engine)

    narrow = left(limit, until)
    assert left(limit + 7, until) <= narrow
    assert left(limit, until + 1) <= narrow
    assert len(everything() - narrow) <= limit


@pytest.mark.parametrize("missing", ["accounts", "permits"])
def test_without_registration_or_permits_it_still_judges(engine: DuckDBEngine, missing: str) -> None:
    fill(engine, **{missing: []})
    assert set(levels(assessed(engine))) == {"C1"}


@pytest.mark.parametrize("column", ["account_id", "organisation_id"])
def test_a_networks_permit_is_not_for_whoever_takes_its_id(engine: DuckDBEngine, column: str) -> None:
    thieves = MEMBERS[20:]
    if column == "account_id":
        held = {"1": MEMBERS[:20], "2": ("N1", *thieves)}
        accounts = own_names(("N1", *MEMBERS))
    else:
        held = {"1": MEMBERS[:20], "2": thieves}
        accounts = [{**row, "organisation_id": "N1" if row["account_id"] in thieves else None} for row in LAB]
    fill(engine, held, accounts=accounts, permits=[permit(holder="N1")])
    left = {name.rsplit("-", 1)[0] for name in left_over(engine)}
    assert left == set(held["2"]), "the network's own accounts are covered, and nobody else's"


def test_whoever_takes_the_ids_of_permitted_exchanges_gets_nothing_of_the_permit(engine: DuckDBEngine) -> None:
    fill(engine, permits=[permit(holder="a07")])
    # gateways exist whose clients choose the id that is logged
    copied = "CASE WHEN account_id = 'a08' THEN replace(exchange_id, 'a08', 'a07') ELSE exchange_id END"
    engine.create("taken_ids", Query("ids", f"SELECT * REPLACE ({copied} AS exchange_id) FROM candidate_exchanges"))
    engine.create("candidate_exchanges", Query("taken", "SELECT * FROM taken_ids"))
    found = assessed(engine)
    assert accused(found) == set(MEMBERS) - {"a07"}


def test_no_exchange_shares_the_permit_of_another_with_its_id_account_and_time(engine: DuckDBEngine) -> None:
    fill(engine, permits=[permit(holder="a07", models=["strong"])])
    engine.create("first", Query("first", "SELECT * FROM candidate_exchanges"))
    twins = "SELECT * REPLACE ('other' AS request_model) FROM first UNION ALL SELECT * FROM first"
    models = "CASE WHEN request_model = 'other' THEN 'other' ELSE 'strong' END AS request_model"
    engine.create("candidate_exchanges", Query("twins", f"SELECT * REPLACE ({models}) FROM ({twins})"))
    settle(engine)
    left = engine.fetch(Query("left", "SELECT request_model AS model, account_id FROM accusable_exchanges")).to_pylist()
    assert {row["model"] for row in left if row["account_id"] == "a07"} == {"other"}
    assert {row["model"] for row in left if row["account_id"] == "a08"} == {"other", "strong"}
    covered = engine.fetch(permitted_members_sql()).to_pylist()
    assert [(row["account_id"], row["permitted"]) for row in covered] == [("a07", len(taken("a07")))]


def test_equal_ids_use_a_limit_up_one_by_one(engine: DuckDBEngine) -> None:
    fill(engine, permits=[permit(holder="a07", exchange_limit=2)])
    engine.create("first", Query("first", "SELECT * FROM candidate_exchanges"))
    one_id = "'x' AS exchange_id, CAST('2026-05-01' AS TIMESTAMP) AS started_at"
    numbered = "CAST(row_number() OVER (ORDER BY account_id, exchange_id) AS BIGINT) AS payload_value"
    same = f"SELECT * REPLACE ({one_id}, {numbered}) FROM first"
    engine.create("candidate_exchanges", Query("of one id", same))
    settle(engine)
    left = engine.fetch(Query("left", "SELECT account_id FROM accusable_exchanges WHERE account_id = 'a07'"))
    assert left.num_rows == len(taken("a07")) - 2
