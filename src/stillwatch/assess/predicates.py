"""Predicates of a candidate's profile, about its operator and its questions, which several explanations share."""

from __future__ import annotations

from math import inf

from stillwatch.assess.profile import CandidateProfile
from stillwatch.assess.thresholds import (
    BEYOND_SMALL_FIRM,
    CLEAR_BITS,
    HANDOVER_BITS,
    HIDING_SUBNETS,
    LEANING_BITS,
    LIKE_ONE_POOL,
    LIKE_PEOPLE,
    MAJORITY,
    ONE_CLOCK_BITS,
    ORGANISATIONS_PER_ACCOUNT,
    SUBNETS_PER_ACCOUNT,
)
from stillwatch.records.candidates import GroupTest
from stillwatch.records.claims import (
    ASKS_ONE_MIX,
    DRAWS_FROM_ONE_POOL,
    EQUALISED_VOLUMES,
    HANDS_OVER_REFUSED,
    KEEPS_THE_SAME_HOURS,
    MOVES_TO_NEW_MODELS,
    NARROW_PURPOSE,
    NARROW_VOCABULARY,
    REPEATS_QUESTIONS,
)

CLOCK = (KEEPS_THE_SAME_HOURS, EQUALISED_VOLUMES, MOVES_TO_NEW_MODELS)


def self_similarity(profile: CandidateProfile) -> float | None:
    """Where members' self-similarity lies between one pool (0) and people in these logs (1); None if unknown."""
    found = profile.test(DRAWS_FROM_ONE_POOL)
    if found is None or found.statistic is None or found.reference is None or found.reference <= 0.0:
        return None
    return found.statistic / found.reference


def has_text(profile: CandidateProfile) -> bool:
    """Does the log show whether questions are asked again?"""
    return profile.test(REPEATS_QUESTIONS) is not None


def is_declared(profile: CandidateProfile) -> bool | None:
    """Do most members say openly which organisation they belong to, each with several accounts?

    None when registration is not in the logs. Sharing a card is no declaration: it is what fraud rings do.
    """
    if not profile.has_registration:
        return None
    declared = profile.organisation_share or 0.0
    most = ORGANISATIONS_PER_ACCOUNT * declared * profile.registered
    return declared >= MAJORITY and (profile.organisations or 0) <= most


def hands_over(profile: CandidateProfile) -> bool:
    """Do members ask elsewhere what one of them was refused?"""
    return profile.bits(HANDS_OVER_REFUSED) >= HANDOVER_BITS


def hides_one_queue(profile: CandidateProfile) -> bool:
    """Do accounts that claim to be different customers hand refused requests over to one another?

    A small firm's few keys in few places may do so and hide nothing.
    """
    return is_declared(profile) is False and hands_over(profile) and not may_be_small_firm(profile)


def may_be_small_firm(profile: CandidateProfile) -> bool:
    """Are there few keys, which sit in few places or mostly in one?"""
    return sits_in_few_places(profile) and profile.accounts < BEYOND_SMALL_FIRM


def sits_in_few_places(profile: CandidateProfile) -> bool:
    """Do members sit in fewer subnets than a group that hides, or more than half of them in one?"""
    few = (profile.subnets or 0) < min(SUBNETS_PER_ACCOUNT * profile.accounts, HIDING_SUBNETS)
    return few or (profile.top_subnet_share or 1.0) > MAJORITY


def keeps_one_clock(profile: CandidateProfile) -> bool:
    """Do all members wake, work and change models together?"""
    return sum(profile.bits(claim) for claim in CLOCK) >= ONE_CLOCK_BITS


def has_one_queue(profile: CandidateProfile) -> bool:
    """Does one queue feed all members?

    It shows in one mix that all ask, in requests that one account takes over from another or, where members resemble
    their own past less than people do, in one clock that all keep.
    """
    place = self_similarity(profile)
    if hands_over(profile) or profile.bits(ASKS_ONE_MIX) >= CLEAR_BITS:
        return True
    return place is not None and place < LIKE_PEOPLE and keeps_one_clock(profile)


def has_narrow_queue(profile: CandidateProfile) -> bool:
    """Does one queue feed all members with one narrow purpose? People with work of their own never agree so."""
    return has_one_queue(profile) and narrow_test(profile) is not None


def draws_from_one_pool(profile: CandidateProfile) -> bool:
    """Is it known that members do not come back to their own earlier work?"""
    place = self_similarity(profile)
    return place is not None and place <= LIKE_ONE_POOL


def narrow_test(profile: CandidateProfile) -> GroupTest | None:
    """The test by which what is asked is narrower than what people ask, by its sorts or by its words; None if neither.

    Every fleet of machines has words of its own: they speak for one effort only where one queue feeds all, or more keys
    than a firm registers one by one. What was picked out of a network was picked by sorts and words both, so that one
    alone says nothing there.
    """
    purpose, words = profile.test(NARROW_PURPOSE), profile.test(NARROW_VOCABULARY)
    # where the log has no words, sorts speak for themselves
    alone = profile.whole_network or words is None
    if purpose is not None and (purpose.bits >= CLEAR_BITS if alone else _is_narrow_in_both(profile)):
        return purpose
    if words is not None and profile.whole_network and words.bits >= _least_word_bits(profile):
        return words
    return None


def _least_word_bits(profile: CandidateProfile) -> float:
    """Bits of words from which they speak for one effort of a whole network.

    They need only lean where one queue hands over and all keep one clock: a data set may have few common words, and
    whole relays' customers hand over but keep hours of their own.
    """
    if hands_over(profile):
        return LEANING_BITS if keeps_one_clock(profile) else CLEAR_BITS
    return CLEAR_BITS if has_many_keys(profile) else inf


def _is_narrow_in_both(profile: CandidateProfile) -> bool:
    """Is a picked part narrow in sorts and in words?

    One of them need only lean where one queue feeds it and it draws from one pool: relays' customers may lean as far,
    but those that do hand nothing over.
    """
    tests = [profile.test(claim) for claim in (NARROW_PURPOSE, NARROW_VOCABULARY)]
    bits = [test.bits for test in tests if test is not None]
    least = LEANING_BITS if hands_over(profile) and draws_from_one_pool(profile) else CLEAR_BITS
    return len(bits) == len(tests) and min(bits) >= least and max(bits) >= CLEAR_BITS


def has_many_keys(profile: CandidateProfile) -> bool:
    """Do more accounts than a small firm has keys claim to be as many customers, ask one mix and draw from one pool?"""
    one = profile.bits(ASKS_ONE_MIX) >= CLEAR_BITS and draws_from_one_pool(profile)
    return one and is_declared(profile) is False and profile.accounts >= BEYOND_SMALL_FIRM
