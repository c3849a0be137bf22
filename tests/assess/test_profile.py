"""Profiles gathered from tables: counted by hand on small ones."""

from __future__ import annotations

from typing import Any

import pytest

from stillwatch.assess.profile import CandidateProfile
from stillwatch.assess.profile import gather as gathered
from stillwatch.assess.subjects import settle
from stillwatch.engine import Query
from stillwatch.engine.duckdb import DuckDBEngine
from stillwatch.records.candidates import CANDIDATE_EXCHANGES, Absence, GroupTest
from stillwatch.records.claims import ASKS_ONE_MIX, EQUALISED_VOLUMES, SAME_SIZES
from stillwatch.records.inputs import ACCOUNTS
from stillwatch.records.outputs import NETWORK_VALUES
from tests.assess.tables import EACH, MEMBERS, day, fill, own_names, stored


def gather(
    engine: DuckDBEngine, networks: dict[str, tuple[str, ...]] | None = None, **changed: Any
) -> list[CandidateProfile]:
    fill(engine, networks, **changed)
    settle(engine)
    return gathered(engine)


def test_counts_and_spans(engine: DuckDBEngine) -> None:
    (one,) = gather(engine)
    assert (one.candidate_id, one.network_id) == ("C1", "N1")
    assert (one.accounts, one.exchanges, one.permitted) == (len(MEMBERS), EACH * len(MEMBERS), 0)
    assert one.days == EACH - 1
    assert one.watched_days == EACH
    assert one.busiest_day_share == pytest.approx(1 / EACH)
    assert one.tested_at == day(2)


def test_registration_is_counted_over_members_that_have_one(engine: DuckDBEngine) -> None:
    rows = own_names(MEMBERS)[:30]
    for place, row in enumerate(rows):
        row["organisation_id"] = f"org{place % 2}" if place < 10 else None
        # of ten that name an organisation, two pay for themselves and declare nothing
        row["payment_fingerprint"] = "one card" if place < 8 else f"card {place}"
        row["account_type"] = "education" if place < 15 else "individual"
        row["email_domain"] = "school.example" if place < 15 else f"{place}.example"
        row["closed_at"] = day(9) if place < 3 else None
    (one,) = gather(engine, accounts=rows)
    assert one.registered == 30
    assert one.identities == 2 + 22
    assert one.organisations == 2
    assert one.effective_customers == pytest.approx(30**2 / (4**2 + 4**2 + 22))
    assert one.organisation_share == pytest.approx(4 / 30)
    assert one.top_payment_share == pytest.approx(8 / 30)
    assert one.education_share == pytest.approx(8 / 30)


def test_what_anybody_can_write_declares_nothing(engine: DuckDBEngine) -> None:
    """Organisations and schools that members name, each paying with a card of its own."""
    named = {"account_type": "education", "email_domain": "school.example", "verification": "card"}
    rows = [{**row, **named, "organisation_id": f"org{place % 8}"} for place, row in enumerate(own_names(MEMBERS))]
    (one,) = gather(engine, accounts=rows)
    assert (one.organisations, one.organisation_share, one.education_share) == (0, 0.0, 0.0)
    assert one.identities == len(MEMBERS)


def test_accounts_that_one_card_pays_for_are_one_customers(engine: DuckDBEngine) -> None:
    rows = own_names(MEMBERS[:12])
    for place, row in enumerate(rows):
        row["payment_fingerprint"] = "one card" if place < 6 else "another" if place < 9 else None
    (one,) = gather(engine, accounts=rows)
    assert (one.organisations, one.identities) == (0, 2 + 3)
    assert one.effective_customers == pytest.approx(12**2 / (6**2 + 3**2 + 3))


@pytest.mark.parametrize(
    "paid",
    [
        {"payment_fingerprint": "the firm's", "verification": "card"},
        {"payment_fingerprint": None, "verification": "contract"},
        {"payment_fingerprint": None, "email_domain": "firm.example"},
    ],
)
def test_a_firm_declares_its_own_whoever_names_it_besides(engine: DuckDBEngine, paid: dict[str, str | None]) -> None:
    firm = [{**row, **paid, "organisation_id": "firm"} for row in own_names(MEMBERS[:25])]
    others = [{**row, "organisation_id": "firm", "verification": "card"} for row in own_names(MEMBERS[25:])]
    (one,) = gather(engine, accounts=firm + others)
    assert (one.organisations, one.identities) == (1, 1 + len(others))
    assert one.organisation_share == pytest.approx(25 / len(MEMBERS))


def test_a_mail_domain_is_the_groups_own_where_hardly_anybody_else_has_it(engine: DuckDBEngine) -> None:
    rows = own_names([*MEMBERS, *(f"other{place}" for place in range(60))])
    for place, row in enumerate(rows):
        row["email_domain"] = "firm.example" if place < 10 else "people.example" if place >= 20 else None
    for kind, share in (("research", 10 / len(MEMBERS)), (None, 10 / len(MEMBERS)), ("individual", 0.0)):
        (one,) = gather(engine, accounts=[{**row, "account_type": kind} for row in rows])
        # of the forty members ten are the firm's, and twenty have the domain that sixty others have
        assert one.own_domain_share == pytest.approx(share)
    mixed = [{**row, "account_type": "research" if place < 3 else "individual"} for place, row in enumerate(rows)]
    assert gather(engine, accounts=mixed)[0].own_domain_share == pytest.approx(3 / len(MEMBERS))


def test_a_permit_of_one_member_counts_as_one_member(engine: DuckDBEngine) -> None:
    permits = [{"permit_id": "p", "holder": "a01"}]
    fill(engine, permits=permits)
    carried = "SELECT * REPLACE (CASE WHEN account_id < 'a20' THEN 'a01' ELSE account_id END AS account_id)"
    engine.create("carried", Query("carried", f"{carried} FROM candidate_exchanges"))
    engine.store(CANDIDATE_EXCHANGES, engine.fetch(Query("carried", "SELECT * FROM carried")))
    settle(engine)
    (one,) = gathered(engine)
    assert (one.accounts, one.exchanges) == (20, 20 * EACH)
    assert one.permitted == EACH  # of the half that it carries


def test_without_an_accounts_table_registration_is_unknown(engine: DuckDBEngine) -> None:
    (one,) = gather(engine, accounts=[])
    assert one.registered == 0
    assert one.identities is one.organisations is one.top_payment_share is one.education_share is None


FULL = {
    "organisation_id": "firm",
    "payment_fingerprint": "one card",
    "account_type": "education",
    "verification": "contract",
    "email_domain": "firm.example",
}
STATED = ("identities", "effective_customers", "organisations", "organisation_share", "top_payment_share")
STATED += ("education_share", "contract_share")
UNKNOWN_WITHOUT = {
    "organisation_id": {"organisations", "organisation_share"},
    "payment_fingerprint": {"identities", "effective_customers", "top_payment_share"},
    "account_type": {"education_share"},
    "verification": {"contract_share"},
}


@pytest.mark.parametrize("column", UNKNOWN_WITHOUT)
def test_of_a_column_that_is_not_logged_nothing_is_known(engine: DuckDBEngine, column: str) -> None:
    fill(engine)
    rows = [{"account_id": account, **FULL} for account in [*MEMBERS, "elsewhere"]]
    for dropped, unknown in (((), set()), ((column,), UNKNOWN_WITHOUT[column])):
        stored(engine, ACCOUNTS, [{name: row[name] for name in row if name not in dropped} for row in rows])
        settle(engine)
        (one,) = gathered(engine)
        assert {name for name in STATED if getattr(one, name) is None} == unknown


@pytest.mark.parametrize(("stating", "known"), [(19, False), (20, True)])
def test_words_that_few_members_state_tell_nothing_of_the_others(
    engine: DuckDBEngine, stating: int, known: bool
) -> None:
    rows = [{"account_id": account, **FULL} for account in MEMBERS]
    for row in rows[stating:]:
        row["account_type"] = row["verification"] = ""
    rows = [{name: value for name, value in row.items() if value} for row in rows]
    (one,) = gather(engine, accounts=rows)
    assert (one.education_share is not None, one.contract_share is not None) == (known, known)


@pytest.mark.parametrize(("paying", "known"), [(40, (40, 20)), (20, (20, 10)), (19, (19, None))])
def test_without_organisations_those_who_pay_tell_customers_apart(
    engine: DuckDBEngine, paying: int, known: tuple[int, int | None]
) -> None:
    """Two accounts a card; who has none may be of an organisation that pays, and counts neither way."""
    fill(engine)
    rows: list[dict[str, Any]] = [{"account_id": account} for account in MEMBERS]
    for place, row in enumerate(rows[:paying]):
        row["payment_fingerprint"] = f"card {place // 2}"
    stored(engine, ACCOUNTS, rows)
    settle(engine)
    (one,) = gathered(engine)
    assert (one.with_payer, one.identities) == known
    assert one.effective_customers == (None if known[1] is None else pytest.approx(known[1]))


def test_members_without_a_card_in_a_log_that_has_cards_pay_with_none(engine: DuckDBEngine) -> None:
    (one,) = gather(engine, accounts=[{"account_id": account} for account in MEMBERS])
    assert (one.top_payment_share, one.identities, one.organisation_share) == (0.0, len(MEMBERS), 0.0)


@pytest.mark.parametrize("placed", [len(MEMBERS), 7, 1, 0])
def test_places_are_counted_beside_the_accounts_that_have_one(engine: DuckDBEngine, placed: int) -> None:
    """Accounts of which nothing is known do not make the others' places look few."""
    fill(engine)
    known = f"CASE WHEN account_id < 'a{placed:02}' THEN address_subnet_value END AS address_subnet_value"
    engine.create("placed", Query("placed", f"SELECT * REPLACE ({known}) FROM candidate_exchanges"))
    engine.store(CANDIDATE_EXCHANGES, engine.fetch(Query("placed", "SELECT * FROM placed")))
    settle(engine)
    (one,) = gathered(engine)
    expected = (min(97, EACH * placed), placed) if placed else (None, None)
    assert (one.subnets, one.placed_accounts) == expected
    assert (one.top_subnet_share is None) == (placed == 0)


def test_cleared_accounts_and_permitted_exchanges_are_left_out(engine: DuckDBEngine) -> None:
    judgements = [{"subject": "a00", "verdict": "innocent"}]
    permits = [{"permit_id": "p", "holder": "a01"}]
    (one,) = gather(engine, judgements=judgements, permits=permits)
    assert one.accounts == len(MEMBERS) - 2
    assert one.exchanges == EACH * (len(MEMBERS) - 2)
    assert one.permitted == EACH


def test_surprise_is_an_account_and_capped(engine: DuckDBEngine) -> None:
    (one,) = gather(engine)
    assert one.claim_bits == {
        "same_payment_issuer": 9.0,
        "same_signup_minute": 9.0,
        "same_opening_words": 9.0,
        "same_subnet": 9.0,
        "takes_over_requests_of": 9.0,
    }
    shared = ("payment", "time", "content", "infrastructure", "lifecycle")
    assert one.family_bits == dict.fromkeys(shared, 9.0)


def test_the_strongest_value_of_each_claim_is_named_with_its_holders(engine: DuckDBEngine) -> None:
    fill(engine)
    rows = [
        {
            "value_id": "V1",
            "family": "payment",
            "claim": "same_payment_issuer",
            "bits": 9.0,
            "accounts": 31,
            "shown": "bank",
        },
        {"value_id": "V2", "family": "payment", "claim": "same_payment_issuer", "bits": 8.0, "accounts": 40},
        {"value_id": "V3", "family": "payment", "claim": "same_payment_fingerprint", "bits": 20.0, "accounts": 2},
        {
            "value_id": "V4",
            "family": "time",
            "claim": "same_signup_hour",
            "bits": 1.0,
            "accounts": 3,
            "outside_accounts": 1,
        },
    ]
    stored(engine, NETWORK_VALUES, [{"network_id": "N1", **row} for row in rows])
    settle(engine)
    (one,) = gathered(engine)
    assert one.shared_values == {
        "payment": (
            "payment card: 2 of 40 accounts, no other account",
            "card issuer bank: 31 of 40 accounts, no other account",
        ),
        "time": ("hour of sign-up: 3 of 40 accounts, 1 other account",),
    }


def test_a_test_without_an_outcome_is_absent(engine: DuckDBEngine) -> None:
    (one,) = gather(engine, tests={"asks_one_mix": (0.2, 1.0, 3.0), "same_sizes": Absence.FEW_EXCHANGES})
    assert one.test(ASKS_ONE_MIX) == GroupTest("asks_one_mix", 0.2, 1.0, 3.0)
    assert one.tests["same_sizes"].absent is Absence.FEW_EXCHANGES
    for without in (SAME_SIZES, EQUALISED_VOLUMES):  # absent, and never run
        assert one.test(without) is None


def test_candidates_come_in_order_with_their_own_profiles(engine: DuckDBEngine) -> None:
    networks = {"2": MEMBERS[:10], "1": MEMBERS[10:]}
    assert [(one.candidate_id, one.accounts) for one in gather(engine, networks)] == [("C1", 30), ("C2", 10)]
