"""Facts for and against, in bits with one sentence each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from stillwatch.assess.alternatives import PERMITTED
from stillwatch.assess.facts import Facts

FAMILY_WORDS = {
    "infrastructure": "addresses and clients",
    "registration": "registration details",
    "payment": "means of payment",
    "content": "the frame of their questions",
    "payload": "whole questions",
    "time": "the hour of sign-up",
    "lifecycle": "requests and conversations that move from one account to another",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact about a subject: its claim, bits for (or, negative, against) extraction, and a sentence."""

    claim: str
    bits: float
    sentence: str
    examples: tuple[str, ...] = ()


def shared_facts(facts: Facts) -> list[Fact]:
    """What members share beyond chance. These formed the group, so they weigh nothing in its judgement."""
    result = []
    for family, bits in sorted(facts.family_bits.items()):
        claims = [name for name in facts.claim_bits if facts.claim_bits[name] >= 0.5]
        result.append(
            Fact(
                f"shared_{family}",
                0.0,
                f"members share {FAMILY_WORDS[family]}: {bits:.1f} bits an account beyond chance "
                "(this formed the group and is not counted again)",
                tuple(sorted(claims))[:5],
            )
        )
    return result


def tested_facts(facts: Facts) -> list[Fact]:
    """What the group was tested on."""
    result = []
    for name, words in TESTED.items():
        trial = facts.trial(name)
        if trial is not None and trial.bits != 0.0:
            result.append(Fact(name, trial.bits, words(trial.statistic, trial.reference)))
    return result


def _memory_words(own: float, people: float) -> str:
    return (
        f"an account's questions resemble its own earlier ones {math.exp(own):.2f} times as much as the others' "
        f"(people in these logs: {math.exp(people):.1f} times)"
    )


TESTED: dict[str, Callable[[float, float], str]] = {
    "draws_from_one_pool": _memory_words,
    "asks_one_mix": lambda own, people: f"accounts differ in what they ask {_times(own, people)} as much as people do",
    "same_sizes": lambda own, people: (
        f"accounts differ in the size of questions and answers {_times(own, people)} as much as people do"
    ),
    "keeps_the_same_hours": lambda own, people: (
        f"accounts differ in their waking hours {_times(own, people)} as much as people do"
    ),
    "equalised_volumes": lambda own, people: f"daily volumes vary {_times(own, people)} as much as people's do",
    "narrow_purpose": lambda own, people: (
        f"what is asked lies {own:.2f} bits from people's mix (a random group of people: {people:.2f})"
    ),
    "narrow_vocabulary": lambda own, people: (
        f"the words of half of the accounts tell a question of the other half from people's by {own:.1f} bits "
        f"(a random group of people: {people:.1f}; templates left out)"
    ),
    "never_repeats_a_slot": lambda own, people: (
        f"of texts that open alike on two accounts, {own:.2%} are the same text (people: {people:.1%})"
    ),
    "moves_to_new_models_at_once": lambda own, people: (
        f"within a day of a model's release {own:.0%} of the questions went to it (people: {people:.0%})"
    ),
    "hands_over_refused_requests": lambda own, people: (
        f"{own:.0%} of the requests that one account was refused were made by another within ten minutes, "
        f"word for word (people: {people:.1%})"
    ),
    "replaces_closed_accounts": lambda own, people: (
        f"{own:.0f} closures were followed within six hours by a new member's first question (by chance: {people:.1f})"
    ),
}


def _times(own: float, people: float) -> str:
    return f"{max(own, 0.0) / people:.2f} times" if people > 0 else "not measurably"


def concealment_facts(facts: Facts) -> list[Fact]:
    """Do the accounts hide that they belong together? Fraudulent access, not distillation, is what is looked for."""
    if facts.identities is not None and facts.registered >= 0.5 * facts.accounts:
        share = facts.identities / max(facts.registered, 1)
        # one customer with many keys is open; many customers with one hand are not
        bits = 2.0 * math.log2(max(share, 1 / 16) / 0.25) if facts.accounts >= 8 else 0.0
        return [
            Fact(
                "claims_many_identities",
                round(max(-4.0, min(4.0, bits)), 3),
                f"{facts.registered:,} accounts claim to be {facts.identities:,} different customers",
            )
        ]
    if facts.subnets is not None and facts.top_subnet_share is not None:
        open_about_it = facts.top_subnet_share > 0.5
        return [
            Fact(
                "spreads_over_networks",
                -3.0 if open_about_it else 2.0,
                f"requests come from {facts.subnets:,} networks, {facts.top_subnet_share:.0%} from the commonest",
            )
        ]
    return []


def permit_facts(facts: Facts) -> list[Fact]:
    """Permitted traffic is subtracted; what outgrew the permit is said."""
    if not facts.permitted:
        return []
    return [
        Fact(
            "outgrew_permit" if facts.exchanges else "inside_permit",
            -6.0 if facts.permitted >= PERMITTED * (facts.permitted + facts.exchanges) else 0.0,
            f"a permit covers {facts.permitted:,} exchanges; {facts.exchanges:,} lie outside it",
        )
    ]


def all_facts(facts: Facts, hands: bool = True) -> list[Fact]:
    """Every fact for and against a candidate; those of registration and addresses only with `hands`."""
    hidden = concealment_facts(facts) if hands else []
    return [*shared_facts(facts), *tested_facts(facts), *hidden, *permit_facts(facts)]
