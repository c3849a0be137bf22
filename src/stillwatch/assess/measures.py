"""The numbers of a candidate that tell an extraction effort from innocent groups: each is read beside what is ordinary.

Every measure is relative to what the group itself, or people in the same log, could show, so that it means the same in
a log of other volumes. A measure that the log does not allow is left out and says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

from stillwatch.assess.profile import CandidateProfile
from stillwatch.assess.thresholds import LEAST_WATCHED
from stillwatch.records import claims
from stillwatch.records.claims import GROUP_CLAIMS, GroupClaim

PASSED_ON = frozenset(one.name for one in claims.SHARED_VALUES if one.independence_group in ("handover", "lifecycle"))
"""Claims of linking that one hand deals the work out: who runs an account itself passes none on."""

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


def _customers(profile: CandidateProfile) -> float | None:
    found = profile.effective_customers
    return math.log(found) if profile.has_registration and found is not None else None


def _declared(profile: CandidateProfile) -> float | None:
    return profile.organisation_share if profile.has_registration else None


def _card(profile: CandidateProfile) -> float | None:
    return profile.top_payment_share if profile.has_registration else None


def _education(profile: CandidateProfile) -> float | None:
    return profile.education_share if profile.has_registration else None


def _contract(profile: CandidateProfile) -> float | None:
    return profile.contract_share if profile.has_registration else None


def _subnets(profile: CandidateProfile) -> float | None:
    accounts = profile.placed_accounts
    return math.log(profile.subnets / accounts) if profile.subnets and accounts else None


def _one_subnet(profile: CandidateProfile) -> float | None:
    return profile.top_subnet_share


def _busiest_day(profile: CandidateProfile) -> float | None:
    # whoever began yesterday has lasted a day so far, whatever it is
    return profile.busiest_day_share if profile.exchanges and profile.watched_days >= LEAST_WATCHED else None


def _passed_on(profile: CandidateProfile) -> float | None:
    # without text no request can be seen to pass on, which says nothing of whether any did
    found = passed_on_bits(profile)
    return math.log1p(found) if found > 0.0 or profile.has_text else None


def passed_on_bits(profile: CandidateProfile) -> float:
    """Bits an account of requests and conversations that pass from one account to another."""
    return max(0.0, sum(bits for claim, bits in profile.claim_bits.items() if claim in PASSED_ON))


MEASURES: tuple[Measure, ...] = (
    *(_tested(claim) for claim in GROUP_CLAIMS),
    Measure(claims.CLAIMS_MANY_IDENTITIES.name, _customers),
    Measure(claims.NAMES_ORGANISATION.name, _declared),
    Measure(claims.PAYS_WITH_ONE_CARD.name, _card),
    Measure(claims.IS_EDUCATION.name, _education),
    Measure(claims.IS_UNDER_CONTRACT.name, _contract),
    Measure(claims.SPREADS_OVER_NETWORKS.name, _subnets),
    Measure(claims.SITS_IN_ONE_NETWORK.name, _one_subnet),
    Measure(claims.LASTS_ONE_DAY.name, _busiest_day),
    Measure(claims.PASSES_REQUESTS_ON.name, _passed_on),
)


def measured(profile: CandidateProfile, off: Collection[str] = ()) -> dict[str, float]:
    """The measures that a candidate has, by claim, without those switched `off`."""
    found = {one.claim: one.value(profile) for one in MEASURES if one.claim not in off}
    return {claim: value for claim, value in found.items() if value is not None and math.isfinite(value)}
