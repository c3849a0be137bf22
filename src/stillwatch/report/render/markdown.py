"""The document as Markdown: for a ticket, a letter or a diff."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from stillwatch.report import wording
from stillwatch.report.document import (
    Alternative,
    Campaign,
    Document,
    Network,
)
from stillwatch.report.wording import (
    begun,
    bits,
    count,
    explanation,
    percent,
    span,
    words,
)

# `.`, `:` and `@` are spelled as entities only where they would make a bare link or an address
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$])")
_LINK = re.compile(r"(?<=\w)(://|@)|(?<=\bwww)(\.)", re.IGNORECASE)


def render(document: Document) -> str:
    """The document in CommonMark with tables; nothing from outside can become markup or a link."""
    return "\n".join(_lines(document)) + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it stands."""
    plain = text.replace("&", "&amp;")
    plain = _LINK.sub(lambda found: "".join(f"&#{ord(character)};" for character in found[0]), plain)
    # the entities just made contain no character of _MARKUP but `#`, which is only special at the start of a line
    return _MARKUP.sub(r"\\\1", plain).replace("&\\#", "&#")


def _lines(document: Document) -> Iterator[str]:
    yield "# What this run found"
    yield ""
    yield wording.summary_sentence(document)
    for campaign in document.campaigns:
        yield from _campaign(campaign)
    if document.networks:
        yield from ("", "## Networks without a campaign", "")
        yield from _table(
            ("network", "kind", "accounts", "exchanges", "seen", "confidence", "best innocent explanation"),
            (
                (
                    escape(network.network_id),
                    escape(words(network.kind)),
                    count(network.accounts),
                    count(network.exchanges),
                    span(network.first_seen.date(), network.last_seen.date(), True),
                    wording.confidence(network.confidence),
                    _best(network.alternatives),
                )
                for network in document.networks
            ),
        )
    yield from _off(document)
    yield from _inputs(document)
    yield from ("", f"Stillwatch {escape(document.facts.version)}. All times are UTC event times.")


def _campaign(campaign: Campaign) -> Iterator[str]:
    yield from ("", f"## Campaign {escape(campaign.campaign_id)}: {escape(campaign.level)}", "")
    yield escape(" · ".join(wording.headline(campaign, True)))
    yield from ("", wording.LEVEL_MEANINGS.get(campaign.level, ""), "")
    known = [
        ("conversations", campaign.conversations),
        ("tokens in", campaign.input_tokens),
        ("tokens out", campaign.output_tokens),
    ]
    amounts = [f"{name} {count(amount) if amount is not None else 'not known'}" for name, amount in known]
    yield f"{'; '.join([f'q-value {wording.rate(campaign.q_value)}', *amounts])}."
    if campaign.detection:
        found = campaign.detection
        yield (
            f"First account detected {wording.day(found.first, True)}, "
            f"half of them by {wording.day(found.half, True)}; "
            f"{percent(found.share_before)} of the exchanges came before their account was detected."
        )
    word = wording.judgement(campaign.evidence)
    if word is not None:
        yield from ("", f"Judged: {escape(word.sentence)}.")
    yield from ("", "### Aimed at", "")
    yield from (f"- {escape(words(one.capability))} {percent(one.share)}" for one in campaign.targets)
    yield from ("", "### Evidence for and against", "")
    yield from _table(
        ("claim", "bits", "what was seen"),
        ((escape(words(one.claim)), bits(one.bits), escape(begun(one.sentence))) for one in campaign.evidence),
    )
    yield from _alternatives(campaign.alternatives)
    yield from _networks(campaign.networks)
    yield from _members(campaign)


def _best(alternatives: Sequence[Alternative]) -> str:
    best = wording.preferred(alternatives)
    if best is None:
        return ""
    return escape(f"{explanation(best.alternative)} ({best.verdict}): {best.sentence}")


def _alternatives(alternatives: Sequence[Alternative]) -> Iterator[str]:
    yield from ("", "### Innocent explanations tried", "")
    yield from _table(
        ("explanation", "verdict", "why"),
        (
            (escape(explanation(one.alternative)), escape(one.verdict), escape(begun(one.sentence)))
            for one in alternatives
        ),
    )


def _networks(networks: Sequence[Network]) -> Iterator[str]:
    for network in networks:
        title = f"Rides network {escape(network.network_id)} ({escape(words(network.kind))})"
        yield from ("", f"### {title}: {count(network.accounts, 'account')}", "")
        yield from _table(
            ("shared", "inside", "outside", "bits"),
            (
                (escape(words(one.claim)), count(one.accounts), count(one.outside_accounts), bits(one.bits))
                for one in network.values
            ),
        )


def _members(campaign: Campaign) -> Iterator[str]:
    shown, all_of_them = len(campaign.members), campaign.accounts
    title = f"{shown} strongest of {count(all_of_them)}" if shown < all_of_them else f"all {count(all_of_them)}"
    yield from ("", f"### Accounts ({title})", "")
    yield from _table(
        ("account", "level", "probability", "exchanges", "detected"),
        (
            (
                escape(one.account_id),
                escape(one.level),
                f"{one.probability:.4f}",
                count(one.exchanges),
                f"{one.detected_at:%Y-%m-%d %H:%M}",
            )
            for one in campaign.members
        ),
    )


def _off(document: Document) -> Iterator[str]:
    if document.channels_off:
        yield from ("", "## Evidence that missing columns switched off", "")
        yield from (f"- {escape(words(one.channel))}: {escape(begun(one.sentence))}" for one in document.channels_off)


def _inputs(document: Document) -> Iterator[str]:
    yield from ("", "## Inputs", "")
    yield from _table(
        ("file", "feeds", "read", "used", "duplicate", "quarantined", "sha256"),
        (
            (
                escape(one.source),
                escape(one.feeds),
                count(one.rows_read),
                count(one.rows_used),
                count(one.rows_duplicate),
                count(one.rows_quarantined),
                escape(one.digest),
            )
            for one in document.sources
        ),
    )
    if document.quarantine:
        yield from ("", "### Rows that were not used", "")
        yield from _table(
            ("reason", "rows", "first met"),
            (
                (escape(one.reason), count(one.rows), f"{escape(one.source)}, line {count(one.line)}")
                for one in document.quarantine
            ),
        )


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    body = [f"| {' | '.join(row)} |" for row in rows]
    if not body:
        yield "None."
        return
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    yield from body
