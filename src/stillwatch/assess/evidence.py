"""Evidence for and against a candidate: items in bits, with one sentence each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from stillwatch.assess.hypotheses import Weighed
from stillwatch.assess.measures import passed_on_bits
from stillwatch.assess.profile import CandidateProfile
from stillwatch.assess.thresholds import LEAST_PERMITTED, PERMIT_BITS
from stillwatch.records import claims, sentences
from stillwatch.records.claims import FAMILIES, GROUP_CLAIMS, INSIDE_PERMIT, OUTGREW_PERMIT


@dataclass(frozen=True, slots=True)
class EvidenceItem:
    """One item about a subject: its claim, bits for (or, negative, against) extraction, and a sentence."""

    claim: str
    bits: float
    sentence: str
    examples: tuple[str, ...] = ()


def shared_items(profile: CandidateProfile) -> list[EvidenceItem]:
    """What members share beyond chance. These formed the group, so they weigh nothing in its judgement."""
    return [
        EvidenceItem(
            FAMILIES[family].claim,
            0.0,
            sentences.shared_family(FAMILIES[family].words, bits),
            profile.shared_values.get(family, ()),
        )
        for family, bits in sorted(profile.family_bits.items())
    ]


def measured_sentences(profile: CandidateProfile, weighed: Weighed) -> dict[str, str]:
    """Every measure that weighs anything, in words, by claim."""
    bits = weighed.alone
    tested = {
        claim.name: claim.sentence(test.statistic, test.reference, bits[claim.name])
        for claim in GROUP_CLAIMS
        if claim.name in bits and (test := profile.test(claim)) is not None and test.statistic is not None
    }
    stated = {claim: say(profile, bits[claim]) for claim, say in STATED.items() if claim in bits}
    return tested | stated


def measured_items(weighed: Weighed, said: Mapping[str, str]) -> list[EvidenceItem]:
    """What each measure alone weighs for extraction, or against it, and what all weigh together."""
    bits = weighed.alone
    items = [EvidenceItem(claim, round(bits[claim], 3), said[claim]) for claim in bits if claim in said]
    together = sentences.weighed_together(weighed.together)
    return [*items, EvidenceItem(claims.WEIGHED_TOGETHER.name, round(weighed.together, 3), together)]


STATED: dict[str, Callable[[CandidateProfile, float], str]] = {
    claims.CLAIMS_MANY_IDENTITIES.name: lambda one, _: sentences.identities(one.with_payer or 0, one.identities or 0),
    claims.NAMES_ORGANISATION.name: lambda one, _: sentences.organisation_share(
        one.organisation_share or 0.0, one.organisations or 0
    ),
    claims.PAYS_WITH_ONE_CARD.name: lambda one, _: sentences.card_share(one.top_payment_share or 0.0),
    claims.IS_EDUCATION.name: lambda one, _: sentences.education_share(one.education_share or 0.0),
    claims.IS_UNDER_CONTRACT.name: lambda one, _: sentences.contract_share(one.contract_share or 0.0),
    claims.SPREADS_OVER_NETWORKS.name: lambda one, _: sentences.subnets(one.subnets or 0, one.placed_accounts or 0),
    claims.SITS_IN_ONE_NETWORK.name: lambda one, _: sentences.top_subnet(one.top_subnet_share or 0.0),
    claims.LASTS_ONE_DAY.name: lambda one, _: sentences.busiest_day(one.busiest_day_share, one.days),
    claims.PASSES_REQUESTS_ON.name: lambda one, bits: sentences.passes_on(passed_on_bits(one), bits),
}
"""The sentence of each measure that assessment itself takes of a candidate, by claim."""


def permit_items(profile: CandidateProfile) -> list[EvidenceItem]:
    """Permitted traffic is subtracted; what outgrew the permit is stated."""
    if not profile.permitted:
        return []
    claim = OUTGREW_PERMIT if profile.exchanges else INSIDE_PERMIT
    sentence = sentences.permit(profile.permitted, profile.exchanges)
    return [EvidenceItem(claim.name, permit_bits(profile), sentence)]


def permit_bits(profile: CandidateProfile) -> float:
    """Bits, 0 or below, where a permit covers a good part of a candidate: its holder had leave for the purpose."""
    much = profile.permitted >= max(1, LEAST_PERMITTED * (profile.permitted + profile.exchanges))
    return PERMIT_BITS if much else 0.0


def all_items(
    profile: CandidateProfile, weighed: Weighed, said: Mapping[str, str], off: Collection[str] = ()
) -> list[EvidenceItem]:
    """Every item for and against a candidate, without those whose claims are switched `off`."""
    items = [*shared_items(profile), *measured_items(weighed, said), *permit_items(profile)]
    return [item for item in items if item.claim not in off]
