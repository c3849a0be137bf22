"""The sentences of claims: each says in plain words what the accounts do, then the measurement and what is ordinary.

A group test's sentence takes the group's number, the reference population's (None where it is unknown) and the test's
bits: what it says speaks for one effort where these are positive, and against it where they are negative.
"""

from __future__ import annotations

import math

from stillwatch.records.printable import printable

ORDINARY = "ordinary accounts of this log"
PEOPLE = "ordinary accounts"
HARDLY = 1.5  # times that an account resembles itself as much as others, below which it hardly does
SIMILAR = (0.8, 1.2)  # of ordinary accounts' value, between which the two are called about the same
SELDOM = 0.01  # share of pairs of requests, below which accounts almost never ask the same text
LEAST_VARIATION = 1e-6  # variation of ordinary accounts, below which nothing is a share of it


def percent(share: float) -> str:
    """A share as percent: whole from 1 % on, with one decimal below, and never rounded to nothing."""
    if 0.0 < share < 0.0005:
        return "under 0.1 %"
    return f"{100 * share:.1f} %" if 0.0 < share < 0.0095 else f"{100 * share + 0.0:.0f} %"  # no minus zero


def part(share: float) -> str:
    """A share of things that a sentence names as a percentage of them, or in words where it is none or all of them."""
    if share <= 0.0:
        return "none"
    if share < 0.995:
        return percent(share)
    return "all" if share >= 1.0 else "nearly all"


def times(ratio: float) -> str:
    """A ratio as a factor: whole from 10 on, with one decimal below; a ratio under 1 is put in percent instead."""
    if ratio < 0.95:
        return percent(max(ratio, 0.0))
    return f"{ratio:,.0f} times" if ratio >= 9.95 else f"{max(ratio, 1.0):.1f} times"


def counted(number: int, noun: str) -> str:
    """A whole number and its noun, in the plural unless it is one."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def one_pool(own: float, people: float | None, bits: float) -> str:
    ratio = math.exp(own)
    measured = times(max(ratio, 1.0))
    beside = "" if people is None else f"; {PEOPLE}: {times(max(math.exp(people), 1.0))}"
    if bits > 0.0:
        finding = (
            "An account's questions are hardly more alike than two accounts'"
            if ratio < HARDLY
            else f"An account's questions are more alike than two accounts', but far less so than for {PEOPLE}"
        )
    else:
        beside_people = _beside(own, people).lstrip(", ")
        finding = f"An account's questions are more alike than two accounts', {beside_people} for {PEOPLE}"
    return f"{finding} ({measured}{beside})."


def one_mix(own: float, people: float | None, bits: float) -> str:
    return _varying("Their mixes of tasks", own, people, bits)


def same_sizes(own: float, people: float | None, bits: float) -> str:
    return _varying("The lengths of their requests and answers", own, people, bits)


def same_hours(own: float, people: float | None, bits: float) -> str:
    return _varying("Their hours of the day", own, people, bits)


def equalised_volumes(own: float, people: float | None, bits: float) -> str:
    return _varying("Their numbers of requests a day", own, people, bits)


def narrow_purpose(own: float, people: float | None, bits: float) -> str:
    return _typical("Their topics", own, people, bits)


def narrow_vocabulary(own: float, people: float | None, bits: float) -> str:
    return _typical("Their words, templates left out,", own, people, bits)


def likelier(own: float) -> str:
    """A divergence in bits a request as the odds that an average request gives."""
    return f"an average request is {times(2.0 ** max(own, 0.0))} as likely to come from this group as from {ORDINARY}"


def never_repeats(own: float, people: float | None, bits: float) -> str:
    if bits > 0.0:
        finding = f"Two accounts {'almost never' if own < SELDOM else 'rarely'} ask the same text"
    else:
        finding = f"Two accounts ask the same text{_beside(own, people, 'often')} {PEOPLE} do"
    beside = "" if people is None else f"; {PEOPLE}: {percent(people)}"
    return f"{finding} ({percent(own)} of pairs of requests that begin alike{beside})."


def moves_to_new_models(own: float, people: float | None, bits: float) -> str:
    finding = (
        "The accounts moved to a new model at once"
        if bits > 0.0
        else "The accounts moved to a new model hardly faster than ordinary accounts"
    )
    ordinary = "" if people is None else f", against {part(people)} of the requests of {ORDINARY}"
    return f"{finding}: within a day of its release, {part(own)} of their requests went to it{ordinary}."


def hands_over(own: float, people: float | None, _: float) -> str:
    if own <= 0.0:
        finding = "The accounts do not take over each other's refused requests"
    elif own >= 0.1:
        finding = "The accounts take over each other's refused requests"
    else:
        finding = "A few requests that one account was refused are made by another account"
    ordinary = "" if people is None else f"; among {ORDINARY} it is {part(people)}"
    return (
        f"{finding}: {part(own)} of the refused requests were made again by another account within ten minutes, "
        f"word for word{ordinary}."
    )


def replaces_closed(own: float, people: float | None, bits: float) -> str:
    if own >= 1.5 * max(people or 0.0, 0.5):
        finding = "New accounts replace closed ones"
    elif round(own) <= 0:
        finding = "New accounts do not begin soon after closures"
    else:
        more = "somewhat more" if bits > 0.0 else "hardly more"
        finding = f"New accounts begin soon after closures, {more} often than by chance"
    chance = "" if people is None else f"; chance alone would give {people:.1f}"
    return (
        f"{finding}: {counted(round(own), 'closure')} of an account came within six hours before the first request "
        f"of another account of the group{chance}."
    )


def born_together(own: float, _: float | None, __: float) -> str:
    return _together("were created", "sign-ups", own)


def begins_together(own: float, _: float | None, __: float) -> str:
    return _together("that had lain idle were first used", "first uses of such accounts", own)


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


def identities(registered: int, identities: int) -> str:
    claim = "accounts claim" if registered != 1 else "account claims"
    return f"The {registered:,} registered {claim} to be {counted(identities, 'different customer')}."


def organisation_share(share: float, organisations: int) -> str:
    if not organisations:
        return "No organisation is named by several accounts that are paid for together."
    named = counted(organisations, "organisation")
    return f"The accounts name {named} that several of them share; {part(share)} name the commonest."


def card_share(share: float) -> str:
    return f"The commonest card pays for {part(share)} of the accounts."


def education_share(share: float) -> str:
    return f"Of the accounts, {part(share)} are registered for education."


def contract_share(share: float) -> str:
    return f"Of the accounts, {part(share)} stand under one contract."


def subnets(count: int, accounts: int) -> str:
    return f"The requests of {counted(accounts, 'account')} come from {counted(count, 'address range')}."


def top_subnet(share: float) -> str:
    return f"The commonest address range sends {part(share)} of the requests."


def copied(accounts: int) -> str:
    """What is said of members whose likeness others may have made."""
    which, whose = ("one account", "its") if accounts == 1 else (f"{accounts:,} accounts", "their")
    return (
        f"Of {which} the log shows no act of {whose} own that only a member would do. Copies cannot be told from "
        f"originals, so {'it is' if accounts == 1 else 'they are'} only watched."
    )


def not_sustained(accounts: int) -> str:
    """What is said of members whom this search by itself would bring to `act`, and the last day's together do not."""
    what = "one account" if accounts == 1 else f"{accounts:,} accounts"
    return (
        f"By this search alone {what} would stand at `act`, by the average of all searches of the last day not. "
        "Whoever looks often finds something by chance, so "
        f"{'it stays' if accounts == 1 else 'they stay'} at `review` until it has lasted."
    )


def busiest_day(share: float, days: float) -> str:
    return f"It lasts {counted(max(1, round(days)), 'day')}, and {part(share)} of it falls on the busiest."


def weighed_together(bits: float) -> str:
    """What all measures say of extraction beside all innocent explanations."""
    factor = 2.0 ** min(abs(bits), 20.0)
    times_words = "more than a million" if abs(bits) >= 20.0 else f"{factor:,.0f}" if factor >= 10 else f"{factor:.1f}"
    which = "likelier" if bits >= 0.0 else "less likely"
    return f"All measures together make extraction {times_words} times {which} than it was before they were looked at."


def reported(partners: int, accounts: int, bits: float, raising: float) -> str:
    """What partners report of a group, whose accounts hold their values, and how much of it may raise the group."""
    who = "A partner reports" if partners == 1 else f"{partners:,} partners report"
    have = "One account holds" if accounts == 1 else f"{accounts:,} accounts hold"
    counts = "no level rests on it: it is their word alone"
    if raising > 0.0:
        counts = f"{raising:.1f} of them count, for values that private matching found common"
    weighs = f"By the partners' records this weighs {bits:.1f} bits; {counts}."
    return f"{who} technical values. {have} some of them. {weighs}"


def passes_on(shared: float, bits: float) -> str:
    if shared < 0.05:
        return "No more requests pass from one account to another than chance brings about."
    measured = f"{shared:.1f} bits an account"
    if bits > 0.0:
        return f"Requests pass from one account to another far more than chance brings about: {measured}."
    return f"Fewer requests pass from one account to another than where one hand deals them out: {measured}."


def repeats_questions(own: float, people: float | None, _: float) -> str:
    beside = "" if people is None else f"; of {ORDINARY}, {part(people)}"
    return f"Of the different texts, {part(own)} are asked by more than one account{beside}."


def asks_once(own: float, people: float | None, _: float) -> str:
    beside = "" if people is None else f"; of {ORDINARY}, {part(people)}"
    return f"Of the conversations, {part(own)} end after one request{beside}."


def stands_apart(own: float, people: float | None, _: float) -> str:
    beside = "" if people is None else f", and {part(people)} of the requests of {ORDINARY} differ as much"
    return f"Of the requests, {part(own)} plainly differ from what people ask{beside}."


def reaches_all(own: float, _: float | None, __: float) -> str:
    return f"The purpose reaches {part(own)} of the accounts that one queue would deal it to."


def judged(verdict: str, name: str) -> str:
    """Whose word it is that a finding is confirmed, innocent or unsure."""
    who = f"`{printable(name).replace('`', '')}`" if name else "A person"
    said = {
        "confirmed": "has confirmed this finding, which outranks the score",
        "innocent": "has judged these accounts innocent, which outranks the score",
        "unsure": "has looked at this and was unsure, which leaves the score as it is",
    }
    return f"{who} {said[verdict]}."


def permit(permitted: int, exchanges: int) -> str:
    covered = counted(permitted, "request")
    if exchanges == 0:
        return f"A permit covers all that the accounts did: {covered}."
    verb = "is" if permitted == 1 else "are"
    return f"The accounts did more than their permit covers: {covered} {verb} inside it, {exchanges:,} outside."


def _together(what: str, others: str, own: float) -> str:
    """A divergence of times in bits an account as how much closer they lie than independent ones."""
    closer = 2.0 ** max(own, 0.0)
    finding = f"The accounts {what}{' together' if closer >= HARDLY else ' hardly closer together than by chance'}"
    return f"{finding}: in the order of all {others} they lie {times(closer)} as close as {ORDINARY} do."


def _varying(subject: str, own: float, people: float | None, bits: float) -> str:
    """A dispersion beyond chance, as a share of that of ordinary accounts."""
    if people is None or people < LEAST_VARIATION:
        return f"{subject} cannot be compared: {ORDINARY} show too little variation."
    share = own / people
    if bits > 0.0:
        if own <= 0.0:
            return f"{subject} differ no more than chance alone explains, unlike those of {PEOPLE}."
        return f"{subject} differ only {times(share)} as much as those of {PEOPLE}."
    return f"{subject} differ{_beside(own, people)} those of {PEOPLE} do ({times(share)} as much)."


def _beside(own: float, people: float | None, measure: str = "much") -> str:
    """How a value that does not speak for one queue stands beside that of ordinary accounts, before their name."""
    share = own / people if people is not None and people > 0.0 else 1.0
    if share < SIMILAR[0]:
        return ", as"
    if share <= SIMILAR[1]:
        return f" about as {measure} as"
    return " even more than" if measure == "much" else f" more {measure} than"


def _typical(subject: str, own: float, people: float | None, bits: float) -> str:
    """A divergence in bits a request as the odds that an average request gives, beside a random group's."""
    odds, beside = times(2.0 ** max(own, 0.0)), "" if people is None else f"{2.0 ** max(people, 0.0):,.1f}"
    if bits > 0.0:
        random = f" (a random group: {beside})" if beside else ""
        return f"{subject} are {odds} as typical of this group as of {PEOPLE}{random}."
    random = f"; a random group: {beside}" if beside else ""
    return f"{subject} are hardly more typical of this group than of {PEOPLE} ({odds} as much{random})."
