"""The tests a candidate campaign must pass: each gives a statistic, what it is for people, and bits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln

from stillwatch.group import statistics
from stillwatch.group.exchanges import Exchanges, Model
from stillwatch.group.purposes import Purpose
from stillwatch.group.reference_population import People, scale_bits
from stillwatch.group.vocabulary import vocabulary_bits

MINIMUM_TEXTS = 40  # exchanges with text from which a mix of capabilities is read
MINIMUM_RELEASE_DAY = 30  # exchanges of the group on the day of a release, and people active on it
PEOPLE_MODEL = 8.0  # concentration of the share of a group of people that tries a new model on its first day
MINIMUM_CLOSURES = 3
MINIMUM_REFUSED = 10  # refused requests, those that linked accounts left out
HANDOVER_CAP = 5.0  # bits
PEOPLE_HANDOVERS = 50.0  # concentration of the share of refused requests that people ask elsewhere: hardly any
EVADING = 0.25  # efforts that imitate people's differences in mix, sizes, hours or volumes
DEALING_TOPICS = 0.1  # efforts that deal each account a topic of its own, which reads like a person's memory
MATCHED = 150  # accounts in a matched group: larger ones cost more and give the same median


@dataclass(frozen=True, slots=True)
class Trial:
    """One test of one group: the name of its claim, its statistic, people's, and its bits."""

    test: str
    statistic: float
    reference: float
    bits: float


def excess(statistic: Callable[[Exchanges], float]) -> Callable[[Exchanges], float]:
    """Dispersion beyond 1 for each further exchange an account: does not grow with volume."""

    def value(exchanges: Exchanges) -> float:
        size = len(exchanges) / max(exchanges.accounts, 1)
        return (statistic(exchanges) - 1.0) / (size - 1.0) if size >= 1.5 else math.nan

    return value


def log_memory(exchanges: Exchanges) -> float:
    """Natural log of the memory ratio: 0 for one pool."""
    return math.log(max(statistics.memory_ratio(exchanges), 1e-3))


LEAST_SCALE = (1e-3, 0.7)  # of a dispersion; of the memory of people, who must resemble themselves twice as much

QUEUE_TESTS: tuple[tuple[str, Callable[[Exchanges], float], float], ...] = (
    ("draws_from_one_pool", log_memory, 12.0),
    ("asks_one_mix", excess(statistics.mix_heterogeneity), 8.0),
    ("same_sizes", excess(statistics.size_heterogeneity), 6.0),
    ("keeps_the_same_hours", excess(statistics.hour_heterogeneity), 4.0),
    ("equalised_volumes", excess(statistics.volume_dispersion), 3.0),
)
"""Name, statistic and cap in bits. Hours and volumes carry little: schedulers can imitate people's."""


def _evadable(test: str, bits: float) -> float:
    """Bits less what an operator can buy: one in four gives accounts topics, rhythms or volumes of their own.

    So that looking like people there is never worth more than two bits. Memory costs more: contents must return within
    each account and not across, so that rows are dealt by topic and no two accounts may ask for the same.
    """
    share = DEALING_TOPICS if test == "draws_from_one_pool" else EVADING
    return math.log2((1.0 - share) * 2.0**bits + share)


def queue_tests(group: Exchanges, reference: People, picked: bool) -> list[Trial]:
    """Is it one queue, or many people? Each statistic on the scale between the two.

    Exchanges that were `picked` out of a network were picked by their sizes too: that those are alike says nothing.
    """
    accounts = group.accounts
    results = []
    for name, statistic, cap in QUEUE_TESTS:
        own = statistic(group) if accounts >= 2 else math.nan
        ordinary = reference.usual(min(accounts, MATCHED), statistic)
        # where people here are hardly told from one pool, nothing can be read on the scale
        told = ordinary > LEAST_SCALE[statistic is log_memory]
        own, scale = (own, own / ordinary) if told else (math.nan, math.nan)
        bits = _evadable(name, scale_bits(scale, cap))
        least = min(bits, 0.0) if picked and name == "same_sizes" else bits
        results.append(Trial(name, _known(own), _known(ordinary), least))
    return results


def purpose_tests(group: Exchanges, reference: People) -> list[Trial]:
    """What is it for? How far from people's questions, how often repeated, how often left after one answer."""
    size = min(MATCHED, group.accounts)
    divergence = statistics.divergence_bits(group, reference.crowd)
    ordinary = reference.beside(size, statistics.divergence_bits, reference.crowd)
    repeated, people_repeat = statistics.repeat_share(group), reference.of_crowd(statistics.repeat_share)
    single, people_single = statistics.single_turn_share(group), reference.of_crowd(statistics.single_turn_share)
    has_text = int((group.capability >= 0).sum()) >= MINIMUM_TEXTS
    return [
        Trial(
            "narrow_purpose",
            divergence if has_text else 0.0,
            ordinary if has_text else 0.0,
            float(np.clip(8.0 * (divergence - ordinary) - 2.0, -6.0, 6.0)) if has_text else 0.0,
        ),
        vocabulary_test(group, reference),
        _slots(group, reference),
        Trial("repeats_questions", _known(repeated), _known(people_repeat), 0.0),
        Trial("asks_once", _known(single), _known(people_single), 0.0),
    ]


def vocabulary_test(group: Exchanges, reference: People) -> Trial:
    """Do all accounts ask in words that people do not use, whatever they ask for?

    2 bits for each bit an exchange beyond 1.5: resellers' and relays' customers reach 2.6, classes 2.5, efforts 4.5
    and more (ladder, seed 2011; the letter's world at 0.01).
    """
    size = min(MATCHED, group.accounts)
    own, ordinary = vocabulary_bits(group, reference.few), reference.beside(size, vocabulary_bits, reference.few)
    bits = float(np.clip(2.0 * (own - ordinary) - 3.0, -3.0, 6.0))
    return Trial("narrow_vocabulary", _known(own), _known(ordinary), 0.0 if math.isnan(bits) else bits)


def apart_test(purpose: Purpose) -> Trial:
    """Is there a purpose at all? No bits: of what a relay's customers ask, any part can be called one, but people
    outside ask the same as plainly."""
    return Trial("stands_apart_from_people", round(purpose.apart, 6), round(purpose.people_apart, 6), 0.0)


def reach_test(group: Exchanges, purpose: Purpose) -> Trial:
    """Does the purpose reach as many accounts as if dealt to all of them? What one customer asks reaches few.

    No bits. The statistic is the share of that number; the reference is 1 where the whole network serves nothing else,
    so that nothing was picked out of it, and 0 elsewhere.
    """
    reached = statistics.reach(group, purpose.served)
    return Trial("reaches_all_accounts", round(reached, 6), float(purpose.whole), 0.0)


def _slots(group: Exchanges, reference: People) -> Trial:
    """Missing collisions: does the group repeat whole texts as rarely as slices of a data set do?"""
    own, people = statistics.slot_repeats(group), reference.of_crowd(statistics.slot_repeats)
    place = own / people if people > 0 else math.nan
    # one effort in four samples several answers to a question, or asks again what failed
    bits = _evadable("never_repeats_a_slot", scale_bits(place, 4.0))
    return Trial("never_repeats_a_slot", _known(own), _known(people), bits)


def handover_test(group: Exchanges, reference: People) -> Trial:
    """Does the group ask elsewhere, within minutes, what one of its accounts was refused? One scheduler does.

    Beta-binomial against beta-binomial, as for releases. The handover that linked an account is not counted again, and
    its absence says nothing: not every scheduler does it. At most 5 bits: one innocent network in 34 does it as
    plainly, most of them harnesses (tuning worlds, seeds 401-408).
    """
    taken, refused = statistics.handover_counts(group)
    people_taken, people_refused = reference.of_crowd(statistics.handover_counts)
    if refused < MINIMUM_REFUSED:
        return Trial("hands_over_refused_requests", -1.0, -1.0, 0.0)
    usual = (people_taken + 0.5) / (people_refused + 1.0)
    effort = log_beta_binomial(taken, refused, 1.0, 1.0)
    ordinary = log_beta_binomial(taken, refused, usual * PEOPLE_HANDOVERS, (1.0 - usual) * PEOPLE_HANDOVERS)
    bits = float(np.clip((effort - ordinary) / math.log(2), 0.0, HANDOVER_CAP)) if taken / refused > usual else 0.0
    return Trial("hands_over_refused_requests", round(taken / refused, 6), round(usual, 6), bits)


def release_test(group: Exchanges, reference: Exchanges, models: Sequence[Model]) -> Trial:
    """Did the group move to a new model within a day, as an extraction effort does and people do not?

    Beta-binomial against beta-binomial: an effort moves any share (uniform), people theirs with the spread of
    groups of people.
    """
    best = Trial("moves_to_new_models_at_once", -1.0, -1.0, 0.0)
    for model in models:
        used, day = statistics.pivot_counts(group, model.appeared_at, model.code)
        people_share, people = statistics.pivot_share(reference, model.appeared_at, model.code)
        if day < MINIMUM_RELEASE_DAY or people < MINIMUM_RELEASE_DAY:
            continue
        usual_share = (people_share * people + 1.0) / (people + 2.0)
        effort = log_beta_binomial(used, day, 1.0, 1.0)
        ordinary = log_beta_binomial(used, day, usual_share * PEOPLE_MODEL, (1.0 - usual_share) * PEOPLE_MODEL)
        bits = float(np.clip((effort - ordinary) / math.log(2), -3.0, 4.0)) if used / day > usual_share else 0.0
        if abs(bits) > abs(best.bits) or best.statistic == -1.0:
            best = Trial(best.test, round(used / day, 6), round(usual_share, 6), bits)
    return best


def log_beta_binomial(count: int, size: int, a: float, b: float) -> float:
    """Natural log of the probability of `count` among `size` when the chance itself is Beta(a, b).

    Written out because importing all of `scipy.stats` would take longer than the test.
    """
    ways = -math.log(size + 1) - betaln(size - count + 1, count + 1)
    return float(ways + betaln(count + a, size - count + b) - betaln(a, b))


def succession_test(closed_at: NDArray[np.int64], first_at: NDArray[np.int64]) -> Trial:
    """Do new members begin within hours of another's closure, more often than chance?"""
    seen, chance = statistics.successions(closed_at, first_at)
    if len(closed_at) < MINIMUM_CLOSURES:
        return Trial("replaces_closed_accounts", -1.0, -1.0, 0.0)
    expected = max(chance, 0.5)
    surprise = (seen * math.log(seen / expected) - (seen - expected)) / math.log(2) if seen > expected else 0.0
    return Trial("replaces_closed_accounts", float(seen), round(chance, 3), min(4.0, surprise))


def _known(value: float) -> float:
    """Parquet keeps NaN apart from null; a statistic that could not be computed is written as -1."""
    return -1.0 if math.isnan(value) else round(value, 6)
