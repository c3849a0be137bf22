"""The sentences of claims: each says in plain words what the accounts do, then the measurement and what is ordinary.

A group test's sentence takes the group's number and the reference population's (None where it is unknown).
"""

from __future__ import annotations

import math

ORDINARY = "ordinary accounts of this log"
ALIKE = 0.44  # of ordinary accounts' variation, below which a test's bits speak for one queue (`group.scale_bits`)
HARDLY = 1.5  # times that an account resembles itself as much as others, below which it hardly does
SIMILAR = (0.8, 1.2)  # of ordinary accounts' value, between which the two are called the same
LEAST_VARIATION = 1e-6  # variation of ordinary accounts, below which nothing is a share of it
NARROWER = 0.25  # bits a request beyond a random group's, from which the mix speaks for one purpose
OTHER_WORDS = 1.5  # bits a request beyond a random group's, from which the words do


def percent(share: float) -> str:
    """A share as percent: whole from 1 % on, with one decimal below, and never rounded to nothing."""
    if 0.0 < share < 0.0005:
        return "under 0.1 %"
    return f"{100 * share:.1f} %" if 0.0 < share < 0.0095 else f"{100 * share:.0f} %"


def times(ratio: float) -> str:
    """A ratio as a factor: whole from 10 on, with one decimal below; a ratio under 1 is put in percent instead."""
    if ratio < 0.95:
        return percent(max(ratio, 0.0))
    return f"{ratio:,.0f} times" if ratio >= 9.95 else f"{max(ratio, 1.0):.1f} times"


def counted(number: int, noun: str) -> str:
    """A whole number and its noun, in the plural unless it is one."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def one_pool(own: float, people: float | None) -> str:
    ratio = math.exp(own)
    if people is None:
        finding = "The accounts come back to their own earlier questions to some degree"
    else:
        finding = _graded(
            own / people if people > 0 else None,
            "The accounts hardly come back to questions of their own"
            if ratio < HARDLY
            else "The accounts come back to questions of their own far less than ordinary accounts do",
            "The accounts come back to their own earlier questions, but less than ordinary accounts do",
            "The accounts come back to their own earlier questions",
        )
    if ratio < 1.05:
        measured = "questions of one account resemble each other no more than questions of different accounts do"
    else:
        measured = f"questions of one account resemble each other {times(ratio)} as much as those of different accounts"
    ordinary = "" if people is None else f", for {ORDINARY} {times(max(math.exp(people), 1.0))} as much"
    return f"{finding}: {measured}{ordinary}."


def one_mix(own: float, people: float | None) -> str:
    return _varying(
        own,
        people,
        (
            "All accounts ask for the same mix of things",
            "The accounts ask for more similar mixes of things than ordinary accounts do",
            "The accounts ask for different mixes of things",
        ),
        "the mix varies between them",
    )


def same_sizes(own: float, people: float | None) -> str:
    return _varying(
        own,
        people,
        (
            "All accounts send questions and get answers of the same lengths",
            "The accounts send questions and get answers of more similar lengths than ordinary accounts do",
            "The accounts send questions and get answers of different lengths",
        ),
        "lengths vary between them",
    )


def same_hours(own: float, people: float | None) -> str:
    return _varying(
        own,
        people,
        (
            "All accounts keep the same hours of the day",
            "The accounts keep more similar hours of the day than ordinary accounts do",
            "The accounts keep different hours of the day",
        ),
        "hours vary between them",
    )


def equalised_volumes(own: float, people: float | None) -> str:
    return _varying(
        own,
        people,
        (
            "All accounts carry equal loads",
            "The accounts carry more even loads than ordinary accounts do",
            "The accounts carry uneven loads",
        ),
        "the number of requests on an active day varies",
    )


def narrow_purpose(own: float, people: float | None) -> str:
    narrow = own - (people or 0.0) >= NARROWER
    finding = (
        "The accounts ask for a narrower range of things than ordinary accounts"
        if narrow
        else "The accounts ask for hardly a narrower range of things than ordinary accounts"
    )
    return f"{finding}: by its subject, {likelier(own, people)}."


def narrow_vocabulary(own: float, people: float | None) -> str:
    other = own - (people or 0.0) >= OTHER_WORDS
    finding = (
        "The accounts share words that ordinary accounts do not use"
        if other
        else "The accounts hardly share words that ordinary accounts do not use"
    )
    return f"{finding}: by its words, templates left out, {likelier(own, people)}."


def likelier(own: float, people: float | None) -> str:
    """A divergence in bits a request as the odds that an average request gives."""
    ordinary = "" if people is None else f"; for a random group of those, {times(2.0 ** max(people, 0.0))}"
    return (
        f"an average request is {times(2.0 ** max(own, 0.0))} as likely to come from this group "
        f"as from {ORDINARY}{ordinary}"
    )


def never_repeats(own: float, people: float | None) -> str:
    place = own / people if people else None
    finding = _graded(
        place,
        "The accounts do not ask each other's questions again, as rows of one data set are dealt out once",
        "The accounts ask each other's questions again less often than ordinary accounts do",
        "The accounts ask each other's questions again",
    )
    same = "none is" if own == 0.0 else f"{percent(own)} are"
    ordinary = "" if people is None else f"; among {ORDINARY} it is {percent(people)}"
    return f"{finding}: of pairs of requests that begin alike on two accounts, {same} the same text{ordinary}."


def moves_to_new_models(own: float, people: float | None) -> str:
    at_once = own >= max(0.1, 3.0 * (people or 0.0))
    finding = (
        "The accounts moved to a new model at once"
        if at_once
        else "The accounts moved to a new model hardly faster than ordinary accounts"
    )
    ordinary = "" if people is None else f", against {percent(people)} of the requests of {ORDINARY}"
    return f"{finding}: within a day of its release, {percent(own)} of their requests went to it{ordinary}."


def hands_over(own: float, people: float | None) -> str:
    finding = (
        "The accounts take over each other's refused requests"
        if own >= 0.1
        else "A few requests that one account was refused are made by another account"
    )
    ordinary = "" if people is None else f"; among {ORDINARY} it is {percent(people)}"
    return (
        f"{finding}: {percent(own)} of the refused requests were made again by another account within ten minutes, "
        f"word for word{ordinary}."
    )


def replaces_closed(own: float, people: float | None) -> str:
    often = own >= 1.5 * max(people or 0.0, 0.5)
    finding = (
        "New accounts replace closed ones"
        if often
        else "New accounts begin soon after closures, hardly more often than by chance"
    )
    chance = "" if people is None else f"; chance alone would give {people:.1f}"
    return (
        f"{finding}: {counted(round(own), 'closure')} of an account came within six hours before the first request "
        f"of another account of the group{chance}."
    )


def shared_family(words: str, bits: float) -> str:
    """The finding of linking in one family of values, in bits an account."""
    strangers = float(f"{2.0**bits:.2g}")
    return (
        f"The accounts share {words} more than strangers would: {bits:.1f} bits an account, as if one stranger in "
        f"{strangers:,.0f} matched by chance. The group was found by this, so it is not counted again."
    )


def shared_value(words: str, accounts: int, members: int, outside: int) -> str:
    """Which value is shared, by how many of the network's accounts, and by how many others."""
    others = counted(outside, "other account") if outside else "no other account"
    return f"{words}: {accounts:,} of {members:,} accounts, {others}"


def identities(registered: int, identities: int, many: bool) -> str:
    accounts, customers = counted(registered, "registered account"), counted(identities, "different customer")
    finding = "The accounts do not say that they belong together" if many else "The accounts openly belong together"
    return f"{finding}: {accounts} {'name' if registered != 1 else 'names'} {customers}."


def networks(subnets: int, top_subnet_share: float, open_about_it: bool) -> str:
    ranges = counted(subnets, "address range")
    if open_about_it:
        return (
            f"The accounts sit in one place: {percent(top_subnet_share)} of their requests come from the commonest of "
            f"{ranges}."
        )
    return (
        f"The accounts sit in many places: their requests come from {ranges}, "
        f"{percent(top_subnet_share)} of them from the commonest."
    )


def permit(permitted: int, exchanges: int) -> str:
    covered = counted(permitted, "request")
    if exchanges == 0:
        return f"A permit covers all that the accounts did: {covered}."
    verb = "is" if permitted == 1 else "are"
    return f"The accounts did more than their permit covers: {covered} {verb} inside it, {exchanges:,} outside."


def _varying(own: float, people: float | None, findings: tuple[str, str, str], varies: str) -> str:
    """A dispersion beyond chance, as a share of that of ordinary accounts."""
    if people is None or people < LEAST_VARIATION:
        return f"{findings[2 if own > 0.0 else 0]}, as far as can be seen: {ORDINARY} show too little to compare."
    share = own / people
    if own <= 0.0:
        return f"{_graded(share, *findings)}: {varies} no more than chance alone explains, unlike for {ORDINARY}."
    amount = f"only {times(share)}" if share < ALIKE else times(share)
    return f"{_graded(share, *findings)}: {varies} {amount} as much as for {ORDINARY}."


def _graded(share: float | None, alike: str, less: str, same: str) -> str:
    """One of three findings, by the group's share of what is ordinary; the last, bare, where that is unknown."""
    if share is None:
        return same
    if share < SIMILAR[0]:
        return alike if share < ALIKE else less
    return f"{same}, {'as' if share <= SIMILAR[1] else 'more than'} ordinary accounts do"
