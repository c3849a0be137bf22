"""PDF takes any text, shows what its fonts lack by code points, and is the same each time."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from pathlib import Path

import pytest

from stillwatch.report import Asked, charts, drawing, timeline, write_dossier
from stillwatch.report.document import Link, Network, Value
from stillwatch.report.dossier.blocks import Figure, Grid, Items, Paragraph, Section, Written
from stillwatch.report.render import typst
from tests.report.synthetic_run import HOSTILE

AT = datetime(2026, 6, 7, 12)
STRANGE = (
    *HOSTILE[:6],
    *HOSTILE[7:],
    "z" * 700,
    '#set page(width: 1pt) #read("/etc/passwd") $x$ *b* _i_ @ref <label> // c /* d */ \\ = h ~ -- `r`',
    "日本語 العربية עברית हिन्दी ไทย 😀 👩‍👩‍👧 \ufeff\u200b\u2028",
    "\ud800 \ufffe \U0010ffff",
    "=cmd|' /C calc'!A0",
)


def written(text: str, svg: str = "") -> Written:
    blocks = (
        Paragraph(text),
        Paragraph(text, strong=True),
        Items((text, text)),
        Grid(text, (text, "n"), ((text, "1"), ("", text)), numbers=(1,)),
        Grid("empty", ("a",), ()),
        *([Figure(svg, text, text)] if svg else []),
    )
    return Written(text, text, (Section(text, blocks), Section(text, blocks, annex=True)), text)


@pytest.mark.parametrize("text", STRANGE, ids=range(len(STRANGE)))
def test_any_text_becomes_pages(text: str) -> None:
    made = typst.pdf(written(text), AT)
    assert made.startswith(b"%PDF-1.7")
    assert made == typst.pdf(written(text), AT)


def test_pages_say_that_they_are_archivable_and_tagged() -> None:
    made = typst.pdf(written("text"), AT)
    for mark in (b"pdfaid:part", b"pdfuaid:part", b"/MarkInfo", b"/StructTreeRoot", b"/Lang"):
        assert mark in made


def test_every_letter_that_is_shown_is_in_the_fonts() -> None:
    letters = [chr(code) for first, last in typst.SHOWN for code in range(first, last + 1)]
    text = " ".join("".join(letters[at : at + 16]) for at in range(0, len(letters), 16))
    assert len(letters) > 2_000
    assert typst.pdf(written(unicodedata.normalize("NFC", text)), AT)


def test_other_letters_are_shown_by_their_code_points() -> None:
    assert typst.shown("é日") == "é⟨U+65E5⟩"
    assert typst.shown("\u202egnp") == "⟨U+202E⟩gnp"
    assert typst.shown("a" * 40).split("\u200b") == ["a" * 18, "a" * 18, "a" * 4]


def test_drawings_with_strange_labels_become_pages() -> None:
    label = '<script>日本 & "\u202e'
    value = Value("v", "payment", "same_payment_issuer", 2, 0, 9.0, label)
    links = tuple(Link(f"{label}{one}", "v", one == 0) for one in range(2))
    network = Network("N1", "relay", 2, 9, AT, AT, 90.0, AT, values=(value,), links=links)
    drawn = drawing.draw(network)
    assert drawn is not None
    svg = charts.network(drawn)
    assert "<script>" not in svg
    assert typst.pdf(written("text", svg), AT)
    assert timeline.HEIGHT > 0


@pytest.mark.parametrize("profile", ["internal", "government"])
def test_a_dossier_is_the_same_file_each_time(full_folder: Path, profile: str) -> None:
    first = write_dossier(full_folder, "C2", Asked("pdf", profile))
    assert first == write_dossier(full_folder, "C2", Asked("pdf", profile))
    assert first.startswith(b"%PDF-1.7")
    assert len(first) < 400_000
