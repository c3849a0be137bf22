"""Renders the document as one HTML page without scripts and external files, in which all text is escaped."""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from stillwatch_lab.benchmark import charts, wording
from stillwatch_lab.benchmark.document import Document, Dots, Panels


def render(document: Document) -> str:
    """The page, in the style of a run's report; the same document gives the same bytes."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("stillwatch_lab.benchmark"), PackageLoader("stillwatch.report.render")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        value=wording.value, interval=wording.interval, drawn=drawn, series=series, style_of=charts.style_of
    )
    return environment.get_template("benchmark.html.j2").render(document=document, tally=tally(document))


def drawn(chart: Dots | Panels) -> charts.Drawing:
    """The positions of a chart's parts."""
    return charts.dots(chart) if isinstance(chart, Dots) else charts.panels(chart)


def series(chart: Dots | Panels) -> tuple[str, ...]:
    """The series that the legend names."""
    return chart.series if isinstance(chart, Dots) and len(chart.series) > 1 else ()


def tally(document: Document) -> str:
    """A sentence that says how many targets are met."""
    judged = [one.met for one in document.targets if one.met is not None]
    seeds = "one seed" if len(document.seeds) == 1 else f"{len(document.seeds)} seeds"
    return f"{sum(judged)} of {len(judged)} targets are met, over {seeds}."
