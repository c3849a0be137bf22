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
from stillwatch.records.sentences import ORDINARY, counted, likelier, percent

NOT_NARROWER = "what the accounts ask is hardly narrower than what people ask"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One innocent explanation of one candidate: its name, `excluded`, `possible` or `preferred`, and why."""

    name: str
    verdict: str
    sentence: str


def _excluded(explanation: Explanation, because: str) -> Alternative:
    return Alternative(explanation.name, "excluded", f"This is not {explanation.words}: {because}.")


def _possible(explanation: Explanation, because: str) -> Alternative:
    return Alternative(explanation.name, "possible", f"This may be {explanation.words}: {because}.")


def _preferred(explanation: Explanation, because: str) -> Alternative:
    return Alternative(explanation.name, "preferred", f"This is most likely {explanation.words}: {because}.")


def _own_past(place: float) -> str:
    """How far members come back to their own earlier questions, on the scale from one pool (0) to people (1)."""
    if place >= LIKE_PEOPLE:
        degree = f"as {ORDINARY} do"
    else:
        degree = f"less than {ORDINARY} do" if place > 0.0 else "no more than to those of others"
    return (
        f"the accounts come back to their own earlier questions {degree} "
        f"(0 % = one common pool, 100 % = ordinary people; here {percent(max(place, 0.0))})"
    )


def _identities(profile: CandidateProfile) -> str:
    customers = counted(profile.identities or 0, "different customer")
    return f"{counted(profile.registered, 'registered account')} claim to be {customers}"


def _declared(profile: CandidateProfile) -> str:
    organisations = counted(profile.organisations or 0, "organisation")
    return f"most accounts are openly registered to {organisations} with several accounts each"


def enterprise(profile: CandidateProfile) -> Alternative:
    """An enterprise's seats are people who each come back to their own work, under one declared customer."""
    explanation = claims.IS_ENTERPRISE
    place, declared = self_similarity(profile), is_declared(profile)
    if place is not None and place > LIKE_ONE_POOL and declared is False and has_narrow_queue(profile):
        queue = "yet one queue feeds all of them with one narrow purpose"
        return _excluded(explanation, f"{_own_past(place)}, {queue}, and {_identities(profile)}")
    if place is not None and place >= LIKE_PEOPLE:
        return _preferred(explanation, f"{_own_past(place)}, as people with work of their own do")
    if declared:
        return _possible(explanation, _declared(profile))
    if place is None:
        return _by_sizes(explanation, profile)
    if place > LIKE_ONE_POOL:
        return _possible(explanation, f"{_own_past(place)}, which leaves room for people with work of their own")
    return _excluded(explanation, _own_past(place) + ("" if declared is None else f", and {_identities(profile)}"))


def _by_sizes(explanation: Explanation, profile: CandidateProfile) -> Alternative:
    """How an explanation by people fares where members' self-similarity is unknown: sizes and volumes stand in."""
    if has_text(profile):
        return _possible(explanation, "each account asked too little to see whether it comes back to its own questions")
    if profile.bits(claims.SAME_SIZES) >= CLEAR_BITS and profile.bits(claims.EQUALISED_VOLUMES) >= LEANING_BITS:
        return _excluded(
            explanation, f"lengths of requests and daily volumes hardly differ between accounts, unlike for {ORDINARY}"
        )
    return _possible(explanation, "the log has no text that would show different people behind the accounts")


def reseller(profile: CandidateProfile) -> Alternative:
    """A reseller's or relay's customers are people who ask what people ask."""
    explanation = claims.IS_RESELLER
    place, narrow = self_similarity(profile), narrow_test(profile)
    if place is None:
        return _unseen_customers(profile, narrow)
    if place > LIKE_ONE_POOL:
        return _remembering_customers(profile, place)
    repeated = profile.statistic(claims.REPEATS_QUESTIONS)
    if repeated is not None and repeated > RESAMPLED:
        return _excluded(explanation, f"{_asked_by_several(repeated)}, far more than among a relay's customers")
    if narrow is None:
        return _preferred(explanation, NOT_NARROWER)
    picked = _picked(profile)
    if picked is not None:
        return _preferred(explanation, picked)
    return _excluded(explanation, f"{_narrower(narrow)}, and no account comes back to such questions as its own")


def _remembering_customers(profile: CandidateProfile, place: float) -> Alternative:
    """How a relay's customers fare as an explanation where members come back to their own earlier questions."""
    explanation = claims.IS_RESELLER
    if has_narrow_queue(profile):
        queue = "yet one queue feeds all of them with a narrow purpose that customers do not share"
        return _excluded(explanation, f"{_own_past(place)}, {queue}")
    if place >= LIKE_PEOPLE:
        return _preferred(explanation, f"{_own_past(place)}, as customers with work of their own do")
    return _possible(explanation, f"{_own_past(place)}, which leaves room for customers with work of their own")


def _unseen_customers(profile: CandidateProfile, narrow: GroupTest | None) -> Alternative:
    """How a relay's customers fare as an explanation where members' self-similarity is unknown."""
    if not has_text(profile):
        return _possible(claims.IS_RESELLER, "the log has no text that would show what its customers ask")
    # accounts that ask too little to show their own past must at least ask what no customers ask
    return (
        _by_sizes(claims.IS_RESELLER, profile) if narrow is not None else _preferred(claims.IS_RESELLER, NOT_NARROWER)
    )


def _asked_by_several(share: float) -> str:
    return f"{percent(share)} of the different questions are asked by several accounts"


def _narrower(test: GroupTest) -> str:
    """How what is asked is narrower than what people ask."""
    by = "subject" if test.test == claims.NARROW_PURPOSE.name else "words"
    return f"by its {by}, {likelier(test.statistic or 0.0)}"


def _picked(profile: CandidateProfile) -> str | None:
    """Why the purpose is only what some customers happen to ask, as far as one can be picked out of anybody's traffic.

    None where it is not, as in a network that serves nothing else.
    """
    reach, apart = profile.statistic(claims.REACHES_ALL_ACCOUNTS), profile.test(claims.STANDS_APART)
    if reach is not None and reach < LEAST_REACH:
        return (
            f"these questions reach only {percent(reach)} of the accounts that one queue would deal them to, "
            "as one customer's questions do"
        )
    if apart is None or apart.statistic is None or apart.reference is None:
        return None
    if apart.statistic >= max(PLAIN_SHARE, 0.0 if profile.whole_network else PLAIN_TIMES * apart.reference):
        return None
    return (
        f"only {percent(apart.statistic)} of these requests plainly differ from what people ask, "
        f"and {percent(apart.reference)} of the requests of {ORDINARY} differ as much"
    )


def one_customer(profile: CandidateProfile) -> Alternative:
    """One busy customer of a relay, whom its accounts serve in turn.

    Dealt over many accounts, a single customer's questions have one mix, words of their own and no account's past, as
    an effort's do.
    """
    explanation = claims.IS_ONE_CUSTOMER
    if profile.whole_network or profile.test(claims.REACHES_ALL_ACCOUNTS) is None:
        return _excluded(
            explanation, "all of the network's traffic has one purpose, so it is not one customer among many"
        )
    part = f"{profile.exchanges:,} of the network's {profile.network_exchanges:,} requests"
    if profile.exchanges <= ONE_CUSTOMER_SHARE * profile.network_exchanges:
        return _preferred(explanation, f"one customer may well make {part}")
    if not hands_over(profile):
        return _possible(
            explanation, f"one customer may make {part}, and other accounts rarely repeat its refused requests"
        )
    return _excluded(explanation, f"no one customer makes {part}, and other accounts repeat the refused requests")


def batch_job(profile: CandidateProfile) -> Alternative:
    """A firm's batch job runs in the open: few keys, one customer, one place."""
    explanation, declared = claims.IS_BATCH_JOB, is_declared(profile)
    accounts = counted(profile.accounts, "account")
    if declared:
        return _preferred(explanation, _declared(profile))
    if profile.accounts < BEYOND_HOUSEHOLD:
        return _possible(explanation, f"{accounts} are no more than the keys of one developer")
    card = profile.top_payment_share or 0.0
    if card >= MAJORITY and not (declared is False and has_narrow_queue(profile)):
        return _possible(explanation, f"{percent(card)} of the accounts pay with one card")
    ranges = counted(profile.subnets or 0, "address range")
    if may_be_small_firm(profile) or (declared is None and sits_in_few_places(profile)):
        firm = f"{accounts} in {ranges} may be the keys of a small firm, whatever they were registered as"
        # a small firm's fleet differs from an effort in what it asks for, or in nothing
        unread = profile.accounts < BEYOND_SMALL_FIRM and not has_text(profile)
        return _preferred(explanation, firm) if unread else _possible(explanation, firm)
    if declared is False:
        return _excluded(explanation, _identities(profile))
    return _excluded(explanation, f"{accounts} are spread over {ranges}, as no firm's keys are")


def evaluation_harness(profile: CandidateProfile) -> Alternative:
    """A harness asks the same public questions from every key."""
    explanation = claims.IS_EVALUATION_HARNESS
    repeated = profile.statistic(claims.REPEATS_QUESTIONS)
    if repeated is None:
        declared = is_declared(profile)
        if declared is None:
            return _possible(explanation, "the log has no text that would show repeated questions")
        return _possible(explanation, _declared(profile)) if declared else _excluded(explanation, _identities(profile))
    if repeated > RESAMPLED:
        asked = _asked_by_several(repeated)
        if hides_one_queue(profile):
            return _excluded(explanation, f"{asked}, but refused ones are handed over and {_identities(profile)}")
        return _preferred(explanation, f"{asked}, as public questions are")
    return _excluded(explanation, f"only {_asked_by_several(repeated)}")


def school_class(profile: CandidateProfile) -> Alternative:
    """A class asks the same things on the same evening, from one campus."""
    explanation = claims.IS_CLASS
    repeated = profile.statistic(claims.REPEATS_QUESTIONS)
    education = profile.education_share or 0.0
    if education > MAJORITY:
        return _possible(explanation, f"{percent(education)} of the accounts are registered for education")
    if profile.busiest_day_share > MAJORITY or profile.days < SHORT:
        return _possible(explanation, "most of it happened within a day or two")
    if repeated is not None and repeated > RESAMPLED and not hides_one_queue(profile):
        return _possible(explanation, f"{_asked_by_several(repeated)}, as in an assignment")
    return _excluded(
        explanation, f"it lasts {counted(round(profile.days), 'day')}, and its questions are not one assignment"
    )


def permitted(profile: CandidateProfile) -> Alternative:
    """Licensed distillation, a red team or an evaluation stays inside its permit."""
    explanation = claims.IS_PERMITTED
    covered = f"a permit covers {counted(profile.permitted, 'request')}"
    if profile.permitted > profile.exchanges:
        outside = f"{profile.exchanges:,} lie" if profile.exchanges else "none lies"
        return _preferred(explanation, f"{covered}, and {outside} outside it")
    if profile.permitted >= LEAST_PERMITTED * (profile.permitted + profile.exchanges):
        return _possible(explanation, f"{covered}, although {profile.exchanges:,} lie outside it")
    if profile.permitted:
        return _excluded(explanation, f"{covered} only, and {profile.exchanges:,} lie outside it")
    if profile.unmatched_permits and not profile.registered:
        permits = counted(profile.unmatched_permits, "permit")
        return _possible(explanation, f"the log does not show whether these accounts belong to the holder of {permits}")
    return _excluded(explanation, "no permit covers any of these requests")


def popular_tool(profile: CandidateProfile) -> Alternative:
    """Users of one tool share its headers and its system prompt, and nothing else."""
    return _by_shared_values(claims.IS_POPULAR_TOOL, profile, "client software and system prompt")


def shared_address(profile: CandidateProfile) -> Alternative:
    """Carrier NAT, a VPN and a campus share addresses, and nothing else."""
    return _by_shared_values(claims.IS_SHARED_ADDRESS, profile, "addresses")


def viral_prompt(profile: CandidateProfile) -> Alternative:
    """A prompt that went viral is one prompt, asked by people otherwise unlike."""
    return _by_shared_values(claims.IS_VIRAL_PROMPT, profile, "the wording of questions")


def shared_software(profile: CandidateProfile) -> Alternative:
    """Strangers who run one relay software share the device id it derives, and nothing else."""
    return _by_shared_values(claims.IS_SHARED_SOFTWARE, profile, "device and session ids")


def _by_shared_values(explanation: Explanation, profile: CandidateProfile, words: str) -> Alternative:
    """Do members still share enough once the values are left out that the explanation accounts for?"""
    explained = {value.name for value in claims.SHARED_VALUES if value.explanation is explanation}
    rest = sum(bits for claim, bits in profile.claim_bits.items() if claim not in explained)
    if rest >= CLEAR_BITS:
        return _excluded(
            explanation, f"even without {words}, what they share is far beyond chance ({rest:.0f} bits each)"
        )
    return _possible(explanation, f"without {words}, what they share is hardly beyond chance ({rest:.1f} bits each)")


def household(profile: CandidateProfile) -> Alternative:
    """A family or an office shares one login or address among few."""
    accounts = counted(profile.accounts, "account")
    if profile.accounts < BEYOND_HOUSEHOLD:
        return _possible(claims.IS_HOUSEHOLD, f"{accounts} may belong to a few people who live or work together")
    return _excluded(claims.IS_HOUSEHOLD, f"{accounts} are too many")


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
