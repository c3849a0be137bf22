"""The document as one self-contained HTML page: no script, no request, everything from outside escaped."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from stillwatch.records.claims import FAMILIES
from stillwatch.report import wording
from stillwatch.report.document import Campaign, Document, Evidence
from stillwatch.report.drawing import colour, drawing
from stillwatch.report.timeline import timeline


def render(document: Document) -> str:
    """The page; the same document gives the same bytes."""
    environment = Environment(
        loader=PackageLoader("stillwatch.report.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for word in (
        wording.words,
        wording.explanation,
        wording.confidence,
        wording.rate,
        wording.count,
        wording.short,
        wording.percent,
        wording.expected,
        wording.bits,
        wording.day,
    ):
        environment.filters[word.__name__] = word
    environment.globals.update(
        span=wording.span,
        headline=wording.headline,
        at_level=wording.at_level,
        judgement=wording.judgement,
        preferred=wording.preferred,
        level_meanings=wording.LEVEL_MEANINGS,
        verdict_meanings=wording.VERDICT_MEANINGS,
        drawing=drawing,
        timeline=timeline,
        colour=colour,
        families=tuple(FAMILIES),
        heaviest=heaviest,
        balance=balance,
    )
    template = environment.get_template("report.html.j2")
    return template.render(document=document, summary=wording.summary_sentence(document))


def heaviest(evidence: Sequence[Evidence]) -> float:
    """The most bits either way, at least 1: the full length of a bar."""
    return max([1.0, *(abs(fact.bits) for fact in evidence)])


def balance(campaign: Campaign) -> tuple[float, float]:
    """Bits for and bits against, each summed in the order they are listed."""
    return (
        sum(fact.bits for fact in campaign.evidence if fact.bits > 0),
        sum(fact.bits for fact in campaign.evidence if fact.bits < 0),
    )
