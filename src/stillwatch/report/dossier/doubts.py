"""The chapters that a sceptic reads first: what is not known, and what would have to be false."""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.report import digest
from stillwatch.report.document import Campaign, Evidence
from stillwatch.report.dossier.blocks import Items, Paragraph, Section
from stillwatch.report.dossier.facts import Dossier
from stillwatch.report.dossier.shipped import table
from stillwatch.report.wording import at_level, count, expected, explanation, percent, stopped

_INSIDE = "exchanges inside accounts of mixed: precision"  # a row of the shipped table `measured`


def unknown(dossier: Dossier) -> Section:
    """What is not known."""
    return Section("What is not known", (Items(tuple(_unknown(dossier))),))


def _unknown(dossier: Dossier) -> Iterator[str]:
    campaign, taken = dossier.campaign, dossier.damage.before + dossier.damage.after
    yield "Whether any model was trained on the answers, and which."
    found = dossier.worksheet
    if found is None or (found.conclusion is None and not any(one.concluded for one in found.entities)):
        told = "this reader is told no attribution" if dossier.profile.attribution == "none" else "nobody attributed it"
        yield f"Who is behind it: a network, an address or a country is no company, and {told}."
    yield _innocents(campaign)
    yield "Whether the holders of the accounts knew: accounts are bought, rented and taken over."
    yield "What was asked and answered word for word: contents were compared as sketches under a key, not read."
    yield "Where the people sit: an address is that of the last machine on the way, often a rented one."
    yield "What else the same people took: through other providers, resellers, sold transcripts or accounts not found."
    unsaid = [
        name
        for name, number in (
            ("conversations", taken.conversations),
            ("tasks", taken.tasks),
            ("tokens", taken.input_tokens),
        )
        if number is None
    ]
    if unsaid:
        yield f"How many {digest.listed(unsaid)} there were: the log does not say."
    if dossier.deeds is None:
        yield "What was done about the accounts: no ledger was read for this dossier."
    for one in digest.open_explanations(campaign.alternatives):
        yield f"Whether it is rather {explanation(one.alternative)}: {stopped(one.sentence)}"


def _innocents(campaign: Campaign) -> str:
    """How many are innocent, and how much of that doubt is about all of them at once."""
    innocents = campaign.expected_innocent_accounts
    whole = min(at_level(campaign) * (1 - campaign.confidence / 100), innocents)
    shared = (
        f" Of this doubt {percent(whole / innocents)} is about the campaign as a whole: were it none, all of them "
        "would be innocent at once."
        if whole > 0
        else ""
    )
    return (
        f"Which of the accounts are innocent: {expected(innocents)} of those at its level are expected to be, and "
        f"nobody can say which without asking them.{shared}"
    )


def linchpins(dossier: Dossier) -> Section:
    """What would have to be false for the finding to be wrong."""
    return Section(
        "What would have to be false for this to be wrong",
        (
            Paragraph("The finding falls, or must be weighed anew, if one of these turns out to be false:"),
            Items(tuple(_linchpins(dossier))),
            *(Paragraph(one) for one in digest.warnings(dossier.campaign)),
        ),
    )


def _linchpins(dossier: Dossier) -> Iterator[str]:
    document, campaign = dossier.document, dossier.campaign
    files = count(len(document.sources), "input file")
    yield (
        f"The log is the gateway's own and whole: {files}, whose digests stand in the annex. Account, time and address "
        "of each request are the gateway's, and no client chose them."
    )
    yield _assumed(document.facts.prior, campaign.confidence / 100)
    yield from _sorts(campaign)
    excluded = [explanation(one.alternative) for one in campaign.alternatives if one.verdict == "excluded"]
    if excluded:
        yield (
            f"The tests that excluded an explanation were right, each of them: it is not "
            f"{digest.listed(excluded, 'or')}. The table above says what each rests on."
        )
    _, own, second = next(row for row in table("measured")["rows"] if row[0] == _INSIDE)
    yield (
        "The requests counted are all the campaign's: of those counted in accounts that also served others, a share of "
        f"{own} was so on the product's own worlds, of {second} on those of a second generator. Were it false here, "
        "the counts of requests, tokens and capabilities would be too high, and the finding itself would stand."
    )
    yield (
        "Each account did it itself: nobody copied an innocent customer's requests and client to bring that customer "
        "under suspicion. A person must check this before anything is done."
    )
    yield (
        "Innocent customers and extraction are like the simulated ones, from which the bits of every observation come: "
        "on the worlds of a second generator, which nothing was fitted to, the error rates above are worse than on the "
        "product's own."
    )


def _sorts(campaign: Campaign) -> Iterator[str]:
    """What each sort of evidence rests on, and what would be left without one."""
    strongest = _strongest(campaign.evidence)
    for place, (sort, fact) in enumerate(strongest.items()):
        lead = "The strongest" if not place else "Another"
        yield f"{lead} sort of evidence is right, {digest.SORTS[sort]}: {stopped(fact.sentence)}"
    if len(strongest) > 1:
        yield (
            f"None of these {len(strongest)} sorts is mistaken: without any one of them {len(strongest) - 1} would be "
            "left, and whether that suffices was not tried."
        )
    elif strongest:
        yield "Without this sort of evidence nothing would be left."


def _assumed(prior: float, probability: float) -> str:
    """What was taken for granted before any evidence, and what a tenth of it would make of the probability."""
    rarer = prior / 10
    odds = probability / max(1 - probability, 1e-9) * (rarer / (1 - rarer)) / (prior / (1 - prior))
    return (
        f"Before anything is known of them, {1000 * prior:g} of 1,000 networks serve extraction: the provider's"
        f" settings assume so, and nobody has measured it. Were it a tenth of that, the probability would be "
        f"{percent(odds / (1 + odds))} in place of {percent(probability)}."
    )


def _strongest(evidence: tuple[Evidence, ...]) -> dict[str, Evidence]:
    """The strongest observation of each sort of evidence that speaks for the finding, strongest first."""
    found: dict[str, Evidence] = {}
    for fact in sorted(evidence, key=lambda one: -one.bits):
        sort = digest.SORT_OF.get(fact.claim)
        if sort is not None and fact.bits > 0:
            found.setdefault(sort, fact)
    return found
