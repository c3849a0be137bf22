"""The tests of a candidate campaign: each gives a statistic, what it is for the reference population, and bits.

Bits are log2 likelihood ratios of one effort against people. A test that cannot be computed names the reason.
"""

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
from stillwatch.group.reference_population import ReferencePopulation, scale_bits
from stillwatch.group.vocabulary import vocabulary_bits
from stillwatch.records import claims
from stillwatch.records.candidates import Absence, GroupTest

MINIMUM_TEXTS = 40  # exchanges with text; a mix of 30 cells read from fewer is mostly noise
LEAST_SIZED = 0.5  # share of exchanges with a size, under which sizes are not compared
MINIMUM_RELEASE_DAY = 30  # exchanges of the group, and reference accounts, on a release's first day
PEOPLE_MODEL = 8.0  # concentration (beta) of the share of a group of people that tries a new model on its first day
MINIMUM_CLOSURES = 3  # closures; chance alone explains one or two successions
MINIMUM_REFUSED = 10  # refused requests, without each account's first handover
HANDOVER_CAP = 5.0  # bits; one innocent network in 34 hands over as plainly, most of them test harnesses
PEOPLE_HANDOVERS = 50.0  # concentration (beta) of the share of refused requests that people ask elsewhere: hardly any
EVADING = 0.25  # share of efforts that imitate people's differences in mix, sizes, hours or volumes
DEALING_TOPICS = 0.1  # share of efforts that deal each account a topic of its own, which reads like a person's past
NARROWER = 0.25  # bits a request beyond a random group's, from which the mix speaks for one purpose
OTHER_WORDS = 1.5  # bits a request beyond a random group's, from which the words do
MIX_SLOPE = 8.0  # bits for each bit a request that the mix lies further off than NARROWER
WORD_SLOPE = 2.0  # the same of words beyond OTHER_WORDS: customers of relays reach 2.6 bits a request, efforts 4.5
PURPOSE_CAP = 6.0  # bits that the mix, or the words, may carry for an effort; the mix as many against one
WORDS_AGAINST = 3.0  # bits that ordinary words may carry against an effort: data sets may be of ordinary words
RELEASE_CAP, RELEASE_AGAINST = 4.0, 3.0  # bits that a release may carry for an effort, and against one
SLOT_CAP = 4.0  # bits
SUCCESSION_CAP = 4.0  # bits
LEAST_CHANCE = 0.5  # successions that chance is taken to give at least: shifted closures may give none
MATCHED = 150  # accounts of a matched group; larger groups cost more and give the same median
LEAST_DISPERSION = 1e-3  # excess dispersion of people, below which they are hardly different from one mix
LEAST_LOG_SIMILARITY = 0.7  # log similarity ratio of people, below which they do not resemble themselves twice as much

Statistic = Callable[[Exchanges], float]


def excess(statistic: Statistic) -> Statistic:
    """The statistic's dispersion beyond 1 for each further exchange an account, so that volume does not raise it.

    NaN where accounts have fewer than 1.5 exchanges on average.
    """

    def value(exchanges: Exchanges) -> float:
        size = len(exchanges) / max(exchanges.accounts, 1)
        return (statistic(exchanges) - 1.0) / (size - 1.0) if size >= 1.5 else math.nan

    return value


def log_self_similarity(exchanges: Exchanges) -> float:
    """Natural log of the self-similarity ratio: 0 where all accounts draw from one pool of questions."""
    return math.log(max(statistics.self_similarity_ratio(exchanges), 1e-3))


@dataclass(frozen=True, slots=True)
class ScaledTest:
    """A test that is read on the scale between one queue (0) and people (1).

    `cap` bounds its bits; `least` is the reference below which the scale has no length; `evading` is the share of
    efforts that would buy people's value there.
    """

    claim: claims.GroupClaim
    statistic: Statistic
    cap: float
    least: float = LEAST_DISPERSION
    evading: float = EVADING
    needs_text: bool = False


# Hours and volumes carry little, because schedulers can imitate people's. To imitate self-similarity costs more:
# contents must return within each account and not across, so that requests are dealt by topic.
QUEUE_TESTS: tuple[ScaledTest, ...] = (
    ScaledTest(
        claims.DRAWS_FROM_ONE_POOL, log_self_similarity, 12.0, LEAST_LOG_SIMILARITY, DEALING_TOPICS, needs_text=True
    ),
    ScaledTest(claims.ASKS_ONE_MIX, excess(statistics.mix_heterogeneity), 8.0, needs_text=True),
    ScaledTest(claims.SAME_SIZES, excess(statistics.size_heterogeneity), 6.0),
    ScaledTest(claims.KEEPS_THE_SAME_HOURS, excess(statistics.hour_heterogeneity), 4.0),
    ScaledTest(claims.EQUALISED_VOLUMES, excess(statistics.volume_dispersion), 3.0),
)


def evadable(bits: float, evading: float) -> float:
    """Bits less what an operator can buy: a share `evading` of all efforts would show people's value.

    Looking like people is then never worth more than -log2(evading) bits against an effort.
    """
    return math.log2((1.0 - evading) * 2.0**bits + evading)


def queue_tests(group: Exchanges, reference: ReferencePopulation, picked: bool) -> list[GroupTest]:
    """Does one queue feed the group, or is it many people? Each statistic on the scale between the two.

    Exchanges that were `picked` out of a network were picked by their sizes as well: that those are alike says nothing.
    """
    return [_scaled(test, group, reference, picked) for test in QUEUE_TESTS]


def _scaled(test: ScaledTest, group: Exchanges, reference: ReferencePopulation, picked: bool) -> GroupTest:
    # texts that are not there are all alike: a group without any would otherwise look like one queue
    seen = group.accounts >= 2 and _is_logged(test, group)
    own = test.statistic(group) if seen else math.nan
    ordinary = reference.median(min(group.accounts, MATCHED), test.statistic)
    readable = ordinary > test.least  # false for NaN as well
    if math.isnan(own) or not readable:
        reason = _unreadable(test, group, own, ordinary)
        return GroupTest.without(test.claim.name, reason, _known(ordinary))
    bits = evadable(scale_bits(own / ordinary, test.cap), test.evading)
    if picked and test.claim is claims.SAME_SIZES:
        bits = min(bits, 0.0)
    return GroupTest(test.claim.name, _known(own), _known(ordinary), bits)


def _unreadable(test: ScaledTest, group: Exchanges, own: float, ordinary: float) -> Absence:
    if not _is_logged(test, group):
        return Absence.NO_TEXT if test.needs_text else Absence.NOT_LOGGED
    if math.isnan(own):
        return Absence.FEW_TEXTS if test.claim is claims.DRAWS_FROM_ONE_POOL else Absence.FEW_EXCHANGES
    return Absence.FEW_PEOPLE if math.isnan(ordinary) else Absence.PEOPLE_ALIKE


def _is_logged(test: ScaledTest, group: Exchanges) -> bool:
    """Has the log what the test looks at? Sizes that are not there are all alike as well."""
    if test.claim is claims.SAME_SIZES:
        return float(np.mean((group.input_size > 0) | (group.output_size > 0))) >= LEAST_SIZED
    return not test.needs_text or _has_text(group)


def _has_text(group: Exchanges) -> bool:
    return bool((group.subject >= 0).any())


def purpose_tests(group: Exchanges, reference: ReferencePopulation) -> list[GroupTest]:
    """How narrow is what the group asks, how often is it repeated, and how often is one answer enough?"""
    return [
        narrow_purpose_test(group, reference),
        vocabulary_test(group, reference),
        slot_test(group, reference),
        _share(claims.REPEATS_QUESTIONS, group, reference, statistics.repeat_share, Absence.NO_TEXT),
        _share(claims.ASKS_ONCE, group, reference, statistics.single_turn_share, Absence.NO_CONVERSATIONS),
    ]


def _share(
    claim: claims.GroupClaim, group: Exchanges, reference: ReferencePopulation, share: Statistic, otherwise: Absence
) -> GroupTest:
    """A share of the group's and of the reference population's, without bits."""
    own, people = share(group), reference.of_large(share)
    if math.isnan(own):
        return GroupTest.without(claim.name, otherwise, _known(people))
    return GroupTest(claim.name, _known(own), _known(people), 0.0)


def narrow_purpose_test(group: Exchanges, reference: ReferencePopulation) -> GroupTest:
    """Does the group's mix of subjects and forms lie far from people's?

    MIX_SLOPE bits for each bit a request beyond NARROWER more than a random group of people shows.
    """
    texts = int((group.subject >= 0).sum())
    if texts < MINIMUM_TEXTS:
        reason = Absence.FEW_TEXTS if texts else Absence.NO_TEXT
        return GroupTest.without(claims.NARROW_PURPOSE.name, reason)
    own = statistics.divergence_bits(group, reference.large)
    size = min(MATCHED, group.accounts)
    ordinary = reference.beside(size, statistics.divergence_bits, reference.large)
    bits = float(np.clip(MIX_SLOPE * (own - ordinary - NARROWER), -PURPOSE_CAP, PURPOSE_CAP))
    return GroupTest(claims.NARROW_PURPOSE.name, own, ordinary, bits)


def vocabulary_test(group: Exchanges, reference: ReferencePopulation) -> GroupTest:
    """Do all accounts ask in words that people do not use, whatever they ask for?

    WORD_SLOPE bits for each bit a request beyond OTHER_WORDS more than a random group of people shows (tuning worlds).
    """
    size = min(MATCHED, group.accounts)
    own, ordinary = vocabulary_bits(group, reference.small), reference.beside(size, vocabulary_bits, reference.small)
    if math.isnan(own):
        reason = Absence.FEW_ACCOUNTS if group.features.any() else Absence.NO_TEXT
        return GroupTest.without(claims.NARROW_VOCABULARY.name, reason, _known(ordinary))
    bits = 0.0 if math.isnan(ordinary) else _word_bits(own - ordinary)
    return GroupTest(claims.NARROW_VOCABULARY.name, _known(own), _known(ordinary), bits)


def _word_bits(beyond: float) -> float:
    return float(np.clip(WORD_SLOPE * (beyond - OTHER_WORDS), -WORDS_AGAINST, PURPOSE_CAP))


def slot_test(group: Exchanges, reference: ReferencePopulation) -> GroupTest:
    """Does the group repeat whole texts as rarely as slices of one data set do?

    One effort in four samples several answers to a question, or asks again what failed.
    """
    own, people = statistics.slot_repeats(group), reference.of_large(statistics.slot_repeats)
    if math.isnan(own):
        reason = Absence.FEW_TEXTS if (group.values["payload"] != 0).any() else Absence.NO_TEXT
        return GroupTest.without(claims.NEVER_REPEATS_A_SLOT.name, reason, _known(people))
    place = own / people if people > 0 else math.nan
    bits = evadable(scale_bits(place, SLOT_CAP), EVADING)
    return GroupTest(claims.NEVER_REPEATS_A_SLOT.name, _known(own), _known(people), bits)


def apart_test(purpose: Purpose) -> GroupTest:
    """Is there a purpose at all?

    The test carries no bits: of what a relay's customers ask, any part can be called a purpose, but people outside ask
    the same as plainly.
    """
    if math.isnan(purpose.apart):
        return GroupTest.without(claims.STANDS_APART.name, Absence.NO_TEXT)
    return GroupTest(claims.STANDS_APART.name, _known(purpose.apart), _known(purpose.people_apart), 0.0)


def reach_test(group: Exchanges, purpose: Purpose) -> GroupTest:
    """Does the purpose reach as many accounts as if dealt to all of them? One customer's questions reach few.

    The test carries no bits; its statistic is the share of the accounts expected under one queue.
    """
    reached = statistics.reach(group, purpose.served)
    return GroupTest(claims.REACHES_ALL_ACCOUNTS.name, _known(reached), None, 0.0)


def handover_test(group: Exchanges, reference: ReferencePopulation) -> GroupTest:
    """Does the group ask elsewhere, within minutes, what one of its accounts was refused? One scheduler does.

    Beta-binomial against beta-binomial, as for releases. The handover that linked an account is not counted again.
    That none is seen says nothing, because not every scheduler hands over.
    """
    taken, refused = statistics.handover_counts(group)
    people_taken, people_refused = reference.of_large(statistics.handover_counts)
    if refused < MINIMUM_REFUSED:
        return GroupTest.without(claims.HANDS_OVER_REFUSED.name, Absence.FEW_REFUSED_REQUESTS)
    usual = (people_taken + 0.5) / (people_refused + 1.0)
    effort = log_beta_binomial(taken, refused, 1.0, 1.0)
    ordinary = log_beta_binomial(taken, refused, usual * PEOPLE_HANDOVERS, (1.0 - usual) * PEOPLE_HANDOVERS)
    bits = float(np.clip((effort - ordinary) / math.log(2), 0.0, HANDOVER_CAP)) if taken / refused > usual else 0.0
    return GroupTest(claims.HANDS_OVER_REFUSED.name, round(taken / refused, 6), round(usual, 6), bits)


def release_test(group: Exchanges, reference: Exchanges, models: Sequence[Model]) -> GroupTest:
    """Did the group move to a new model within a day, as an extraction effort does and people do not?

    Beta-binomial against beta-binomial: an effort moves any share (uniform), people theirs with the spread of groups of
    people. Of several releases the one that says most is stated.
    """
    absent = Absence.FEW_ON_RELEASE_DAY if models else Absence.NO_RELEASE
    best = GroupTest.without(claims.MOVES_TO_NEW_MODELS.name, absent)
    for model in models:
        used, day = statistics.pivot_counts(group, model.appeared_at, model.code)
        people_share, people = statistics.pivot_share(reference, model.appeared_at, model.code)
        if day < MINIMUM_RELEASE_DAY or people < MINIMUM_RELEASE_DAY:
            continue
        usual_share = (people_share * people + 1.0) / (people + 2.0)
        effort = log_beta_binomial(used, day, 1.0, 1.0)
        ordinary = log_beta_binomial(used, day, usual_share * PEOPLE_MODEL, (1.0 - usual_share) * PEOPLE_MODEL)
        bits = (
            float(np.clip((effort - ordinary) / math.log(2), -RELEASE_AGAINST, RELEASE_CAP))
            if used / day > usual_share
            else 0.0
        )
        if abs(bits) > abs(best.bits) or best.absent:
            best = GroupTest(best.test, round(used / day, 6), round(usual_share, 6), bits)
    return best


def log_beta_binomial(count: int, size: int, a: float, b: float) -> float:
    """Natural log of the probability of `count` among `size` when the chance itself is Beta(a, b).

    Written out because importing all of `scipy.stats` would take longer than the test.
    """
    ways = -math.log(size + 1) - betaln(size - count + 1, count + 1)
    return float(ways + betaln(count + a, size - count + b) - betaln(a, b))


def succession_test(closed_at: NDArray[np.int64], first_at: NDArray[np.int64]) -> GroupTest:
    """Do new members begin within hours of another member's closure, more often than chance?

    `closed_at` and `first_at` are in µs. Bits are the Poisson log likelihood ratio of the count seen against chance.
    """
    seen, chance = statistics.successions(closed_at, first_at)
    if len(closed_at) < MINIMUM_CLOSURES:
        return GroupTest.without(claims.REPLACES_CLOSED_ACCOUNTS.name, Absence.FEW_CLOSURES)
    expected = max(chance, LEAST_CHANCE)
    surprise = (seen * math.log(seen / expected) - (seen - expected)) / math.log(2) if seen > expected else 0.0
    return GroupTest(claims.REPLACES_CLOSED_ACCOUNTS.name, float(seen), round(chance, 3), min(SUCCESSION_CAP, surprise))


def _known(value: float) -> float | None:
    """Six decimals; None for NaN, which Parquet would keep apart from null."""
    return None if math.isnan(value) else round(value, 6)
