"""The sentence that puts each group test to an analyst, from the group's number and the reference population's."""

from __future__ import annotations

import math


def one_pool(own: float, people: float | None) -> str:
    return (
        f"an account's questions resemble its own earlier ones {math.exp(own):.2f} times as much as the others' "
        f"(people in these logs: {math.exp(people or 0.0):.1f} times)"
    )


def one_mix(own: float, people: float | None) -> str:
    return f"accounts differ in what they ask {_times(own, people)} as much as people do"


def same_sizes(own: float, people: float | None) -> str:
    return f"accounts differ in the size of questions and answers {_times(own, people)} as much as people do"


def same_hours(own: float, people: float | None) -> str:
    return f"accounts differ in their waking hours {_times(own, people)} as much as people do"


def equalised_volumes(own: float, people: float | None) -> str:
    return f"daily volumes vary {_times(own, people)} as much as people's do"


def narrow_purpose(own: float, people: float | None) -> str:
    return f"what is asked lies {own:.2f} bits from people's mix (a random group of people: {people or 0.0:.2f})"


def narrow_vocabulary(own: float, people: float | None) -> str:
    return (
        f"the words of half of the accounts tell a question of the other half from people's by {own:.1f} bits "
        f"(a random group of people: {people or 0.0:.1f}; templates left out)"
    )


def never_repeats(own: float, people: float | None) -> str:
    return f"of texts that open alike on two accounts, {own:.2%} are the same text (people: {people or 0.0:.1%})"


def moves_to_new_models(own: float, people: float | None) -> str:
    return f"within a day of a model's release {own:.0%} of the questions went to it (people: {people or 0.0:.0%})"


def hands_over(own: float, people: float | None) -> str:
    return (
        f"{own:.0%} of the requests that one account was refused were made by another within ten minutes, "
        f"word for word (people: {people or 0.0:.1%})"
    )


def replaces_closed(own: float, people: float | None) -> str:
    return (
        f"{own:.0f} closures were followed within six hours by a new member's first question "
        f"(by chance: {people or 0.0:.1f})"
    )


def _times(own: float, people: float | None) -> str:
    return f"{max(own, 0.0) / people:.2f} times" if people is not None and people > 0 else "not measurably"
