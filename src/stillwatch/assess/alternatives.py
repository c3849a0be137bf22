"""Innocent explanations: each is tried on every candidate, and says in a sentence how it fared.

An explanation that hypotheses describe is judged by its probability beside extraction's (`hypotheses.py`), with the
measures that tell the two apart most. Whether a permit covers it, and whether one thing that strangers share explains
the links, is asked directly. `excluded`: extraction is 19 times likelier, or a fact rules it out; `possible`:
less than that; `preferred`: the explanation is likelier than extraction and than all others. Nobody is accused at
`act` while one is not excluded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, log2

from stillwatch.assess.hypotheses import EXTRACTION, Weighed
from stillwatch.assess.profile import CandidateProfile
from stillwatch.assess.thresholds import (
    BEYOND_STRANGERS,
    CLEAR_BITS,
    EXCLUDED_BITS,
    LEAST_PERMITTED,
    ONE_DOMAIN,
    TELLING,
)
from stillwatch.records import claims, measured
from stillwatch.records.claims import EXPLANATIONS, Explanation
from stillwatch.records.sentences import counted, percent

BY_SHARED_VALUES: dict[str, str] = {
    claims.IS_SHARED_ADDRESS.name: "addresses",
    claims.IS_VIRAL_PROMPT.name: "the wording of questions",
    claims.IS_SHARED_SOFTWARE.name: "device and session ids",
}
"""Explanations by one thing that strangers share, and what it is in words: the links themselves tell."""

STRANGERS = (claims.IS_POPULAR_TOOL.name, claims.IS_ONE_PROGRAM.name)
"""Explanations by which nobody runs the accounts: people use the same thing in the same way."""
TELLS_CUSTOMERS = measured.RETURNS_ON_THE_SAME_DAY.name
"""The measure without which the customers of a relay cannot be told from a data set that is dealt over its accounts."""
SHARED_BY_STRANGERS = frozenset({"software", "wording", "contents", "place"})
"""Independence groups of values that people hold in common all at once, though nobody runs their accounts."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One innocent explanation of one candidate: its name, `excluded`, `possible` or `preferred`, and why."""

    name: str
    verdict: str
    sentence: str


def try_all(profile: CandidateProfile, weighed: Weighed, sentences: Mapping[str, str]) -> tuple[Alternative, ...]:
    """Every innocent explanation, tried; `sentences` states each measure, by claim."""
    return tuple(_tried(explanation, profile, weighed, sentences) for explanation in EXPLANATIONS)


def _tried(
    explanation: Explanation, profile: CandidateProfile, weighed: Weighed, sentences: Mapping[str, str]
) -> Alternative:
    if explanation is claims.IS_PERMITTED:
        return permitted(profile)
    if explanation.name in BY_SHARED_VALUES:
        return by_shared_values(explanation, profile)
    found = weighed_against(explanation, weighed, sentences)
    if explanation.name in STRANGERS and found.verdict == "excluded":
        return found if beyond_strangers(profile) >= BEYOND_STRANGERS else by_strangers(explanation, profile)
    if explanation is claims.IS_BATCH_JOB and found.verdict == "excluded" and names_one_domain(profile):
        return by_one_domain(explanation, profile)
    if explanation is claims.IS_RESELLER and found.verdict == "excluded" and TELLS_CUSTOMERS not in weighed.bits:
        return by_unseen_customers(explanation)
    return found


def beyond_strangers(profile: CandidateProfile) -> float:
    """Bits an account of shared values that strangers do not come to share."""
    theirs = {value.name for value in claims.SHARED_VALUES if value.independence_group in SHARED_BY_STRANGERS}
    return sum(bits for claim, bits in profile.claim_bits.items() if claim not in theirs)


def by_strangers(explanation: Explanation, profile: CandidateProfile) -> Alternative:
    """An explanation that the group's doings speak against, though strangers may share all that links the accounts."""
    because = f"all that links them is software, words and places ({beyond_strangers(profile):.1f} bits each besides)"
    return Alternative(explanation.name, "possible", f"This may be {explanation.words}: {because}.")


def names_one_domain(profile: CandidateProfile) -> bool:
    """Have nearly all accounts one mail domain of their own, and call themselves no individuals?

    Then nothing shows that they hide whose they are. Individuals' accounts under a domain that was bought for them do.
    """
    return profile.has_registration and (profile.own_domain_share or 0.0) >= ONE_DOMAIN


def by_one_domain(explanation: Explanation, profile: CandidateProfile) -> Alternative:
    """An explanation that the group's doings speak against, though its accounts say openly that they are one's."""
    share = percent(profile.own_domain_share or 0.0)
    because = (
        f"{share} of the accounts have one mail domain that mostly they have, and are registered as no individuals"
    )
    return Alternative(explanation.name, "possible", f"This may be {explanation.words}: {because}.")


def by_unseen_customers(explanation: Explanation) -> Alternative:
    """An explanation that nothing was there to test: whether what is asked is asked about again, as customers do."""
    because = "too few conversation starts have text to see whether its customers come back to what they asked"
    return Alternative(explanation.name, "possible", f"This may be {explanation.words}: {because}.")


def weighed_against(explanation: Explanation, weighed: Weighed, sentences: Mapping[str, str]) -> Alternative:
    """How an explanation fares beside extraction, priors included, with the measures that say most."""
    bits = _odds(weighed.probability[EXTRACTION], weighed.probability[explanation.name])
    likeliest = explanation.name == weighed.rival and bits < 0.0
    verdict = "excluded" if bits >= EXCLUDED_BITS else "preferred" if likeliest else "possible"
    found = weighed.against(explanation.name)
    sign = 1.0 if verdict == "excluded" else -1.0
    telling = sorted(found, key=lambda claim: (-sign * found[claim], claim))[:TELLING]
    said = " ".join(sentences[claim] for claim in telling if sign * found[claim] > 0.0 and claim in sentences)
    opening = {
        "excluded": f"This is not {explanation.words}: extraction is {_likelier(bits)}.",
        "possible": f"This may be {explanation.words}: extraction is {_compared(bits)}.",
        "preferred": f"This is most likely {explanation.words}: it is {_likelier(-bits)} than extraction.",
    }[verdict]
    leading = "Most against it:" if verdict == "excluded" else "Most for it:"
    return Alternative(explanation.name, verdict, f"{opening} {leading} {said}" if said else opening)


def _odds(one: float, other: float) -> float:
    return inf if other <= 0.0 else -inf if one <= 0.0 else log2(one / other)


def _compared(bits: float) -> str:
    return f"only {_likelier(bits)}" if bits >= 0.0 else "less likely"


def _likelier(bits: float) -> str:
    if bits > 20.0:
        return "more than a million times likelier"
    return f"{2.0**bits:,.0f} times likelier" if bits > 3.3 else f"{2.0**bits:.1f} times likelier"


def by_shared_values(explanation: Explanation, profile: CandidateProfile) -> Alternative:
    """Do members still share enough once the values are left out that the explanation accounts for?"""
    words = BY_SHARED_VALUES[explanation.name]
    explained = {value.name for value in claims.SHARED_VALUES if value.explanation is explanation}
    rest = sum(bits for claim, bits in profile.claim_bits.items() if claim not in explained)
    if rest >= CLEAR_BITS:
        because = f"even without {words}, what they share is far beyond chance ({rest:.0f} bits each)"
        return Alternative(explanation.name, "excluded", f"This is not {explanation.words}: {because}.")
    because = f"without {words}, what they share is hardly beyond chance ({rest:.1f} bits each)"
    return Alternative(explanation.name, "possible", f"This may be {explanation.words}: {because}.")


def permitted(profile: CandidateProfile) -> Alternative:
    """Licensed distillation, a red team or an evaluation stays inside its permit."""
    explanation = claims.IS_PERMITTED
    covered = f"a permit covers {counted(profile.permitted, 'request')}"
    if profile.permitted > profile.exchanges:
        outside = f"{profile.exchanges:,} lie" if profile.exchanges else "none lies"
        said = f"This is most likely {explanation.words}: {covered}, and {outside} outside it."
        return Alternative(explanation.name, "preferred", said)
    if profile.permitted >= LEAST_PERMITTED * (profile.permitted + profile.exchanges):
        said = f"This may be {explanation.words}: {covered}, although {profile.exchanges:,} lie outside it."
        return Alternative(explanation.name, "possible", said)
    if profile.permitted:
        said = f"This is not {explanation.words}: {covered} only, and {profile.exchanges:,} lie outside it."
        return Alternative(explanation.name, "excluded", said)
    if profile.unmatched_permits and not profile.registered:
        permits = counted(profile.unmatched_permits, "permit")
        because = f"the log does not show whether these accounts belong to the holder of {permits}"
        return Alternative(explanation.name, "possible", f"This may be {explanation.words}: {because}.")
    said = f"This is not {explanation.words}: no permit covers any of these requests."
    return Alternative(explanation.name, "excluded", said)
