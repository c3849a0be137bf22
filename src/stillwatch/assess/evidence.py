"""Evidence for and against a candidate: items in bits, with one sentence each."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from stillwatch.assess.profile import CandidateProfile
from stillwatch.assess.thresholds import (
    FEWEST_IDENTITIES,
    HIDING_ADDRESS_BITS,
    IDENTITY_BITS,
    LEAST_COUNTED,
    LEAST_PERMITTED,
    MAJORITY,
    OPEN_ADDRESS_BITS,
    OPEN_IDENTITIES,
    PERMIT_BITS,
)
from stillwatch.records import sentences
from stillwatch.records.claims import (
    CLAIMS_MANY_IDENTITIES,
    FAMILIES,
    GROUP_CLAIMS,
    INSIDE_PERMIT,
    OUTGREW_PERMIT,
    SPREADS_OVER_NETWORKS,
)


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


def tested_items(profile: CandidateProfile) -> list[EvidenceItem]:
    """What the group was tested on, where a test carries bits."""
    result = []
    for claim in GROUP_CLAIMS:
        test = profile.test(claim)
        if claim.sentence is not None and test is not None and test.statistic is not None and test.bits != 0.0:
            sentence = claim.sentence(test.statistic, test.reference, test.bits)
            result.append(EvidenceItem(claim.name, test.bits, sentence))
    return result


def concealment_items(profile: CandidateProfile) -> list[EvidenceItem]:
    """Do the accounts hide that they belong together? Fraudulent access, not distillation, is what is looked for."""
    if profile.identities is not None and profile.has_registration:
        return [_identities(profile, profile.identities)]
    if profile.subnets is not None and profile.top_subnet_share is not None:
        open_about_it = profile.top_subnet_share > MAJORITY
        return [
            EvidenceItem(
                SPREADS_OVER_NETWORKS.name,
                OPEN_ADDRESS_BITS if open_about_it else HIDING_ADDRESS_BITS,
                sentences.networks(profile.subnets, profile.top_subnet_share, open_about_it),
            )
        ]
    return []


def _identities(profile: CandidateProfile, identities: int) -> EvidenceItem:
    share = identities / max(profile.registered, 1)
    # one customer with many keys is open; many customers behind one operator are not
    counted = profile.accounts >= LEAST_COUNTED
    bits = 2.0 * math.log2(max(share, FEWEST_IDENTITIES) / OPEN_IDENTITIES) if counted else 0.0
    return EvidenceItem(
        CLAIMS_MANY_IDENTITIES.name,
        round(max(-IDENTITY_BITS, min(IDENTITY_BITS, bits)), 3),
        sentences.identities(profile.registered, identities, many=share > OPEN_IDENTITIES),
    )


def permit_items(profile: CandidateProfile) -> list[EvidenceItem]:
    """Permitted traffic is subtracted; what outgrew the permit is stated."""
    if not profile.permitted:
        return []
    claim = OUTGREW_PERMIT if profile.exchanges else INSIDE_PERMIT
    much = profile.permitted >= LEAST_PERMITTED * (profile.permitted + profile.exchanges)
    sentence = sentences.permit(profile.permitted, profile.exchanges)
    return [EvidenceItem(claim.name, PERMIT_BITS if much else 0.0, sentence)]


def all_items(profile: CandidateProfile, off: Collection[str] = ()) -> list[EvidenceItem]:
    """Every item for and against a candidate, without those whose claims are switched `off`."""
    items = [
        *shared_items(profile),
        *tested_items(profile),
        *concealment_items(profile),
        *permit_items(profile),
    ]
    return [item for item in items if item.claim not in off]
