"""Drawings as SVG files of their own, in colours that print, for pages and for PDF."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from stillwatch.report.drawing import WIDTH, Drawing
from stillwatch.report.timeline import HEIGHT, Timeline

_FAMILIES = ("1f5fa8", "8a3fa0", "a86a00", "0f7a5f", "b3443a", "5d6470", "7a5a3a", "777777")
_STYLE = """text{font:12px "Libertinus Serif",Georgia,serif;fill:#1b1d21}
.tick{font-size:11px;fill:#5a5f68}.claim{font-size:12.5px}.grid{stroke:#dcdad3}
.detection{stroke:#a3221f;stroke-width:1.5;stroke-dasharray:4 3}.detection-label{fill:#a3221f}
.before{fill:#b5502f}.after{fill:#8fa9c4}path{fill:none;stroke-width:1;stroke:#777777}path.outside{stroke-dasharray:2 4}
circle{fill:#777777}circle.account{fill:#1b1d21}circle.outside{fill:#ffffff;stroke:#5a5f68;stroke-width:1.2}
"""
_COLOURS = "".join(
    f"path.family-{place}{{stroke:#{one}}}circle.family-{place}{{fill:#{one}}}" for place, one in enumerate(_FAMILIES)
)
"""Of the families of shared values, in their order."""


@cache
def _macros() -> Template:
    loader = PackageLoader("stillwatch.report.render")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("charts.html.j2")


def timeline(drawn: Timeline) -> str:
    """A campaign's timeline as one SVG element."""
    return _svg(str(_macros().module.timeline(drawn)), HEIGHT)  # type: ignore[attr-defined]  # a macro


def network(drawn: Drawing) -> str:
    """A network's drawing as one SVG element."""
    return _svg(str(_macros().module.network(drawn)), drawn.height)  # type: ignore[attr-defined]  # a macro


def _svg(inside: str, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" '
        f'height="{height:g}"><style>{_STYLE}{_COLOURS}</style>{inside}</svg>'
    )
