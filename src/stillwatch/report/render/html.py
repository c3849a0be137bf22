"""The document as one self-contained HTML page: no script, no request, everything from outside escaped."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from functools import cache

from jinja2 import BaseLoader, ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from stillwatch.records.outputs import LEVELS
from stillwatch.report import digest, drawing, sentences, timeline, wording
from stillwatch.report.document import Document, Evidence
from stillwatch.report.dossier.blocks import Figure
from stillwatch.report.losses import losses

_FILTERS = (
    wording.in_words,
    wording.explanation,
    wording.verdict,
    wording.shared,
    wording.family,
    wording.confidence,
    wording.rate,
    wording.count,
    wording.abbreviated,
    wording.named_shares,
    wording.percent,
    wording.expected,
    wording.expected_closely,
    wording.bits,
    wording.day,
    wording.capitalised,
    wording.stopped,
)


def environment(*before: BaseLoader) -> Environment:
    """The templates with the report's words, filters and drawings; other pages' own templates come `before` them."""
    found = Environment(
        loader=ChoiceLoader([*before, PackageLoader("stillwatch.report.render")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters.update({function.__name__: function for function in _FILTERS})
    found.filters.update(kind=lambda block: type(block).__name__, drawing=_inline)
    found.globals.update(
        span=wording.span,
        headline=wording.headline,
        network_headline=wording.network_headline,
        network_uses=sentences.uses,
        at_level=wording.at_level,
        asked_for=wording.asked_for,
        beside_whom=wording.beside_whom,
        levels=LEVELS,
        digest=digest,
        estimated=wording.ESTIMATED,
        verdict_meanings=wording.VERDICT_MEANINGS,
        judged=sentences.judged,
        judgement_sentence=sentences.judgement,
        judgements_left_out=sentences.judgements_left_out,
        history_lines=sentences.history,
        best_alternative=sentences.best_alternative,
        shared_value=sentences.shared_value,
        held_together_by=sentences.held_together_by,
        draw_network=drawing.draw,
        draw_timeline=timeline.draw,
        colour=drawing.colour,
        heaviest=heaviest,
    )
    return found


@cache
def template(name: str) -> Template:
    """One of the reports' own templates; it is compiled once a process, which takes longer than most pages."""
    return environment().get_template(name)


def render(document: Document) -> str:
    """The page; the same document gives the same bytes."""
    return template("report.html.j2").render(
        document=document,
        summary=sentences.summary(document),
        losses=tuple(losses(document)),
        notices=sentences.notices(document),
        not_shown=sentences.not_shown(sentences.every_network(document)),
    )


def _inline(figure: Figure) -> Markup:
    # a drawing is made by our own template, which escapes what comes from outside
    image = base64.b64encode(figure.svg.encode("utf-8")).decode()
    return Markup('<img src="{}" alt="{}">').format(f"data:image/svg+xml;base64,{image}", figure.alternative)


def heaviest(evidence: Sequence[Evidence]) -> float:
    """The most bits either way, at least 1: the full length of a bar."""
    return max([1.0, *(abs(fact.bits) for fact in evidence)])
