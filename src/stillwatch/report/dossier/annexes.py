"""The annexes: accounts, method and words, the ATLAS mapping, inputs and how to check all of it."""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.report import digest
from stillwatch.report.dossier.blocks import Block, Grid, Items, Paragraph, Section
from stillwatch.report.dossier.estimates import LIKELIHOODS
from stillwatch.report.dossier.facts import Dossier
from stillwatch.report.dossier.shipped import table
from stillwatch.report.wording import count, day, in_words

PROXIES = ("relay", "reseller")  # kinds of networks that pass on what others ask

_WORDS = (
    ("account", "what the provider bills: one person, many people, or a program"),
    ("exchange, request", "one request and its answer"),
    ("network", "accounts that are operated together, by a relay, a reseller or a firm for its staff; no accusation"),
    ("campaign", "requests that serve one effort to extract a model's capabilities"),
    ("actor", "the person or organisation behind a campaign; only a person may name one, as a hypothesis"),
    ("detected", "from the moment at which the evidence against an account sufficed, by the log's own clock"),
    ("bit", "base-2 logarithm of a likelihood ratio: each alone doubles the odds; negative bits speak for innocence"),
    (
        "expected innocent accounts",
        "the sum, over the accounts at the campaign's level, of the probability of innocence",
    ),
)


def accounts(dossier: Dossier) -> Section:
    """The accounts that may be named."""
    campaign = dossier.campaign
    levels = ", ".join(f"{count(many)} at {level}" for level, many in campaign.levels)
    said = (
        f"By level: {levels or 'not known'}. None is named for this reader."
        if not dossier.profile.accounts
        else f"By level: {levels or 'not known'}. Named are the strongest at act and review. At watch nobody is named: "
        "what ties such an account may be one link, or what others made it seem to do. All stand in the run's table of "
        "members, whose digest a seal holds."
    )
    blocks: list[Block] = [Paragraph(said)]
    if dossier.profile.accounts:
        blocks.append(
            Grid(
                "A probability is no proof about one account: its holder deserves a way to answer.",
                ("account", "level", "probability", "requests", "detected"),
                tuple(
                    (
                        one.account_id,
                        one.level,
                        f"{one.probability:.4f}",
                        count(one.exchanges),
                        f"{one.detected_at:%Y-%m-%d %H:%M}",
                    )
                    for one in campaign.members
                ),
                numbers=(2, 3),
                otherwise="No account is at level act or review.",
            )
        )
    return Section("Annex B: accounts", tuple(blocks), annex=True)


def words(dossier: Dossier) -> Section:
    """Words and their ranges."""
    ranges = tuple((word, f"{round(100 * low)} to {round(100 * high)} %") for word, low, high in LIKELIHOODS)
    return Section(
        "Annex C: words",
        (
            Grid("Words", ("word", "meaning"), _WORDS),
            Grid(
                "Words of likelihood: Intelligence Community Directive 203, 2 January 2015. Confidence is another "
                "thing: how good the sources and the method are.",
                ("word", "range"),
                ranges,
                numbers=(1,),
            ),
            Items(digest.CAVEATS),
        ),
        annex=True,
    )


def atlas(dossier: Dossier) -> Section:
    """The mapping to MITRE ATLAS."""
    found = table("atlas")
    proxies = any(one.kind in PROXIES for one in dossier.campaign.networks)
    holds = {"always": True, "relay": proxies, "confirmed": dossier.confirmed}
    rows = tuple((one["id"], one["name"]) for one in found["techniques"] if holds[one["when"]])
    caption = f"{found['about']}. The pattern is consistent with these techniques."
    return Section("Annex D: MITRE ATLAS", (Grid(caption, ("technique", "name"), rows),), annex=True)


def inputs(dossier: Dossier) -> Section:
    """The inputs, and how to check all of it."""
    return Section("Annex E: inputs, and how to check this", tuple(_inputs(dossier)), annex=True)


def _inputs(dossier: Dossier) -> Iterator[Block]:
    document = dossier.document
    yield Grid(
        "Input files. Rows read are the sum of used, repeated and unusable ones.",
        ("file", "used as", "rows read", "used", "unusable", "sha256"),
        tuple(
            (
                one.source,
                in_words(one.feeds),
                count(one.rows_read),
                count(one.rows_used),
                count(one.rows_quarantined),
                one.digest,
            )
            for one in document.sources
        ),
        numbers=(2, 3, 4),
    )
    if document.facts.since is not None or document.facts.until is not None:
        since = "the beginning" if document.facts.since is None else day(document.facts.since, True)
        until = "the end" if document.facts.until is None else day(document.facts.until, True)
        yield Paragraph(f"The run looked at the log from {since} to {until}.")
    again = (
        "with the logs in hand it scans them again and says which figures differ"
        if dossier.profile.staff
        else "for the provider's own profiles, whose seals hold the settings, scans the logs again"
    )
    yield Paragraph(
        f"Where a seal lies beside this document, `stillwatch report verify` checks both offline, byte for byte, and "
        f"{again}. The same logs, settings, key and version give the same figures on every machine."
    )
