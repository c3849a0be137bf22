"""The document as Markdown, for a ticket, a letter or a comparison of two runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from stillwatch.report import digest, sentences, wording
from stillwatch.report.document import Alternative, Campaign, Document, Evidence, History, Judgement, Network
from stillwatch.report.losses import losses
from stillwatch.report.wording import (
    bits,
    capitalised,
    count,
    explanation,
    in_words,
    named_shares,
    percent,
    span,
    stopped,
)

# `.`, `:` and `@` are written as entities only where they would make a bare link or an address
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$])")
_LINK = re.compile(r"(?<=\w)(://|@)|(?<=\bwww)(\.)", re.IGNORECASE)

# in angle brackets, in which Markdown escapes nothing; a mark of punctuation at the end is the sentence's
_ADDRESS = re.compile(r"https?://[^\s<>`|\\]*[^\s<>`|\\.,;:!?'\")\]]|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)


def render(document: Document) -> str:
    """The document in CommonMark with tables; nothing from outside can become markup or a link."""
    return "\n".join(_lines(document)) + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it stands."""
    plain = text.replace("&", "&amp;")
    plain = _LINK.sub(lambda found: "".join(f"&#{ord(character)};" for character in found[0]), plain)
    # the entities just made contain no character of _MARKUP but `#`, which is only special at the start of a line
    return _MARKUP.sub(r"\\\1", plain).replace("&\\#", "&#")


def with_addresses(text: str) -> str:
    """The same, but addresses of pages and of mail stand as they are, and can be followed: for texts of our own."""
    found, since = [], 0
    for address in _ADDRESS.finditer(text):
        found += [escape(text[since : address.start()]), f"<{address[0]}>"]
        since = address.end()
    return "".join((*found, escape(text[since:])))


def _lines(document: Document) -> Iterator[str]:
    yield "# What this run found"
    yield from (line for loss in losses(document) for line in ("", f"**{escape(loss)}**"))
    yield from ("", sentences.summary(document))
    for notice in sentences.notices(document):
        yield from ("", f"**Note.** {escape(notice)}")
    for campaign in document.campaigns:
        yield from _campaign(campaign)
    if document.campaigns_left_out:
        yield from ("", f"{count(document.campaigns_left_out, 'more campaign')} in `campaigns.parquet`.")
    if document.about is None:
        yield from _free_networks(document)
    else:
        for network in document.networks:
            yield from _network_alone(network)
    if document.judgements_elsewhere:
        yield from ("", "## Judgements and permits outside these networks and campaigns")
        yield from _judgements(document.judgements_elsewhere, document.judgements_elsewhere_total)
    unseen = sentences.not_shown(sentences.every_network(document))
    if unseen:
        yield from ("", unseen)
    yield from _evidence_off(document)
    yield from _inputs(document)
    yield from _limits()
    yield from ("", f"Stillwatch {escape(document.facts.version)}. All times are event times in UTC.")


def _campaign(campaign: Campaign) -> Iterator[str]:
    yield from ("", f"## Campaign {escape(campaign.campaign_id)}: level {escape(campaign.level)}", "")
    yield escape(" · ".join(wording.headline(campaign, True)))
    yield from ("", escape(digest.level_meaning(campaign)))
    for warning in digest.warnings(campaign):
        yield from ("", f"**{escape(warning)}**" if warning == digest.FRAMING else escape(warning))
    yield from _brief(campaign)
    yield ""
    known = [
        ("conversations", campaign.conversations),
        ("tokens in", campaign.input_tokens),
        ("tokens out", campaign.output_tokens),
    ]
    amounts = [f"{name} {count(amount) if amount is not None else 'not known'}" for name, amount in known]
    yield f"{'; '.join([f'False discovery rate (q-value) {wording.rate(campaign.q_value)}', *amounts])}."
    if campaign.detection:
        found = campaign.detection
        yield (
            f"The first account was detected on {wording.day(found.first, True)}, "
            f"half of the accounts by {wording.day(found.half, True)}; "
            f"{percent(found.share_before)} of the exchanges were sent before their account was detected."
        )
    yield from _judged(campaign)
    yield from _history(campaign.history, campaign.campaign_id, "### History")
    yield from ("", "### Capabilities asked for", "")
    for capability, share, ordinary in wording.asked_for(campaign):
        beside = "" if ordinary is None else f" (ordinary accounts: {percent(ordinary)})"
        yield f"- {escape(in_words(capability))} {percent(share)}{beside}"
    for axis, shares in (("Subject", campaign.subjects), ("Form", campaign.forms)):
        if shares:
            yield f"- {axis}: {escape(named_shares(shares))}"
    if campaign.reference is not None:
        yield from ("", wording.beside_whom(campaign))
    yield from ("", digest.CAPABILITIES_ARE_ESTIMATES)
    yield from _weighed(campaign)
    for network in campaign.networks:
        yield from _network(network)
    yield from _members(campaign)


def _judged(subject: Campaign | Network) -> Iterator[str]:
    row = sentences.judged(subject.evidence)
    if row is not None:
        yield from ("", f"**Judged.** {escape(stopped(capitalised(row.sentence)))}")
    yield from _judgements(subject.judgements, subject.judgements_total)


def _weighed(subject: Campaign | Network) -> Iterator[str]:
    yield from ("", "### Evidence for and against", "")
    yield from table(("what was observed", "bits", "claim"), (_fact(one) for one in subject.evidence))
    yield from _alternatives(subject.alternatives)


def _brief(campaign: Campaign) -> Iterator[str]:
    """The strongest evidence for, all evidence against and every explanation that is open, one line each."""
    lines = [("For", fact) for fact in digest.strongest_for(campaign.evidence)]
    lines += [("Against", fact) for fact in digest.all_against(campaign.evidence)]
    yield ""
    for label, fact in lines:
        yield f"- **{label}** ({bits(fact.bits)} bits): {escape(stopped(capitalised(fact.sentence)))}"
    if nothing := digest.nothing_against(campaign):
        yield f"- **Against**: {nothing}"
    for one in digest.open_explanations(campaign.alternatives):
        yield f"- **Open** ({escape(wording.verdict(one.verdict))}): {escape(stopped(capitalised(one.sentence)))}"


def _judgements(listed: Sequence[Judgement], total: int) -> Iterator[str]:
    for one in listed:
        yield from ("", f"**{capitalised(escape(one.source))}.** {escape(sentences.judgement(one))}")
    left_out = sentences.judgements_left_out(total, listed)
    if left_out:
        yield from ("", left_out)


def _history(past: History, subject: str, title: str) -> Iterator[str]:
    if past.events:
        yield from ("", title, "")
        yield from (f"- {escape(line)}" for line in sentences.history(past, subject))


def _fact(one: Evidence) -> tuple[str, ...]:
    sentence = escape(stopped(capitalised(one.sentence)))
    examples = f" For example: {'; '.join(escape(example) for example in one.examples)}" if one.examples else ""
    return sentence + examples, bits(one.bits), escape(one.claim)


def _best(alternatives: Sequence[Alternative]) -> str:
    best = sentences.best_alternative(alternatives)
    if best is None:
        return ""
    return escape(f"{explanation(best.alternative)} ({wording.verdict(best.verdict)}): {best.sentence}")


def _alternatives(alternatives: Sequence[Alternative]) -> Iterator[str]:
    yield from ("", "### Innocent explanations tested", "")
    yield from table(
        ("explanation", "result", "reason"),
        (
            (
                escape(explanation(one.alternative)),
                escape(wording.verdict(one.verdict)),
                escape(capitalised(one.sentence)),
            )
            for one in alternatives
        ),
    )


def _network(network: Network) -> Iterator[str]:
    title = f"Network {escape(network.network_id)} ({escape(in_words(network.kind))})"
    yield from ("", f"### {title}: what its {count(network.accounts, 'account')} share", "")
    yield from _shared(network)
    yield from _judgements(network.judgements, network.judgements_total)
    yield from _history(network.history, network.network_id, f"#### History of network {escape(network.network_id)}")


def _network_alone(network: Network) -> Iterator[str]:
    """A network as a campaign is described: what links it, what was weighed, and who belongs to it."""
    yield from ("", f"## Network {escape(network.network_id)} ({escape(in_words(network.kind))})", "")
    yield escape(" · ".join(wording.network_headline(network, True)))
    yield from ("", escape(sentences.uses(network)))
    yield from _judged(network)
    yield from _history(network.history, network.network_id, "### History")
    yield from ("", "### What its accounts share", "")
    yield from _shared(network)
    if network.evidence or network.alternatives:
        yield from _weighed(network)
    shown = len(network.members)
    title = f"{shown} likeliest of {count(network.accounts)}" if shown < network.accounts else f"all {count(shown)}"
    yield from ("", f"### Accounts ({title})", "")
    yield from table(
        ("account", "probability", "linked", "level"),
        (
            (
                escape(one.account_id),
                f"{one.probability:.4f}",
                f"{one.linked_at:%Y-%m-%d %H:%M}",
                escape(one.level or "none"),
            )
            for one in network.members
        ),
    )


def _shared(network: Network) -> Iterator[str]:
    yield from table(
        ("shared", "accounts inside", "accounts outside", "bits"),
        (
            (
                escape(sentences.shared_value(one)),
                f"{count(one.accounts)} of {count(network.accounts)}",
                count(one.outside_accounts),
                bits(one.bits),
            )
            for one in network.values
        ),
    )


def _members(campaign: Campaign) -> Iterator[str]:
    shown, every = len(campaign.members), campaign.accounts
    title = f"{shown} strongest of {count(every)}" if shown < every else f"all {count(every)}"
    yield from ("", f"### Accounts ({title})", "")
    yield from table(
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


def _free_networks(document: Document) -> Iterator[str]:
    if not document.networks:
        return
    yield from ("", "## Networks without a campaign", "")
    yield from table(
        ("network", "kind", "accounts", "exchanges", "seen", "confidence", "shared", "best innocent explanation"),
        (
            (
                escape(network.network_id),
                escape(in_words(network.kind)),
                count(network.accounts),
                count(network.exchanges),
                span(network.first_seen.date(), network.last_seen.date(), True),
                wording.confidence(network.confidence),
                escape("; ".join(sentences.held_together_by(network))),
                _best(network.alternatives),
            )
            for network in document.networks
        ),
    )
    if document.networks_left_out:
        yield from ("", f"{count(document.networks_left_out, 'more network')} in `networks.parquet`.")
    for network in document.networks:
        if network.judgements:
            yield from ("", f"### Judgements of network {escape(network.network_id)}")
        yield from _judgements(network.judgements, network.judgements_total)
        yield from _history(network.history, network.network_id, f"### History of network {escape(network.network_id)}")


def _evidence_off(document: Document) -> Iterator[str]:
    if document.channels_off:
        yield from ("", "## Evidence that could not be used because columns or days are missing", "")
        for one in document.channels_off:
            yield f"- {escape(in_words(one.channel))}: {escape(capitalised(one.sentence))}"


def _limits() -> Iterator[str]:
    yield from ("", "## What this report does not say", "")
    yield from (f"- {caveat}" for caveat in digest.CAVEATS)
    yield from ("", "## Words", "")
    yield from (f"- **{word}**: {meaning}" for word, meaning in digest.WORDS)


def _inputs(document: Document) -> Iterator[str]:
    yield from ("", "## Input files", "")
    yield from table(
        ("file", "used as", "rows read", "used", "duplicate", "quarantined", "sha256"),
        (
            (
                escape(one.source),
                escape(in_words(one.feeds)),
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
        yield from table(
            ("reason", "rows", "first found at"),
            (
                (escape(one.reason), count(one.rows), f"{escape(one.source)}, line {count(one.line)}")
                for one in document.quarantine
            ),
        )


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table of escaped cells; `None.` where it has no rows."""
    body = [f"| {' | '.join(row)} |" for row in rows]
    if not body:
        yield "None."
        return
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    yield from body
