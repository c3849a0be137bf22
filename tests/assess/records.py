"""Profiles made by hand: a group that no innocent explanation fits, and what a test changes about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from stillwatch.assess.profile import CandidateProfile
from stillwatch.records.candidates import GroupTest
from tests.assess.tables import BEGIN
from tests.assess.tables import GUILTY as PLAIN


class Outcome(NamedTuple):
    """The statistic of a group test, people's, and its bits."""

    statistic: float
    reference: float | None
    bits: float


def outcomes(named: dict[str, Outcome]) -> dict[str, GroupTest]:
    """Group tests by name, from their outcomes."""
    return {name: GroupTest(name, *outcome) for name, outcome in named.items()}


OUTCOMES = {name: Outcome(*outcome) for name, outcome in PLAIN.items()}
SHARED = {
    "same_payment_issuer": 9.0,
    "same_signup_minute": 9.0,
    "same_opening_words": 9.0,
    "same_subnet": 9.0,
    "takes_over_requests_of": 9.0,
}

GUILTY = CandidateProfile(
    candidate_id="C1",
    network_id="N1",
    accounts=400,
    exchanges=40_000,
    permitted=0,
    unmatched_permits=0,
    days=40.0,
    watched_days=45.0,
    busiest_day_share=0.03,
    tested_at=BEGIN,
    registered=400,
    with_payer=400,
    identities=400,
    effective_customers=400.0,
    organisations=0,
    organisation_share=0.0,
    top_payment_share=0.01,
    education_share=0.0,
    contract_share=0.0,
    own_domain_share=0.0,
    subnets=350,
    placed_accounts=400,
    top_subnet_share=0.01,
    family_bits={"payment": 9.0, "time": 9.0, "content": 9.0, "infrastructure": 9.0},
    claim_bits=SHARED,
    tests=outcomes(OUTCOMES),
)
UNREGISTERED: dict[str, Any] = {
    "registered": 0,
    "with_payer": None,
    "identities": None,
    "effective_customers": None,
    "organisations": None,
    "organisation_share": None,
    "top_payment_share": None,
    "education_share": None,
    "contract_share": None,
    "own_domain_share": None,
}


def profile(without: tuple[str, ...] = (), tests: dict[str, Outcome] | None = None, **changed: Any) -> CandidateProfile:
    """The guilty group with fields changed, outcomes of tests replaced, and the tests named in `without` not run."""
    kept = {name: outcome for name, outcome in OUTCOMES.items() if name not in without}
    return replace(GUILTY, tests=outcomes({**kept, **(tests or {})}), **changed)
