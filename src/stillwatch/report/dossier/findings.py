"""The chapters on what was found: counts, what happened, how it was measured, what speaks for and against."""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.report import charts, digest, drawing, timeline
from stillwatch.report.document import Campaign, Network
from stillwatch.report.dossier.blocks import Block, Figure, Grid, Items, Paragraph, Section
from stillwatch.report.dossier.estimates import confidence, likelihood
from stillwatch.report.dossier.facts import Dossier
from stillwatch.report.dossier.shipped import table
from stillwatch.report.losses import losses
from stillwatch.report.sentences import history, judgement, summary
from stillwatch.report.wording import (
    asked_for,
    at_level,
    beside_whom,
    bits,
    capitalised,
    count,
    day,
    expected,
    expected_closely,
    explanation,
    family,
    in_words,
    named_shares,
    percent,
    rate,
    shared,
    stopped,
    verdict,
)

NOT_KNOWN = "not known"
DRAWN_VALUES, DRAWN_NETWORKS = 14, 3  # more rows than fit on a page, and more drawings than anybody compares
_KINDS = {"fraud_ring": "accounts that were registered alike, for no other purpose that the log shows"}


def amount(number: int | None) -> str:
    """A count, or that it is not known."""
    return NOT_KNOWN if number is None else count(number)


def kind(network: Network, confirmed: bool) -> str:
    """The kind of a network; a word that accuses is used only after a person has decided so."""
    return in_words(network.kind) if confirmed else _KINDS.get(network.kind, in_words(network.kind))


def counted(dossier: Dossier) -> Section:
    """How much it is, in units that compare, and how sure that is."""
    campaign, taken = dossier.campaign, dossier.damage
    rows = [
        ("requests with their answers", *_three(campaign.exchanges, *_requests(campaign))),
        ("conversations", *_three(campaign.conversations, taken.before.conversations, taken.after.conversations)),
        ("tasks", *_three((taken.before + taken.after).tasks, taken.before.tasks, taken.after.tasks)),
        ("tokens in", *_three(campaign.input_tokens, taken.before.input_tokens, taken.after.input_tokens)),
        ("tokens out", *_three(campaign.output_tokens, taken.before.output_tokens, taken.after.output_tokens)),
    ]
    return Section(
        "What was counted",
        (
            *(Paragraph(loss, strong=True) for loss in losses(dossier.document)),
            Grid(
                "Requests alone inflate: one task of an agent makes hundreds. A task is a conversation, counted once "
                "however often it was begun with the same words. An account is detected from the moment at which the "
                "evidence against it sufficed.",
                ("unit", "in all", "before detection", "after detection"),
                tuple(rows),
                numbers=(1, 2, 3),
            ),
            Paragraph(
                f"{count(campaign.accounts, 'account')} took part, from {day(campaign.first_seen, True)} to "
                f"{day(campaign.last_seen, True)}. {_innocents(campaign)}"
            ),
            *_judged(dossier),
        ),
    )


def _requests(campaign: Campaign) -> tuple[int, int]:
    """Requests before and after their account was detected."""
    return sum(one.before for one in campaign.days), sum(one.after for one in campaign.days)


def _three(whole: int | None, before: int | None, after: int | None) -> tuple[str, str, str]:
    return amount(whole), amount(before), amount(after)


def _innocents(campaign: Campaign) -> str:
    verb = "is" if expected(campaign.expected_innocent_accounts) == "1" else "are"
    return (
        f"Of the {count(at_level(campaign), 'account')} at its level, {campaign.level}, "
        f"{expected_closely(campaign.expected_innocent_accounts)} {verb} expected to be innocent."
    )


def _judged(dossier: Dossier) -> Iterator[Block]:
    campaign = dossier.campaign
    sure = confidence(dossier.document, campaign)
    yield Paragraph(
        f"Likelihood: it is {likelihood(campaign.confidence / 100)} that these requests serve one effort to extract "
        "what the model can do."
    )
    yield Paragraph(f"Confidence in this judgement: {sure.degree}. {stopped(capitalised('; '.join(sure.reasons)))}")
    decided = "A person has confirmed it." if dossier.confirmed else "No person has decided that it is."
    yield Paragraph(
        "What was seen consists of indicators consistent with extraction through many accounts under one direction. "
        f"{decided} {digest.level_meaning(campaign)}",
        strong=True,
    )
    for one in campaign.judgements:
        yield Paragraph(f"{capitalised(one.source)}: {judgement(one)}")


def happened(dossier: Dossier) -> Section:
    """What happened, where and since when."""
    return Section("What happened, where and since when", tuple(_happened(dossier)))


def _asked_for(campaign: Campaign) -> Iterator[Block]:
    rows = asked_for(campaign)
    title = "Capabilities asked for, by share of the requests"
    if campaign.reference is None:
        plain = tuple((in_words(name), percent(share)) for name, share, _ in rows)
        yield Grid(title, ("capability", "share"), plain, numbers=(1,))
        return
    beside = tuple((in_words(name), percent(share), percent(ordinary or 0.0)) for name, share, ordinary in rows)
    yield Grid(title, ("capability", "share", "ordinary accounts"), beside, numbers=(1, 2))
    yield Paragraph(beside_whom(campaign))


def _happened(dossier: Dossier) -> Iterator[Block]:
    campaign = dossier.campaign
    drawn = timeline.draw(campaign)
    if drawn is not None:
        yield Figure(
            charts.timeline(drawn),
            drawn.sentence,
            f"Exchanges per {drawn.unit}: dark, sent before the evidence against their account sufficed; light, after.",
        )
    if campaign.detection is not None:
        found = campaign.detection
        yield Paragraph(
            f"The evidence against the first account sufficed on {day(found.first, True)}, against half of the "
            f"accounts by {day(found.half, True)}; {percent(found.share_before)} of the requests came before."
        )
    yield from _asked_for(campaign)
    for axis, shares in (("Subject", campaign.subjects), ("Form", campaign.forms)):
        if shares:
            yield Paragraph(f"{axis}: {named_shares(shares)}.")
    yield Paragraph(digest.CAPABILITIES_ARE_ESTIMATES)
    yield Grid(
        "Networks that it used: accounts that are operated together. Those outside the campaign are accused of "
        "nothing; whoever runs a network is not thereby whoever runs the campaign.",
        ("network", "kind", "accounts", "requests of all its accounts", "linked from"),
        tuple(
            (
                one.network_id,
                kind(one, dossier.confirmed),
                count(one.accounts),
                count(one.exchanges),
                day(one.formed_at, True),
            )
            for one in campaign.networks
        ),
        numbers=(2, 3),
    )
    for network in campaign.networks[:DRAWN_NETWORKS]:
        yield from _drawing(network)
    if campaign.history.events:
        yield Paragraph("In the provider's own earlier runs:")
        yield Items(history(campaign.history, campaign.campaign_id))


def _drawing(network: Network) -> Iterator[Block]:
    drawn = drawing.draw(network)
    if drawn is not None:
        yield Figure(
            charts.network(drawn),
            drawn.sentence.removesuffix(" The table below says the same in numbers."),
            f"Network {network.network_id}: shared values on the left, a sample of its accounts on the right; hollow "
            "dots are accounts outside the campaign.",
        )


def measured(dossier: Dossier) -> Section:
    """How it was measured, with what error rates."""
    return Section("How it was measured, and how often that errs", tuple(_measured(dossier)))


def _measured(dossier: Dossier) -> Iterator[Block]:
    document, campaign, rates = dossier.document, dossier.campaign, table("measured")
    yield Paragraph(summary(document))
    yield Paragraph(
        "Accounts are linked where they share more than strangers would, by several independent ways. Requests of "
        "linked accounts are grouped by purpose, and each group is tested on what did not form it. The extraction of a "
        "model is then weighed against nine innocent explanations and against innocence of a kind not met before."
    )
    yield Paragraph(
        f"The share of false findings to expect among all that are as strong (q-value): {rate(campaign.q_value)}. By "
        f"the provider's settings {100 * document.facts.false_discovery_rate:g} % of the accounts at level act may be "
        "innocent."
    )
    yield Grid(
        f"{rates['about']} In brackets stand 95 % intervals, or counts. "
        f"({rates['command']}; version {rates['version']}, commit {rates['commit']})",
        tuple(rates["columns"]),
        tuple(tuple(row) for row in rates["rows"]),
        numbers=(1, 2),
    )
    yield Grid(
        "Evidence for (+) and against (−). A bit alone doubles the odds. Observations overlap, so their bits do not "
        "add up: one row says what all weigh together. They weigh simulated extraction against simulated innocents; "
        "the figures of ordinary accounts only help to read a row.",
        ("what was observed", "bits"),
        tuple((_observed(one.sentence, one.examples), bits(one.bits)) for one in campaign.evidence),
        numbers=(1,),
    )
    if nothing := digest.nothing_against(campaign):
        yield Paragraph(nothing)
    off = tuple((in_words(one.channel), one.sentence) for one in document.channels_off)
    yield Grid(
        "Evidence that could not be used. What is missing never counts against an account.",
        ("evidence", "why"),
        off,
        otherwise="The log had what every sort of evidence needs.",
    )


def _observed(sentence: str, examples: tuple[str, ...]) -> str:
    shown = f" For example: {'; '.join(examples)}." if examples else ""
    return f"{stopped(capitalised(sentence))}{shown}"


def explanations(dossier: Dossier) -> Section:
    """Innocent explanations, and how each fared."""
    rows = tuple(
        (capitalised(explanation(one.alternative)), verdict(one.verdict), stopped(capitalised(one.sentence)))
        for one in dossier.campaign.alternatives
    )
    return Section(
        "Innocent explanations that were tried",
        (
            Grid(
                "An explanation is excluded only where a test of its own contradicts it; possible is what was not "
                "ruled out.",
                ("explanation", "result", "why"),
                rows,
                otherwise="None was tried: read the evidence with that in mind.",
            ),
        ),
    )


def indicators(dossier: Dossier) -> Section:
    """The annex of what the accounts share."""
    return Section("Annex A: indicators", tuple(_indicators(dossier)), annex=True)


def _indicators(dossier: Dossier) -> Iterator[Block]:
    yield Paragraph(
        "An indicator is not proof: strangers share each of these too, and how many do stands beside it. Whoever meets "
        "one alone should do nothing. Prompts and answers are compared under a secret key and stand nowhere here."
    )
    for network in dossier.campaign.networks:
        yield Grid(
            f"Network {network.network_id}",
            ("shared", "sort", "accounts inside", "outside", "bits"),
            tuple(
                (
                    _value(one.claim, one.shown),
                    family(one.family),
                    count(one.accounts),
                    count(one.outside_accounts),
                    bits(one.bits),
                )
                for one in network.values
            ),
            numbers=(2, 3, 4),
        )


def _value(claim: str, shown: str | None) -> str:
    return shared(claim) if shown is None else f"{shared(claim)}: {shown}"
