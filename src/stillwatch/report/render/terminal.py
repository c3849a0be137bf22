"""The document as lines for a terminal, read from a finished run folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from stillwatch.report import folder, wording
from stillwatch.report.build import build
from stillwatch.report.document import Campaign, Document, Network
from stillwatch.report.sanitise import visible
from stillwatch.report.wording import (
    begun,
    bits,
    confidence,
    count,
    explanation,
    judgement,
    preferred,
    span,
    words,
)

REASONS = 3
NETWORKS = 8
_STYLES = {"act": "bold red", "review": "bold yellow", "watch": "bold blue"}


def render(run: Path, console: Console) -> None:
    """Prints what a run found, wrapped to the console's width.

    Raises UsageError when `run` is not a finished run folder.
    """
    with folder.opened(run) as (engine, facts):
        document = build(engine, facts)
    for line in lines(document, run, console.width):
        # Text, not markup: a client's `[red]` or `:smile:` stays as it was sent
        console.print(line, highlight=False, soft_wrap=True)


def lines(document: Document, run: Path, width: int) -> Iterator[Text]:
    """The document in lines of at most `width` columns (a longer single word is left whole)."""
    if not document.campaigns:
        yield Text("No campaign found.", "bold")
    for campaign in document.campaigns:
        yield from _campaign(campaign, width)
        yield Text()
    left = document.campaigns_total - len(document.campaigns)
    if left:
        yield from _wrapped("", f"and {count(left, 'campaign')} more in campaigns.parquet".split(), width, "")
    yield from _networks(document, width)
    yield from _off(document, width)
    yield from _rows(document, width)
    yield from _wrapped("Report: ", [visible(str(run / "report.html"), 4096)], width, "")


def _campaign(campaign: Campaign, width: int) -> Iterator[Text]:
    style = _STYLES.get(campaign.level, "bold")
    label = f"Campaign {campaign.campaign_id}: "
    headline = list(_wrapped(label, wording.headline(campaign), width, "  ", " · "))
    headline[0].stylize("bold", 0, len(label) - 1)
    yield from headline
    level = f"  {campaign.level}: "
    meaning = wording.LEVEL_MEANINGS.get(campaign.level, "").partition(":")[0].rstrip(".") + "."
    told = list(_wrapped(level, meaning.split(), width, "    ", " "))
    told[0].stylize(style, 2, len(level) - 2)
    yield from told
    word = judgement(campaign.evidence)
    if word is not None:
        yield from _reason("   judged        ", word.sentence, width)
    for fact in [fact for fact in campaign.evidence if fact.bits > 0][:REASONS]:
        yield from _reason(f"  {bits(fact.bits):>8} bits  ", fact.sentence, width)
    yield from _against(campaign, width)


def _against(campaign: Campaign, width: int) -> Iterator[Text]:
    """The strongest reason against, and any innocent explanation that was not excluded."""
    best = preferred(campaign.alternatives)
    weakest = min(campaign.evidence, key=lambda fact: fact.bits, default=None)
    if weakest is not None and weakest.bits < 0:
        yield from _reason(f"  {bits(weakest.bits):>8} bits  ", weakest.sentence, width)
    elif best is None:
        yield from _reason("   against       ", _nothing_against(campaign), width)
    if best is not None:
        told = f"{explanation(best.alternative)} is {best.verdict}: {best.sentence}"
        yield from _reason("   innocent?     ", told, width)


def _nothing_against(campaign: Campaign) -> str:
    tried = len(campaign.alternatives)
    if not tried:
        return "nothing measured speaks against it"
    return f"nothing measured; {count(tried, 'innocent explanation')} tried and excluded"


def _reason(label: str, sentence: str, width: int) -> Iterator[Text]:
    return _hanging(label, begun(sentence), width)


def _hanging(label: str, text: str, width: int) -> Iterator[Text]:
    return _wrapped(label, text.split(), width, " " * len(label), " ")


def _networks(document: Document, width: int) -> Iterator[Text]:
    if not document.networks_total:
        return
    yield from _title("Networks without a campaign (no accusation):", width)
    for network in document.networks[:NETWORKS]:
        yield from _wrapped(f"  {network.network_id}: ", _network(network), width, "    ", " · ")
    left = document.networks_total - min(NETWORKS, len(document.networks))
    if left:
        yield Text(f"  and {count(left)} more in networks.parquet")
    yield Text()


def _network(network: Network) -> Sequence[str]:
    best = preferred(network.alternatives)
    told = (f"{explanation(best.alternative)} {best.verdict}",) if best is not None else ()
    return (
        words(network.kind),
        count(network.accounts, "account"),
        count(network.exchanges, "exchange"),
        span(network.first_seen.date(), network.last_seen.date()),
        f"confidence {confidence(network.confidence)}",
        *told,
    )


def _off(document: Document, width: int) -> Iterator[Text]:
    if not document.channels_off:
        return
    yield from _title("Evidence switched off by missing columns:", width)
    for channel in document.channels_off:
        yield from _wrapped(f"  {words(channel.channel)}: ", channel.sentence.split(), width, "    ", " ")
    yield Text()


def _rows(document: Document, width: int) -> Iterator[Text]:
    sources = document.sources
    parts = [
        f"{count(sum(one.rows_read for one in sources))} read",
        f"{count(sum(one.rows_used for one in sources))} used",
        f"{count(sum(one.rows_duplicate for one in sources))} duplicate",
        f"{count(sum(one.rows_quarantined for one in sources))} quarantined",
    ]
    yield from _wrapped("Rows: ", parts, width, "  ", " · ")
    for one in document.quarantine:
        yield from _hanging(f"  {count(one.rows):>8} ", f"{one.reason}, first at {one.source} line {one.line}", width)


def _title(text: str, width: int) -> Iterator[Text]:
    for line in _wrapped("", text.split(), width, ""):
        line.stylize("bold")
        yield line


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
    """Each piece with what stands between it and the piece before."""
    for part in parts:
        if Text(part).cell_len <= room:
            yield glue, part
        else:
            first, *rest = part.split() or [""]
            yield glue, first
            yield from ((" ", word) for word in rest)
