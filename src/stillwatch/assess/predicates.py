"""What the facts of a candidate say of who runs it and of what it asks, whichever innocent explanation is tried."""

from __future__ import annotations

from math import inf

from stillwatch.assess.facts import Facts

PEOPLE = 0.5  # on the scale from one pool (0) to people in these logs (1): from here on, members are people
POOL = 0.35  # up to here, they are not
MOST = 0.5  # share of members that speaks for the group
HIDDEN = 64  # subnets that no firm sends from, whatever its keys
HIDING = 0.5  # subnets for each account from which a group hides where it sits: a firm's fleet has a few
FLEET = 64  # accounts beyond what a small firm registers key by key: batch jobs and fleets of the lab have up to 40
FEW = 0.25  # organisations for each declared account: fewer than four accounts each are no fleet of keys
AGREED = 4.0  # bits of a test from which it says that all members do the same, 16 to 1
CLOCK = ("keeps_the_same_hours", "equalised_volumes", "moves_to_new_models_at_once")
NARROW = ("narrow_purpose", "narrow_vocabulary")
LEANING = 2.0  # bits of a test from which it at least points there, 4 to 1
ONE_CLOCK = 8.0  # bits of at most 10.3: a template dealt to each account looks like memory (grading, seed 402)
HANDED_OVER = 3.0  # bits of at most 5, which take some hundred refused requests


def memory(facts: Facts) -> float | None:
    """Where members' memory lies between one pool (0) and people in these logs (1); None when it cannot be seen."""
    trial = facts.trial("draws_from_one_pool")
    return None if trial is None or trial.reference <= 0.0 else trial.statistic / trial.reference


def is_declared(facts: Facts) -> bool | None:
    """Do most members say openly which organisation they belong to, each with several accounts?

    None when registration is not in the logs. Sharing a card is no declaration: it is what fraud rings do.
    """
    if facts.accounts == 0 or facts.registered < 0.5 * facts.accounts:
        return None
    declared = facts.organisation_share or 0.0
    return declared >= MOST and (facts.organisations or 0) <= FEW * declared * facts.registered


def hands_over(facts: Facts) -> bool:
    """Do members ask elsewhere what one of them was refused?"""
    handed = facts.trial("hands_over_refused_requests")
    return handed is not None and handed.bits >= HANDED_OVER


def hides_a_queue(facts: Facts) -> bool:
    """Do accounts that claim to be different customers hand refused requests over to one another?

    A small firm's few keys in few places may do so and hide nothing.
    """
    return is_declared(facts) is False and hands_over(facts) and not may_be_small_firm(facts)


def may_be_small_firm(facts: Facts) -> bool:
    """Few keys that sit in few places, or mostly in one."""
    return in_few_places(facts) and facts.accounts < FLEET


def in_few_places(facts: Facts) -> bool:
    """Do members sit in fewer subnets than who hides, or more than half of them in one?"""
    few = (facts.subnets or 0) < min(HIDING * facts.accounts, HIDDEN)
    return few or (facts.top_subnet_share or 1.0) > MOST


def narrow_queue(facts: Facts) -> bool:
    """Does one queue feed all members with one narrow purpose? People who remember work of their own never agree so.

    One queue shows in one mix that all ask, in requests that one account takes over from another or, where members
    remember less than people do, in one clock that all keep.
    """
    mix, place = facts.trial("asks_one_mix"), memory(facts)
    fed = hands_over(facts) or (mix is not None and mix.bits >= AGREED)
    fed = fed or (place is not None and place < PEOPLE and _keeps_one_clock(facts))
    return fed and narrowness(facts) is not None


def _keeps_one_clock(facts: Facts) -> bool:
    """Do all members wake, work and change models together? Two of three tests at their most, the third agreeing."""
    told = [facts.trial(name) for name in CLOCK]
    return sum(trial.bits for trial in told if trial is not None) >= ONE_CLOCK


def narrowness(facts: Facts) -> str | None:
    """How what is asked is narrower than what people ask, by its sorts or by its words; None where it is not.

    Every fleet of machines has words of its own: they speak for one effort only where one queue feeds all, or more keys
    than a firm registers one by one. What was picked out of a network was picked by both, so that one alone says
    nothing: of a relay's customers 347 accounts stood at `act` for words that they had been picked by (seed 617).
    Of a whole network they need only lean where one queue hands over and all keep one clock: a data set without many
    common words had 2.5 bits (seed 4003), and whole relays' customers hand over but keep hours of their own.
    """
    purpose, words = facts.trial("narrow_purpose"), facts.trial("narrow_vocabulary")
    alone = is_whole(facts) or words is None  # where the log tells no words, sorts speak for themselves
    if purpose is not None and (purpose.bits >= AGREED if alone else _narrow_in_both(facts)):
        return f"the questions lie {purpose.statistic:.1f} bits from people's mix"
    if words is not None and is_whole(facts) and words.bits >= _words_asked(facts):
        return f"the questions' words lie {words.statistic:.1f} bits from people's"
    return None


def _words_asked(facts: Facts) -> float:
    """Bits of words from which they speak for one effort of a whole network."""
    if hands_over(facts):
        return LEANING if _keeps_one_clock(facts) else AGREED
    return AGREED if _many_keys(facts) else inf


def _narrow_in_both(facts: Facts) -> bool:
    """Is a picked part narrow in sorts and in words? One of them need only lean where one queue feeds it and it
    remembers nothing.

    An effort of ten capabilities lies 0.7 bits from people's mix (seed 2005), relays' customers up to 0.3. Two that ask
    from data sets without common words of their own had 2.2 and 3.8 bits of words (seed 3010); relays' customers reach
    as much, but those that do hand nothing over (seed 4002).
    """
    bits = sorted(trial.bits for trial in map(facts.trial, NARROW) if trial is not None)
    place = memory(facts)
    fed = hands_over(facts) and place is not None and place <= POOL
    return len(bits) == len(NARROW) and bits[0] >= (LEANING if fed else AGREED) and bits[-1] >= AGREED


def _many_keys(facts: Facts) -> bool:
    """Do more accounts than a small firm has keys claim to be as many customers, ask one mix and remember nothing?"""
    mix, place = facts.trial("asks_one_mix"), memory(facts)
    one = mix is not None and mix.bits >= AGREED and place is not None and place <= POOL
    return one and is_declared(facts) is False and facts.accounts >= FLEET


def is_whole(facts: Facts) -> bool:
    """Does the network serve nothing else, so that nothing was picked out of it?"""
    reach = facts.trial("reaches_all_accounts")
    return reach is not None and reach.reference == 1.0
