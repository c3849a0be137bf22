"""Innocent explanations: each is tried on every candidate, and says in a sentence how it fared.

`excluded`: a test it must pass fails; `possible`: nothing speaks against it, or what would is not in the logs;
`preferred`: something speaks for it. Nobody is accused at `act` while one is not excluded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from stillwatch.assess.facts import Facts
from stillwatch.assess.predicates import (
    FLEET,
    MOST,
    PEOPLE,
    POOL,
    hands_over,
    hides_a_queue,
    in_few_places,
    is_declared,
    is_whole,
    may_be_small_firm,
    memory,
    narrow_queue,
    narrowness,
)

PERMITTED = 0.05  # share of a network's exchanges from which a permit may explain the rest
REACH = 0.5  # of the accounts that one queue would reach: one customer's questions reach fewer (tuning worlds)
APART = 0.25  # share of a purpose's exchanges that must be plainly its own,
PLAINER = 8.0  # and so many times that share of what people ask: relays' customers reach 6 (tuning worlds)
LARGE = 0.1  # share of a network's exchanges that no one customer asks: 25 of 26 efforts of the lab ask more
RESAMPLED = 0.3  # share of the questions that several accounts ask: relays' customers reach 0.2 (tuning worlds)
ORDINARY = "what is asked is hardly narrower than what people ask"
CROWD = 20  # accounts beyond a family, an office login or one developer's keys
OUTSIDE_BITS = 4.0  # bits an account that other families must carry to do without one of them


@dataclass(frozen=True, slots=True)
class Alternative:
    """One innocent explanation of one candidate."""

    name: str
    verdict: str
    sentence: str


def _remembers(place: float) -> str:
    return f"members remember their own work {place:.0%} as much as people in these logs do"


def _claims(facts: Facts) -> str:
    return f"{facts.registered:,} accounts claim to be {facts.identities or 0:,} different customers"


def _openly(facts: Facts) -> str:
    return f"most members are declared as {facts.organisations or 0:,} organisations with several accounts each"


def is_enterprise(facts: Facts) -> Alternative:
    """An enterprise's seats are people who each remember their own work, under one declared customer."""
    name = "is_enterprise"
    place, declared = memory(facts), is_declared(facts)
    if place is not None and place > POOL and declared is False and narrow_queue(facts):
        return Alternative(
            name, "excluded", f"{_remembers(place)}, but one queue feeds all with one narrow purpose; {_claims(facts)}"
        )
    if place is not None and place >= PEOPLE:
        return Alternative(name, "preferred", _remembers(place))
    if declared:
        return Alternative(name, "possible", _openly(facts))
    if place is None:
        return _by_mix(name, facts)
    if place > POOL:
        return Alternative(name, "possible", _remembers(place))
    said = "" if declared is None else f"; {_claims(facts)}"
    return Alternative(
        name, "excluded", f"members remember their own work only {max(place, 0.0):.0%} as much as people do{said}"
    )


def _by_mix(name: str, facts: Facts) -> Alternative:
    if facts.trial("repeats_questions") is not None:
        return Alternative(name, "possible", "too few questions an account to see whether people remember their own")
    sizes, volumes = facts.trial("same_sizes"), facts.trial("equalised_volumes")
    if sizes is not None and volumes is not None and sizes.bits >= 4.0 and volumes.bits >= 2.0:
        return Alternative(
            name, "excluded", "members differ neither in size of questions and answers nor in volume, as people here do"
        )
    return Alternative(name, "possible", "without text, people behind the accounts cannot be ruled out")


def is_reseller(facts: Facts) -> Alternative:
    """A reseller's customers are people who ask what people ask."""
    name = "is_reseller_or_relay_customers"
    place, narrow = memory(facts), narrowness(facts)
    if place is not None and place > POOL and narrow_queue(facts):
        return Alternative(name, "excluded", f"{_remembers(place)}, but one queue feeds all with what no customers ask")
    if place is not None and place >= PEOPLE:
        return Alternative(name, "preferred", _remembers(place))
    repeats = facts.trial("repeats_questions")
    if place is None:
        return _unremembered(name, facts)
    if place > POOL:
        return Alternative(name, "possible", _remembers(place))
    if repeats is not None and repeats.statistic > RESAMPLED:
        said = f"{repeats.statistic:.0%} of the questions are asked by several accounts, as no relay's customers ask"
        return Alternative(name, "excluded", said)
    if narrow is None:
        return Alternative(name, "preferred", ORDINARY)
    picked = _picked(facts)
    if picked is not None:
        return Alternative(name, "preferred", picked)
    return Alternative(name, "excluded", f"{narrow}, and nobody remembers any")


def _unremembered(name: str, facts: Facts) -> Alternative:
    """How a relay's customers fare as an explanation where nobody's memory can be seen."""
    if facts.trial("repeats_questions") is None:
        return Alternative(name, "possible", "without text, what a relay's customers ask looks as an effort does")
    # who asks too little to be seen remembering must at least ask what no customers ask
    return _by_mix(name, facts) if narrowness(facts) is not None else Alternative(name, "preferred", ORDINARY)


def _picked(facts: Facts) -> str | None:
    """Why the purpose is only what some customers happen to ask, as far as one can be picked out of anybody's traffic.

    None where it is not, as in a network that serves nothing else.
    """
    reach, apart = facts.trial("reaches_all_accounts"), facts.trial("stands_apart_from_people")
    if reach is not None and reach.statistic < REACH:
        said = f"what is asked reaches {reach.statistic:.0%} of the accounts that one queue would deal it to"
        return f"{said}, as one customer's questions do"
    if apart is None or apart.statistic >= max(APART, 0.0 if is_whole(facts) else PLAINER * apart.reference):
        return None
    return f"{apart.statistic:.0%} of what is asked stands plainly apart, {apart.reference:.1%} of what people ask"


def is_one_customer(facts: Facts) -> Alternative:
    """One busy customer of a relay, whom its accounts serve in turn.

    Dealt over many accounts, a single customer's questions have one mix, words of their own and no account's memory, as
    an effort's do. Of a harvesting relay's exchanges 2 % were taken for an effort (289 accounts, seed 806).
    """
    name, reach = "is_one_customer", facts.trial("reaches_all_accounts")
    if reach is None or is_whole(facts):
        return Alternative(name, "excluded", "nothing was picked out of what the network asks")
    said = f"{facts.exchanges:,} of the network's {facts.network_exchanges:,} exchanges"
    if facts.exchanges <= LARGE * facts.network_exchanges:
        return Alternative(name, "preferred", f"one busy customer may ask {said}")
    if not hands_over(facts):
        return Alternative(name, "possible", f"one customer may ask {said}: what is refused is hardly handed over")
    return Alternative(name, "excluded", f"no one customer asks {said}")


def is_batch_job(facts: Facts) -> Alternative:
    """A firm's batch job runs in the open: few keys, one customer, one place."""
    name = "is_batch_job"
    declared = is_declared(facts)
    if declared:
        return Alternative(name, "preferred", _openly(facts))
    if facts.accounts < CROWD:
        return Alternative(name, "possible", f"{facts.accounts} accounts are no more than one developer's keys")
    if (facts.top_payment_share or 0.0) >= MOST and not (declared is False and narrow_queue(facts)):
        return Alternative(name, "possible", f"{facts.top_payment_share:.0%} of the accounts pay with one card")
    subnets = facts.subnets or 0
    if may_be_small_firm(facts) or (declared is None and in_few_places(facts)):
        said = f"{facts.accounts:,} keys in {subnets:,} subnets may be a small firm's, whatever they were registered as"
        # a small firm's fleet differs from an effort in what it asks for, or in nothing
        unread = facts.accounts < FLEET and facts.trial("repeats_questions") is None
        return Alternative(name, "preferred" if unread else "possible", said)
    if declared is False:
        return Alternative(name, "excluded", _claims(facts))
    return Alternative(name, "excluded", f"{facts.accounts:,} accounts hide in {subnets:,} different subnets")


def is_evaluation_harness(facts: Facts) -> Alternative:
    """A harness asks the same public questions from every key."""
    name = "is_evaluation_harness"
    repeats = facts.trial("repeats_questions")
    if repeats is None:
        return (
            Alternative(name, "possible", "without text, repeated questions cannot be seen")
            if is_declared(facts) is None
            else _hidden(name, facts)
        )
    if repeats.statistic > RESAMPLED:
        said = f"{repeats.statistic:.0%} of the questions are asked by several accounts"
        if hides_a_queue(facts):
            return Alternative(name, "excluded", f"{said}, but refused ones are handed over and {_claims(facts)}")
        return Alternative(name, "preferred", said)
    return Alternative(name, "excluded", f"only {repeats.statistic:.1%} of the questions are asked by several accounts")


def _hidden(name: str, facts: Facts) -> Alternative:
    if is_declared(facts):
        return Alternative(name, "possible", _openly(facts))
    return Alternative(name, "excluded", _claims(facts))


def is_class(facts: Facts) -> Alternative:
    """A class asks the same things on the same evening, from one campus."""
    name = "is_class_or_hackathon"
    repeats = facts.trial("repeats_questions")
    if (facts.education_share or 0.0) > 0.5:
        return Alternative(name, "possible", "most members are education accounts")
    if facts.busiest_day_share > 0.5 or facts.days < 2:
        return Alternative(name, "possible", "it happened within a day or two")
    if repeats is not None and repeats.statistic > RESAMPLED and not hides_a_queue(facts):
        return Alternative(name, "possible", f"{repeats.statistic:.0%} of the questions are shared")
    return Alternative(name, "excluded", f"it lasts {facts.days:.0f} days and its questions are not one assignment")


def is_permitted(facts: Facts) -> Alternative:
    """Licensed distillation, a red team or an evaluation stays inside its permit."""
    name = "is_permitted"
    if facts.permitted > facts.exchanges:
        return Alternative(name, "preferred", f"a permit covers {facts.permitted:,} of the exchanges")
    if facts.permitted >= PERMITTED * (facts.permitted + facts.exchanges):
        said = f"a permit covers {facts.permitted:,} exchanges, {facts.exchanges:,} outgrew it"
        return Alternative(name, "possible", said)
    if facts.permitted:
        return Alternative(name, "excluded", f"a permit covers only {facts.permitted:,} of the network's exchanges")
    if facts.unmatched_permits and not facts.registered:
        said = f"whether these accounts hold one of {facts.unmatched_permits:,} permits is not in the logs"
        return Alternative(name, "possible", said)
    return Alternative(name, "excluded", "no permit covers any of these exchanges")


def is_popular_tool(facts: Facts) -> Alternative:
    """Users of one tool share its headers and its system prompt, and nothing else."""
    return _without(
        "is_popular_tool",
        facts,
        {"same_client_fingerprint", "same_user_agent", "same_instructions", "same_tools", "same_parameters"},
        "client and system prompt",
    )


def is_shared_address(facts: Facts) -> Alternative:
    """Carrier NAT, a VPN and a campus share addresses, and nothing else."""
    return _without(
        "is_carrier_nat_or_vpn",
        facts,
        {"same_address", "same_subnet", "same_address_network", "same_signup_address", "same_signup_subnet"},
        "addresses",
    )


def is_viral_prompt(facts: Facts) -> Alternative:
    """A prompt that went viral is one prompt, asked by people otherwise unlike."""
    return _without(
        "is_viral_prompt",
        facts,
        {"same_payload", "same_opening_words", "same_closing_words"},
        "wording",
    )


def is_shared_software(facts: Facts) -> Alternative:
    """Strangers who run one relay software share the device id it derives, and nothing else."""
    return _without("is_shared_relay_software", facts, {"same_device", "same_session"}, "device and session ids")


def _without(name: str, facts: Facts, claims: set[str], words: str) -> Alternative:
    rest = sum(bits for claim, bits in facts.claim_bits.items() if claim not in claims)
    if rest >= OUTSIDE_BITS:
        return Alternative(name, "excluded", f"without {words} the members still share {rest:.0f} bits an account")
    return Alternative(name, "possible", f"without {words} only {rest:.1f} bits an account are left")


def is_household(facts: Facts) -> Alternative:
    """A family or an office shares one login or address among few."""
    name = "is_household_or_office"
    if facts.accounts < CROWD:
        return Alternative(name, "possible", f"{facts.accounts} accounts could be one household or office")
    return Alternative(name, "excluded", f"{facts.accounts:,} accounts are no household")


ALTERNATIVES: tuple[Callable[[Facts], Alternative], ...] = (
    is_enterprise,
    is_reseller,
    is_one_customer,
    is_batch_job,
    is_evaluation_harness,
    is_class,
    is_permitted,
    is_popular_tool,
    is_shared_address,
    is_viral_prompt,
    is_shared_software,
    is_household,
)


def try_all(facts: Facts) -> tuple[Alternative, ...]:
    """Every innocent explanation, tried."""
    return tuple(alternative(facts) for alternative in ALTERNATIVES)
