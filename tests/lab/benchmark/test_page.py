"""The page stands alone, escapes what it shows, and draws every mark where the figure says."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from stillwatch_lab.benchmark import charts, page, tables
from stillwatch_lab.benchmark.document import (
    Column,
    Curve,
    Document,
    Dots,
    Panels,
    Section,
    Table,
)
from stillwatch_lab.benchmark.intervals import NOTHING, Estimate
from stillwatch_lab.benchmark.plan import Plan
from stillwatch_lab.benchmark.run import assemble, publish
from tests.lab.benchmark.records import ORACLE, baseline, campaign, document, run

PLAN = Plan((1, 2), Path("out"), missing=("text",), ablate=True, baselines=True)
shares = st.floats(0, 1)


def whole() -> Document:
    """A document with every section, of two seeds."""
    seeds = []
    for seed, recall in ((1, 0.9), (2, 0.5)):
        campaigns = [
            campaign("letter", recall),
            campaign("patient", 0.0, found_as=[], purity=None),
            campaign("hydra", 0.0),
        ]
        one = run(campaigns, seed=seed)
        seeds.append(
            {"build": {"cost": {"build": {"seconds": 1.0, "cpu": 1.0, "peak_bytes": 1}}}, "complete": one}
            | {variant.name.replace(" ", "-"): one for variant in PLAN.variants[1:]}
            | {"oracle-patient": ORACLE}
            | {"baseline-lockstep_<hours>": baseline(0.3), "baseline-absent": not_run()}
        )
    return assemble(PLAN, seeds)


def not_run() -> dict[str, object]:
    found = baseline(0.0)
    found["found"] |= {"at": {}, "why_not": "needs a library"}
    return found


@pytest.fixture(scope="module")
def html() -> str:
    return page.render(whole())


def test_it_needs_nothing_from_anywhere(html: str) -> None:
    assert "default-src 'none'" in html
    assert not re.search(r"<(script|link|img|iframe|object|embed|base)\b", html)
    assert not re.search(r"(href|src|xlink:href)=\"(?!#)", html)
    assert not re.search(r"url\(|@import|\bon\w+=", html)


def test_what_comes_from_worlds_is_escaped(html: str) -> None:
    assert "lockstep &lt;hours&gt;" in html
    assert "C&lt;9&gt;" in html
    assert "<hours>" not in html


def test_every_section_is_linked_and_stands_once(html: str) -> None:
    links = re.findall(r'<li><a href="#(\w+)">', html)
    assert len(links) == len(set(links)) == 14
    assert all(html.count(f'id="{link}"') == 1 for link in links)


def test_the_same_measurements_give_the_same_page(html: str) -> None:
    assert page.render(whole()) == html


def test_the_folder_holds_every_form_and_the_json_is_strict(tmp_path: Path) -> None:
    found = whole()
    publish(found, tmp_path)
    record = json.loads((tmp_path / "benchmark.json").read_text(), parse_constant=pytest.fail)
    assert record == json.loads(json.dumps(asdict(found)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["benchmark.html", "benchmark.json", "benchmark.txt"]


def test_the_terminal_shows_values_with_their_intervals() -> None:
    table = Table(
        "caption",
        (Column("[profile]"), Column("act", "share")),
        (("letter", Estimate(0.5, 0.25, 0.75)), ("x", NOTHING)),
    )
    text = StringIO()
    section = Section("s", "title", "lead", (), (table,))
    tables.render(document(sections=(section,)), Console(file=text, width=120))
    assert "50.0 % (25.0–75.0)" in text.getvalue()
    assert "[profile]" in text.getvalue()


@given(st.lists(st.tuples(shares, shares, shares), min_size=1, max_size=4), st.sampled_from(["share", "rate"]))
def test_dots_stand_inside_and_in_order(rows: list[tuple[float, float, float]], unit: str) -> None:
    factor = 1 if unit == "share" else 1e5
    estimates = tuple(Estimate(value, low, high).scaled(factor) for low, value, high in map(sorted, rows))
    drawing = charts.dots(Dots("c", ("a",), tuple((str(n), (one,)) for n, one in enumerate(estimates)), unit))
    assert all(0 <= mark.x <= drawing.width and 0 <= mark.y <= drawing.height for mark in drawing.marks)
    by_value = sorted(zip(estimates, drawing.marks, strict=True), key=lambda pair: pair[0].value or 0.0)
    assert [mark.x for _, mark in by_value] == sorted(mark.x for mark in drawing.marks)


def test_series_keep_their_colours_and_a_target_is_a_bar() -> None:
    chart = Dots("c", ("act", "other"), (("letter", (Estimate(0.5), NOTHING)),), targets={"letter": 0.97})
    drawing = charts.dots(chart)
    assert [mark.style for mark in drawing.marks] == ["series-act"]
    assert [line.style for line in drawing.lines if line.style == "moment"] == ["moment"]
    assert charts.style_of(chart.series, 1) == "series-1"


def test_panels_put_points_into_their_square() -> None:
    curve = Curve("t", "n", ((0.0, 0.0), (1.0, 1.0)), sizes=(1.0, 4.0))
    drawing = charts.panels(Panels("c", "x", "y", (curve,), diagonal=True))
    low, high = drawing.marks
    assert (high.x - low.x, low.y - high.y) == (charts.PANEL, charts.PANEL)
    assert high.r > low.r
