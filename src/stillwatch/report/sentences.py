"""The sentences that every rendering of the report prints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from stillwatch.records.claims import SAME_PARAMETERS_OF_CLIENT
from stillwatch.report.digest import open_explanations
from stillwatch.report.document import Alternative, Document, Event, Evidence, History, Judgement, Network, Value
from stillwatch.report.losses import altered_texts
from stillwatch.report.wording import count, day, in_words, shared

EXCHANGE_FEEDS = ("exchanges", "received_sketches", "exchange_sketches")
DECISIONS = ("judgements", "permits")  # files that hold what people have decided
NOT_SHOWN = "The shared values themselves are not shown: this run saw only sketches of them."
KINDS = {"N": "network", "C": "campaign"}  # by the first letter of an id
_ID = re.compile("[NC][0-9a-f]+")


def named(subject: str) -> str:
    """The id of a network or campaign with the word for what it is."""
    return f"{KINDS[subject[0]]} {subject}" if _ID.fullmatch(subject) else subject


def rows_read(document: Document) -> int:
    """Exchanges that were used, from raw logs or from received sketches."""
    return sum(source.rows_used for source in document.sources if source.feeds in EXCHANGE_FEEDS)


def summary(document: Document) -> str:
    """What the run found, in sentences that a person can repeat aloud, and what of it is described."""
    read = f"{count(rows_read(document), 'exchange')} (a request and its answer each) were read. "
    return f"{read}{_found(document)} {_networks(document)}{_alone(document)}"


def _found(document: Document) -> str:
    found = document.campaigns_total
    if not found:
        return "No campaign was found."
    levels = ", ".join(f"{number} at level {level}" for level, number in document.campaign_levels)
    verb = "was" if found == 1 else "were"
    accounts = count(document.campaign_accounts, "account")
    return f"{count(found, 'campaign')} {verb} found ({levels}), with {accounts} in all."


def _networks(document: Document) -> str:
    if not document.networks_total:
        return "No network of accounts without a campaign was found."
    verb = "was" if document.networks_total == 1 else "were"
    return (
        f"{count(document.networks_total, 'network')} of accounts without a campaign {verb} found. "
        "A network is no accusation: the accounts of a company or a class are operated together too."
    )


def _alone(document: Document) -> str:
    """Which campaign or network alone is described."""
    described = [(f"campaign {one.campaign_id}", f"level {one.level}, ", one.accounts) for one in document.campaigns]
    described += [(f"network {one.network_id}", "", one.accounts) for one in document.networks]
    if document.about is None or not described:
        return ""
    name, level, accounts = described[0]
    return f" Of all this, only {name} is described here ({level}{count(accounts, 'account')})."


def uses(network: Network) -> str:
    """Which campaigns use a network that is described alone."""
    if not network.campaigns:
        return "No campaign uses this network, and its accounts are accused of nothing."
    listed = ", ".join(f"campaign {name} (level {level})" for name, level in network.campaigns)
    return f"It is used by {listed}: see there what is held against accounts. Others of it are accused of nothing."


def notices(document: Document) -> tuple[str, ...]:
    """What a reader must not overlook: unreadable decisions, others that apply to nothing, and lost subjects."""
    told = (
        *_unused_decisions(document),
        altered_texts(document),
        _cleared(document),
        _silent(document),
        _unmatched(document),
    )
    return tuple(sentence for sentence in told if sentence)


def _unused_decisions(document: Document) -> Iterator[str]:
    for one in document.quarantine:
        if one.feeds in DECISIONS:
            content, reason = f": {one.raw}" if one.raw else "", in_words(one.reason)
            yield (
                f"{count(one.rows, 'row')} of the {in_words(one.feeds)} file could not be used ({reason}), first "
                f"at {one.source} line {count(one.line)}{content}; a person's decision may be missing from this run."
            )


def _cleared(document: Document) -> str:
    if not document.cleared:
        return ""
    told = [
        f"{named(one.event.subject)} ({count(one.event.accounts, 'account')}) by {_whose(one.decided_by)} judgement of "
        f"{day(one.decided_at, True)}"
        for one in document.cleared
    ]
    verb = "is" if document.cleared_total == 1 else "are"
    found = count(document.cleared_total, "finding")
    return (
        f"{found} of earlier runs {verb} cleared: {', '.join(told)}{_more(document.cleared_total, document.cleared)}."
    )


def _whose(name: str) -> str:
    return f"`{name}`'s" if name else "a person's"


def _silent(document: Document) -> str:
    if not document.silent:
        return ""
    listed = ", ".join(f"{named(one.subject)} ({count(one.accounts, 'account')})" for one in document.silent)
    verb = "was" if document.silent_total == 1 else "were"
    found = count(document.silent_total, "finding")
    return f"{found} of earlier runs {verb} not found again: {listed}{_more(document.silent_total, document.silent)}."


def _unmatched(document: Document) -> str:
    total, shown = document.judgements_unmatched_total, document.judgements_unmatched
    if not shown:
        return ""
    verb, what = ("names", "a subject that exists") if total == 1 else ("name", "subjects that exist")
    listed = ", ".join(_decision(one) for one in shown)
    return (
        f"{_decisions(total, shown)} {verb} {what} nowhere in this log or its history: {listed}{_more(total, shown)}."
    )


def _decisions(total: int, shown: Sequence[Judgement]) -> str:
    sources = {one.source for one in shown}
    if len(sources) == 1:
        return count(total, in_words(sources.pop()))
    return f"{count(total)} judgements and permits"


def _more(total: int, shown: Sequence[object]) -> str:
    return f" and {count(total - len(shown))} more" if total > len(shown) else ""


def _decision(one: Judgement) -> str:
    when = "" if one.decided_at is None else f" on {day(one.decided_at, True)}"
    by = f" by `{one.decided_by}`" if one.decided_by else ""
    return f"`{one.subject}` ({in_words(one.verdict)}{by}{when})"


def judgement(one: Judgement) -> str:
    """One decision of a person, what it covers now, and what has happened to its subject since."""
    reason = f" ({one.reason})" if one.reason else ""
    if one.source == "permit":
        since = "" if one.decided_at is None else f" from {day(one.decided_at, True)} on"
        decided = f"A permit is held by `{one.subject}`{since}{reason}"
    else:
        when = "" if one.decided_at is None else f" on {day(one.decided_at, True)}"
        by = f"`{one.decided_by}`" if one.decided_by else "A person"
        decided = f"{by} {_judged(one)}{when}{reason}"
    of = "" if one.applies_to is None or one.applies_to == one.subject else f" of {named(one.applies_to)}"
    many = count(one.accounts, "account") if one.accounts else "no account"
    covers = f"In this run it covers {many}{of}"
    through = f"; since then: {'; '.join(one.through)}" if one.through else ""
    return f"{decided}. {covers}{through}."


def _judged(one: Judgement) -> str:
    subject = f"`{one.subject}`"
    known = {
        "confirmed": f"confirmed the finding about {subject}",
        "innocent": f"judged {subject} innocent",
        "unsure": f"was unsure about {subject}",
    }
    return known.get(one.verdict, f"judged {subject} {in_words(one.verdict)}")


def judgements_left_out(total: int, shown: Sequence[Judgement]) -> str:
    """How many judgements of a section are not listed; empty when all are."""
    return (
        f"{count(total - len(shown), 'more judgement')} in `applied_judgements.parquet`." if total > len(shown) else ""
    )


def history(past: History, subject: str) -> tuple[str, ...]:
    """One line for each event, oldest first, as the section of `subject` tells it."""
    lines, silent = [], dict[str, datetime]()
    for event in past.events:
        line = f"{day(event.at, True)}: {_event(event, subject)}"
        if event.event == "returned" and event.subject in silent:
            line += f", {count((event.at - silent.pop(event.subject)).days, 'day')} after it was first missed"
        elif event.event == "silent":
            silent[event.subject] = event.at
        lines.append(line)
    if past.left_out:
        lines.insert(1, f"{count(past.left_out, 'event')} in between: see `lineage.parquet`")
    return tuple(lines)


def _event(event: Event, section: str) -> str:
    accounts = count(event.accounts, "account")
    subject = named(event.subject)
    if event.other == section and event.event == "merged_into":
        return f"{subject}, with {accounts}, merged into it"
    if event.other == section and event.event == "split_from":
        return f"{subject}, with {accounts}, split from it"
    if event.event == "born":  # at the time of the evidence, with the accounts that the run counted
        about = "it" if event.subject == section else subject
        return f"the evidence for {about} was first sufficient; the run that found it counted {accounts}"
    other = "another subject" if event.other is None else named(event.other)
    kept = "" if event.overlap is None else f", of which {count(event.overlap)} were there before"
    phrase = {
        "grew": f"grew to {accounts}",
        "shrank": f"shrank to {accounts}",
        "replaced_accounts": f"replaced accounts and now has {accounts}{kept}",
        "merged_into": f"merged into {other}, with {accounts}",
        "split_from": f"split from {other}, with {accounts}",
        "silent": f"was not found again; it had {accounts}",
        "returned": f"was found again, with {accounts}",
    }.get(event.event, f"{in_words(event.event)}, with {accounts}")
    return f"{'it' if event.subject == section else subject} {phrase}"


def shared_value(value: Value) -> str:
    """What is shared, and the value itself where the run saw it."""
    if value.shown is None:
        return shared(value.claim)
    if value.claim == SAME_PARAMETERS_OF_CLIENT.name:
        return f"{value.shown} set by one client program"
    return f"{shared(value.claim)}: {value.shown}"


def sharing(value: Value, network: Network) -> str:
    """How many accounts of the network share a value, and how many others do."""
    return f"{count(value.accounts)} of {count(network.accounts, 'account')}, {count(value.outside_accounts)} outside"


def not_shown(networks: Sequence[Network]) -> str:
    """The note for a report whose run saw only sketches of the shared values; empty when it saw any of them."""
    values = [value for network in networks for value in network.values]
    return NOT_SHOWN if values and all(value.shown is None for value in values) else ""


def every_network(document: Document) -> tuple[Network, ...]:
    """The networks of all campaigns, and then those without a campaign."""
    return (*(network for campaign in document.campaigns for network in campaign.networks), *document.networks)


def judged(evidence: Sequence[Evidence]) -> Evidence | None:
    """The evidence row that says what a person decided about the subject, when one did."""
    return next((fact for fact in evidence if fact.claim.startswith("judged_")), None)


def best_alternative(alternatives: Sequence[Alternative]) -> Alternative | None:
    """The innocent explanation that did best: one that is preferred, else one that is possible."""
    return next(iter(open_explanations(alternatives)), None)


def strongest(network: Network, most: int) -> tuple[Value, ...]:
    """The strongest shared value of each family, one that the run saw before one that it did not see."""
    best: dict[str, Value] = {}
    for value in sorted(network.values, key=lambda value: value.shown is None):
        best.setdefault(value.family, value)
    return tuple(sorted(best.values(), key=lambda value: (-value.bits, value.value_id))[:most])


def held_together_by(network: Network, most: int = 3) -> tuple[str, ...]:
    """The names of the strongest shared values of a network, of different families."""
    return tuple(shared_value(value) for value in strongest(network, most))
