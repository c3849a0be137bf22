"""Innocent explanations: each is tried on every candidate, and says in a sentence how it fared.

`excluded`: a test it must pass fails; `possible`: nothing speaks against it, or what would is not in the logs;
`preferred`: something speaks for it. Nobody is accused at `act` while one is not excluded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stillwatch.assess.predicates import (
    hands_over,
    has_narrow_queue,
    has_text,
    hides_one_queue,
    is_declared,
    may_be_small_firm,
    narrow_test,
    self_similarity,
    sits_in_few_places,
)
from stillwatch.assess.profile import CandidateProfile
from stillwatch.assess.thresholds import (
    BEYOND_HOUSEHOLD,
    BEYOND_SMALL_FIRM,
    CLEAR_BITS,
    LEANING_BITS,
    LEAST_PERMITTED,
    LEAST_REACH,
    LIKE_ONE_POOL,
    LIKE_PEOPLE,
    MAJORITY,
    RESAMPLED,
    SHORT,
)
from stillwatch.records import claims
from stillwatch.records.candidates import ONE_CUSTOMER_SHARE, PLAIN_SHARE, PLAIN_TIMES, GroupTest
from stillwatch.records.claims import Explanation

ORDINARY = "what is asked is hardly narrower than what people ask"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One innocent explanation of one candidate: its name, `excluded`, `possible` or `preferred`, and why."""

    name: str
    verdict: str
    sentence: str


def _excluded(explanation: Explanation, sentence: str) -> Alternative:
    return Alternative(explanation.name, "excluded", sentence)


def _possible(explanation: Explanation, sentence: str) -> Alternative:
    return Alternative(explanation.name, "possible", sentence)


def _preferred(explanation: Explanation, sentence: str) -> Alternative:
    return Alternative(explanation.name, "preferred", sentence)


def _resembles(place: float) -> str:
    return f"members remember their own work {place:.0%} as much as people in these logs do"


def _claims(profile: CandidateProfile) -> str:
    return f"{profile.registered:,} accounts claim to be {profile.identities or 0:,} different customers"


def _openly(profile: CandidateProfile) -> str:
    return f"most members are declared as {profile.organisations or 0:,} organisations with several accounts each"


def enterprise(profile: CandidateProfile) -> Alternative:
    """An enterprise's seats are people who each come back to their own work, under one declared customer."""
    explanation = claims.IS_ENTERPRISE
    place, declared = self_similarity(profile), is_declared(profile)
    if place is not None and place > LIKE_ONE_POOL and declared is False and has_narrow_queue(profile):
        return _excluded(
            explanation,
            f"{_resembles(place)}, but one queue feeds all with one narrow purpose; {_claims(profile)}",
        )
    if place is not None and place >= LIKE_PEOPLE:
        return _preferred(explanation, _resembles(place))
    if declared:
        return _possible(explanation, _openly(profile))
    if place is None:
        return _by_sizes(explanation, profile)
    if place > LIKE_ONE_POOL:
        return _possible(explanation, _resembles(place))
    registered = "" if declared is None else f"; {_claims(profile)}"
    return _excluded(
        explanation,
        f"members remember their own work only {max(place, 0.0):.0%} as much as people do{registered}",
    )


def _by_sizes(explanation: Explanation, profile: CandidateProfile) -> Alternative:
    """How an explanation by people fares where members' self-similarity is unknown: sizes and volumes stand in."""
    if has_text(profile):
        return _possible(explanation, "too few questions an account to see whether people remember their own")
    if profile.bits(claims.SAME_SIZES) >= CLEAR_BITS and profile.bits(claims.EQUALISED_VOLUMES) >= LEANING_BITS:
        return _excluded(
            explanation, "members differ neither in size of questions and answers nor in volume, as people here do"
        )
    return _possible(explanation, "without text, people behind the accounts cannot be ruled out")


def reseller(profile: CandidateProfile) -> Alternative:
    """A reseller's or relay's customers are people who ask what people ask."""
    explanation = claims.IS_RESELLER
    place, narrow = self_similarity(profile), narrow_test(profile)
    if place is None:
        return _unseen_customers(profile, narrow)
    if place > LIKE_ONE_POOL:
        if has_narrow_queue(profile):
            return _excluded(explanation, f"{_resembles(place)}, but one queue feeds all with what no customers ask")
        return (
            _preferred(explanation, _resembles(place))
            if place >= LIKE_PEOPLE
            else _possible(explanation, _resembles(place))
        )
    repeated = profile.statistic(claims.REPEATS_QUESTIONS)
    if repeated is not None and repeated > RESAMPLED:
        return _excluded(
            explanation, f"{repeated:.0%} of the questions are asked by several accounts, as no relay's customers ask"
        )
    if narrow is None:
        return _preferred(explanation, ORDINARY)
    picked = _picked(profile)
    if picked is not None:
        return _preferred(explanation, picked)
    return _excluded(explanation, f"{_narrower(narrow)}, and nobody remembers any")


def _unseen_customers(profile: CandidateProfile, narrow: GroupTest | None) -> Alternative:
    """How a relay's customers fare as an explanation where members' self-similarity is unknown."""
    if not has_text(profile):
        return _possible(claims.IS_RESELLER, "without text, what a relay's customers ask looks as an effort does")
    # accounts that ask too little to show their own past must at least ask what no customers ask
    return _by_sizes(claims.IS_RESELLER, profile) if narrow is not None else _preferred(claims.IS_RESELLER, ORDINARY)


def _narrower(test: GroupTest) -> str:
    """How what is asked is narrower than what people ask."""
    if test.test == claims.NARROW_PURPOSE.name:
        return f"the questions lie {test.statistic:.1f} bits from people's mix"
    return f"the questions' words lie {test.statistic:.1f} bits from people's"


def _picked(profile: CandidateProfile) -> str | None:
    """Why the purpose is only what some customers happen to ask, as far as one can be picked out of anybody's traffic.

    None where it is not, as in a network that serves nothing else.
    """
    reach, apart = profile.statistic(claims.REACHES_ALL_ACCOUNTS), profile.test(claims.STANDS_APART)
    if reach is not None and reach < LEAST_REACH:
        return (
            f"what is asked reaches {reach:.0%} of the accounts that one queue would deal it to, "
            "as one customer's questions do"
        )
    if apart is None or apart.statistic is None or apart.reference is None:
        return None
    if apart.statistic >= max(PLAIN_SHARE, 0.0 if profile.whole_network else PLAIN_TIMES * apart.reference):
        return None
    return f"{apart.statistic:.0%} of what is asked stands plainly apart, {apart.reference:.1%} of what people ask"


def one_customer(profile: CandidateProfile) -> Alternative:
    """One busy customer of a relay, whom its accounts serve in turn.

    Dealt over many accounts, a single customer's questions have one mix, words of their own and no account's past, as
    an effort's do.
    """
    explanation = claims.IS_ONE_CUSTOMER
    if profile.whole_network or profile.test(claims.REACHES_ALL_ACCOUNTS) is None:
        return _excluded(explanation, "nothing was picked out of what the network asks")
    part = f"{profile.exchanges:,} of the network's {profile.network_exchanges:,} exchanges"
    if profile.exchanges <= ONE_CUSTOMER_SHARE * profile.network_exchanges:
        return _preferred(explanation, f"one busy customer may ask {part}")
    if not hands_over(profile):
        return _possible(explanation, f"one customer may ask {part}: what is refused is hardly handed over")
    return _excluded(explanation, f"no one customer asks {part}")


def batch_job(profile: CandidateProfile) -> Alternative:
    """A firm's batch job runs in the open: few keys, one customer, one place."""
    explanation, declared = claims.IS_BATCH_JOB, is_declared(profile)
    if declared:
        return _preferred(explanation, _openly(profile))
    if profile.accounts < BEYOND_HOUSEHOLD:
        return _possible(explanation, f"{profile.accounts} accounts are no more than one developer's keys")
    card = profile.top_payment_share or 0.0
    if card >= MAJORITY and not (declared is False and has_narrow_queue(profile)):
        return _possible(explanation, f"{card:.0%} of the accounts pay with one card")
    subnets = profile.subnets or 0
    if may_be_small_firm(profile) or (declared is None and sits_in_few_places(profile)):
        firm = (
            f"{profile.accounts:,} keys in {subnets:,} subnets may be a small firm's, whatever they were registered as"
        )
        # a small firm's fleet differs from an effort in what it asks for, or in nothing
        unread = profile.accounts < BEYOND_SMALL_FIRM and not has_text(profile)
        return _preferred(explanation, firm) if unread else _possible(explanation, firm)
    if declared is False:
        return _excluded(explanation, _claims(profile))
    return _excluded(explanation, f"{profile.accounts:,} accounts hide in {subnets:,} different subnets")


def evaluation_harness(profile: CandidateProfile) -> Alternative:
    """A harness asks the same public questions from every key."""
    explanation = claims.IS_EVALUATION_HARNESS
    repeated = profile.statistic(claims.REPEATS_QUESTIONS)
    if repeated is None:
        declared = is_declared(profile)
        if declared is None:
            return _possible(explanation, "without text, repeated questions cannot be seen")
        return _possible(explanation, _openly(profile)) if declared else _excluded(explanation, _claims(profile))
    if repeated > RESAMPLED:
        asked = f"{repeated:.0%} of the questions are asked by several accounts"
        if hides_one_queue(profile):
            return _excluded(explanation, f"{asked}, but refused ones are handed over and {_claims(profile)}")
        return _preferred(explanation, asked)
    return _excluded(explanation, f"only {repeated:.1%} of the questions are asked by several accounts")


def school_class(profile: CandidateProfile) -> Alternative:
    """A class asks the same things on the same evening, from one campus."""
    explanation = claims.IS_CLASS
    repeated = profile.statistic(claims.REPEATS_QUESTIONS)
    if (profile.education_share or 0.0) > MAJORITY:
        return _possible(explanation, "most members are education accounts")
    if profile.busiest_day_share > MAJORITY or profile.days < SHORT:
        return _possible(explanation, "it happened within a day or two")
    if repeated is not None and repeated > RESAMPLED and not hides_one_queue(profile):
        return _possible(explanation, f"{repeated:.0%} of the questions are shared")
    return _excluded(explanation, f"it lasts {profile.days:.0f} days and its questions are not one assignment")


def permitted(profile: CandidateProfile) -> Alternative:
    """Licensed distillation, a red team or an evaluation stays inside its permit."""
    explanation = claims.IS_PERMITTED
    if profile.permitted > profile.exchanges:
        return _preferred(explanation, f"a permit covers {profile.permitted:,} of the exchanges")
    if profile.permitted >= LEAST_PERMITTED * (profile.permitted + profile.exchanges):
        return _possible(
            explanation, f"a permit covers {profile.permitted:,} exchanges, {profile.exchanges:,} outgrew it"
        )
    if profile.permitted:
        return _excluded(explanation, f"a permit covers only {profile.permitted:,} of the network's exchanges")
    if profile.unmatched_permits and not profile.registered:
        return _possible(
            explanation,
            f"whether these accounts hold one of {profile.unmatched_permits:,} permits is not in the logs",
        )
    return _excluded(explanation, "no permit covers any of these exchanges")


def popular_tool(profile: CandidateProfile) -> Alternative:
    """Users of one tool share its headers and its system prompt, and nothing else."""
    return _by_shared_values(claims.IS_POPULAR_TOOL, profile, "client and system prompt")


def shared_address(profile: CandidateProfile) -> Alternative:
    """Carrier NAT, a VPN and a campus share addresses, and nothing else."""
    return _by_shared_values(claims.IS_SHARED_ADDRESS, profile, "addresses")


def viral_prompt(profile: CandidateProfile) -> Alternative:
    """A prompt that went viral is one prompt, asked by people otherwise unlike."""
    return _by_shared_values(claims.IS_VIRAL_PROMPT, profile, "wording")


def shared_software(profile: CandidateProfile) -> Alternative:
    """Strangers who run one relay software share the device id it derives, and nothing else."""
    return _by_shared_values(claims.IS_SHARED_SOFTWARE, profile, "device and session ids")


def _by_shared_values(explanation: Explanation, profile: CandidateProfile, words: str) -> Alternative:
    """Do members still share enough once the values are left out that the explanation accounts for?"""
    explained = {value.name for value in claims.SHARED_VALUES if value.explanation is explanation}
    rest = sum(bits for claim, bits in profile.claim_bits.items() if claim not in explained)
    if rest >= CLEAR_BITS:
        return _excluded(explanation, f"without {words} the members still share {rest:.0f} bits an account")
    return _possible(explanation, f"without {words} only {rest:.1f} bits an account are left")


def household(profile: CandidateProfile) -> Alternative:
    """A family or an office shares one login or address among few."""
    if profile.accounts < BEYOND_HOUSEHOLD:
        return _possible(claims.IS_HOUSEHOLD, f"{profile.accounts} accounts could be one household or office")
    return _excluded(claims.IS_HOUSEHOLD, f"{profile.accounts:,} accounts are no household")


ALTERNATIVES: tuple[Callable[[CandidateProfile], Alternative], ...] = (
    enterprise,
    reseller,
    one_customer,
    batch_job,
    evaluation_harness,
    school_class,
    permitted,
    popular_tool,
    shared_address,
    viral_prompt,
    shared_software,
    household,
)


def try_all(profile: CandidateProfile) -> tuple[Alternative, ...]:
    """Every innocent explanation, tried."""
    return tuple(alternative(profile) for alternative in ALTERNATIVES)
