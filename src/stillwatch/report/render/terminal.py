"""The document as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from stillwatch.report import digest, sentences, wording
from stillwatch.report.document import Campaign, Document, Evidence, History, Judgement, Network
from stillwatch.report.losses import losses
from stillwatch.report.sanitise import sanitise
from stillwatch.report.wording import bits, capitalised, count, explanation, in_words, stopped

WIDTH = 80  # columns where no terminal says otherwise
SHARED = 4  # shared values printed for a network
NETWORKS = 8  # networks without a campaign that are printed
_STYLES = {"act": "bold red", "review": "bold yellow", "watch": "bold blue"}


def render(document: Document) -> str:
    """The document as plain text of 80 columns."""
    return "".join(f"{line.plain.rstrip()}\n" for line in lines(document, WIDTH))


def show(document: Document, console: Console, page: Path) -> None:
    """Prints the document, wrapped to the console's width, and where its HTML page is."""
    for line in lines(document, console.width):
        # Text is printed without markup: `[red]` or `:smile:` in a client's value stays as it was sent
        console.print(line, highlight=False, soft_wrap=True)
    for line in _wrapped("Report: ", [sanitise(str(page), 4096)], console.width, ""):
        console.print(line, highlight=False, soft_wrap=True)


def lines(document: Document, width: int) -> Iterator[Text]:
    """The document in lines of at most `width` columns; a single word that is longer stays whole."""
    for loss in losses(document):
        yield from _wrapped("", loss.split(), width, "  ")
        yield Text()
    if document.about is not None:
        yield from _wrapped("", sentences.summary(document).split(), width, "")
        yield Text()
    elif not document.campaigns:
        yield Text("No campaign was found.", "bold")
    for sentence in sentences.notices(document):
        yield from _wrapped("", sentence.split(), width, "  ")
        yield Text()
    yield from _findings(document, width)
    if document.judgements_elsewhere:
        yield from _title("Judgements and permits outside these networks and campaigns:", width)
        yield from _judgements(document.judgements_elsewhere, document.judgements_elsewhere_total, width)
        yield Text()
    yield from _evidence_off(document, width)
    yield from _limits(document, width)
    yield from _rows(document, width)


def _findings(document: Document, width: int) -> Iterator[Text]:
    for campaign in document.campaigns:
        yield from _campaign(campaign, width)
        yield Text()
    if document.campaigns_left_out:
        more = f"{count(document.campaigns_left_out, 'more campaign')} in campaigns.parquet"
        yield from _wrapped("", more.split(), width, "")
    if document.about is None:
        yield from _networks(document, width)
        return
    for network in document.networks:
        yield from _network_alone(network, width)


def _campaign(campaign: Campaign, width: int) -> Iterator[Text]:
    style = _STYLES.get(campaign.level, "bold")
    label = f"Campaign {campaign.campaign_id}: "
    headline = list(_wrapped(label, wording.headline(campaign), width, "  ", " · "))
    headline[0].stylize("bold", 0, len(label) - 1)
    yield from headline
    level = f"  Level {campaign.level}: "
    meant = list(_wrapped(level, digest.level_meaning(campaign).split(), width, "    "))
    meant[0].stylize(style, 2, len(level) - 2)
    yield from meant
    for warning in digest.warnings(campaign):
        yield from _wrapped("    ", warning.split(), width, "    ")
    yield from _judged(campaign, width)
    yield from _for(campaign, width)
    yield from _against(campaign, width)
    yield from _history(campaign.history, campaign.campaign_id, width)
    for network in campaign.networks:
        about = f"{network.network_id}, {in_words(network.kind)}, {count(network.accounts, 'account')}"
        yield from _said("Network", about, width)
        yield from _details(network, width)


def _for(subject: Campaign | Network, width: int) -> Iterator[Text]:
    """The strongest evidence for, and how much more there is."""
    strongest = digest.strongest_for(subject.evidence)
    for fact in strongest:
        yield from _fact("For", fact, width)
    others = sum(fact.bits > 0 for fact in subject.evidence) - len(strongest)
    if others:
        more = f"and {count(others, 'more observation')} in the report"
        yield from _hanging(_label(""), more, width)


def _network_alone(network: Network, width: int) -> Iterator[Text]:
    """A network as a campaign is shown: what links it, what was weighed, and who belongs to it."""
    label = f"Network {network.network_id}: "
    headline = list(_wrapped(label, _network(network), width, "  ", " · "))
    headline[0].stylize("bold", 0, len(label) - 1)
    yield from headline
    yield from _wrapped("  ", sentences.uses(network).split(), width, "    ")
    yield from _judged(network, width)
    if network.evidence:
        yield from _for(network, width)
        yield from _against(network, width)
    yield from _shared(network, width)
    yield from _history(network.history, network.network_id, width)
    for number, member in enumerate(network.members):
        level = "" if member.level is None else f", level {member.level}"
        said = f"{member.account_id} (probability {member.probability:.4f}{level})"
        yield from _hanging(_label("" if number else "Accounts"), said, width)
    left_out = network.accounts - len(network.members)
    if left_out:
        yield from _hanging(_label(""), f"and {count(left_out)} more in network_members.parquet", width)
    yield Text()


def _judged(subject: Campaign | Network, width: int) -> Iterator[Text]:
    """What a person decided, said before the evidence because it outranks the score."""
    row = sentences.judged(subject.evidence)
    if row is not None:
        yield from _said("Judged", row.sentence, width)
    yield from _judgements(subject.judgements, subject.judgements_total, width)


def _judgements(listed: Sequence[Judgement], total: int, width: int) -> Iterator[Text]:
    for one in listed:
        yield from _said(capitalised(one.source), sentences.judgement(one), width)
    left_out = sentences.judgements_left_out(total, listed)
    if left_out:
        yield from _hanging(_label(""), left_out, width)


def _fact(label: str, fact: Evidence, width: int) -> Iterator[Text]:
    """An observation: its sentence first, then its weight, then its examples."""
    weight = f"({bits(fact.bits)} bits)" if fact.bits else ""
    yield from _hanging(_label(label), f"{stopped(capitalised(fact.sentence))} {weight}", width)
    if fact.examples:
        yield from _hanging(_label(""), f"For example: {'; '.join(fact.examples)}", width)


def _against(subject: Campaign | Network, width: int) -> Iterator[Text]:
    """All evidence against, and every innocent explanation that is open."""
    against = digest.all_against(subject.evidence)
    open_ones = digest.open_explanations(subject.alternatives)
    for fact in against:
        yield from _fact("Against", fact, width)
    if not against and not open_ones:
        yield from _said("Against", _nothing_against(subject), width)
    for one in open_ones:
        result = wording.VERDICT_MEANINGS.get(one.verdict, one.verdict)
        yield from _said("Innocent?", f"{explanation(one.alternative)}, {result}: {one.sentence}", width)


def _nothing_against(subject: Campaign | Network) -> str:
    tried = len(subject.alternatives)
    if not tried:
        return "no observation speaks against it, and no innocent explanation was tested"
    return f"no observation speaks against it; {count(tried, 'innocent explanation')} tested and excluded"


def _details(network: Network, width: int) -> Iterator[Text]:
    yield from _judgements(network.judgements, network.judgements_total, width)
    yield from _shared(network, width)
    yield from _history(network.history, network.network_id, width)


def _shared(network: Network, width: int) -> Iterator[Text]:
    """The strongest shared values of different families, where the run saw what they are."""
    for value in sentences.strongest(network, SHARED):
        if value.shown is not None:
            shared = f"{sentences.shared_value(value)} ({sentences.sharing(value, network)})"
            yield from _said("Shared", shared, width)


def _history(past: History, subject: str, width: int) -> Iterator[Text]:
    if len(past.events) < 2:  # that a finding is new is no history
        return
    for number, line in enumerate(sentences.history(past, subject)):
        yield from _hanging(_label("" if number else "History"), stopped(line), width)


def _networks(document: Document, width: int) -> Iterator[Text]:
    if not document.networks_total:
        return
    yield from _title("Networks without a campaign, which are not accused of anything:", width)
    for network in document.networks[:NETWORKS]:
        yield from _wrapped(f"  {network.network_id}: ", _network(network), width, "    ", " · ")
        yield from _details(network, width)
    left_out = document.networks_total - min(NETWORKS, len(document.networks))
    if left_out:
        yield Text(f"  and {count(left_out)} more in networks.parquet")
    yield Text()


def _network(network: Network) -> Sequence[str]:
    best = sentences.best_alternative(network.alternatives)
    innocent = (f"best explanation: {explanation(best.alternative)} ({wording.verdict(best.verdict)})",) if best else ()
    return (
        in_words(network.kind),
        *wording.network_headline(network),
        *innocent,
    )


def _evidence_off(document: Document, width: int) -> Iterator[Text]:
    if not document.channels_off:
        return
    yield from _title("Evidence that could not be used because columns or days are missing:", width)
    for off in document.channels_off:
        yield from _wrapped(f"  {in_words(off.channel)}: ", off.sentence.split(), width, "    ")
    yield Text()


def _limits(document: Document, width: int) -> Iterator[Text]:
    """What the findings do not say and what their words mean, where there is a finding."""
    if not document.campaigns and document.about is None:
        return
    yield from _title("What this does not say:", width)
    for caveat in digest.CAVEATS:
        yield from _wrapped("  ", caveat.split(), width, "    ")
    yield from _wrapped("  ", digest.CAPABILITIES_ARE_ESTIMATES.split(), width, "    ")
    yield from _title("Words:", width)
    for word, meaning in digest.WORDS:
        yield from _wrapped(f"  {word}: ", meaning.split(), width, "    ")
    yield Text()


def _rows(document: Document, width: int) -> Iterator[Text]:
    sources = document.sources
    parts = [
        f"{count(sum(one.rows_read for one in sources))} read",
        f"{count(sum(one.rows_used for one in sources))} used",
        f"{count(sum(one.rows_duplicate for one in sources))} duplicate",
        f"{count(sum(one.rows_quarantined for one in sources))} quarantined",
    ]
    yield from _wrapped("Input rows: ", parts, width, "  ", " · ")
    for one in document.quarantine:
        yield from _hanging(f"  {count(one.rows):>8} ", f"{one.reason}, first at {one.source} line {one.line}", width)


def _said(label: str, sentence: str, width: int) -> Iterator[Text]:
    return _hanging(_label(label), stopped(capitalised(sentence)), width)


def _label(text: str) -> str:
    """What a line is about, in a column of its own; empty where it continues the line above."""
    mark = "" if not text or text.endswith("?") else ":"
    return f"  {text + mark:<11}"


def _title(text: str, width: int) -> Iterator[Text]:
    for line in _wrapped("", text.split(), width, ""):
        line.stylize("bold")
        yield line


def _hanging(label: str, text: str, width: int) -> Iterator[Text]:
    return _wrapped(label, text.split(), width, " " * len(label))


def _wrapped(label: str, parts: Sequence[str], width: int, indent: str, glue: str = " ") -> Iterator[Text]:
    """The label and the parts in lines, broken between parts, or inside one that is longer than a line."""
    line, empty = Text(label), True
    mark = glue.rstrip()  # stays at the end of a broken line, so room is kept for it
    for before, piece in _pieces(parts, width - len(indent) - len(mark), glue):
        if not empty and line.cell_len + Text(before + piece).cell_len + len(mark) > width:
            line.append(before.rstrip())
            yield line
            line, empty = Text(indent), True
        line.append(piece if empty else before + piece)
        empty = False
    yield line


def _pieces(parts: Sequence[str], room: int, glue: str) -> Iterator[tuple[str, str]]:
    """Each piece with what separates it from the piece before."""
    for part in parts:
        if Text(part).cell_len <= room:
            yield glue, part
        else:
            first, *rest = part.split() or [""]
            yield glue, first
            yield from ((" ", word) for word in rest)
