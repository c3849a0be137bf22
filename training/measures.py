"""The numbers of a candidate that tell an extraction effort from innocent groups: each is read beside what is ordinary.

Every measure is relative to what the group itself, or people in the same log, could show, so that it means the same in
a log of other volumes. A measure that the log does not allow is left out and says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

from stillwatch.assess.profile import CandidateProfile
from stillwatch.records.claims import GROUP_CLAIMS, GroupClaim

Value = Callable[[CandidateProfile], float | None]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a candidate; `claim` names the evidence that states it, `value` is None where it is absent."""

    claim: str
    value: Value


def _tested(claim: GroupClaim) -> Measure:
    def value(profile: CandidateProfile) -> float | None:
        test = profile.test(claim)
        return None if test is None or test.statistic is None else claim.beside(test.statistic, test.reference)

    return Measure(claim.name, value)


def _identities(profile: CandidateProfile) -> float | None:
    known = profile.has_registration and profile.identities is not None
    return (profile.identities or 0) / profile.registered if known else None


def _declared(profile: CandidateProfile) -> float | None:
    return profile.organisation_share if profile.has_registration else None


def _card(profile: CandidateProfile) -> float | None:
    return profile.top_payment_share if profile.has_registration else None


def _education(profile: CandidateProfile) -> float | None:
    return profile.education_share if profile.has_registration else None


def _contract(profile: CandidateProfile) -> float | None:
    return profile.contract_share if profile.has_registration else None


def _subnets(profile: CandidateProfile) -> float | None:
    return None if profile.subnets is None or not profile.accounts else math.log(profile.subnets / profile.accounts)


def _one_subnet(profile: CandidateProfile) -> float | None:
    return profile.top_subnet_share


def _busiest_day(profile: CandidateProfile) -> float | None:
    return profile.busiest_day_share if profile.exchanges else None


MEASURES: tuple[Measure, ...] = (
    *(_tested(claim) for claim in GROUP_CLAIMS),
    Measure("claims_many_identities", _identities),
    Measure("names_organisation", _declared),
    Measure("pays_with_one_card", _card),
    Measure("is_education", _education),
    Measure("is_under_contract", _contract),
    Measure("spreads_over_networks", _subnets),
    Measure("sits_in_one_network", _one_subnet),
    Measure("lasts_one_day", _busiest_day),
)


def measured(profile: CandidateProfile, off: Collection[str] = ()) -> dict[str, float]:
    """The measures that a candidate has, by claim, without those switched `off`."""
    found = {one.claim: one.value(profile) for one in MEASURES if one.claim not in off}
    return {claim: value for claim, value in found.items() if value is not None and math.isfinite(value)}
