"""PDF takes any text, shows what its fonts lack by code points, and is the same each time."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from stillwatch.report import Asked, charts, drawing, timeline, write_dossier
from stillwatch.report.document import Link, Network, Value
from stillwatch.report.dossier.blocks import Figure, Grid, Items, Paragraph, Section, Written
from stillwatch.report.render import letters, typst
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


@pytest.fixture
def no_extra(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As where the extra `letters` is not installed."""
    letters.extra_fonts.cache_clear()
    monkeypatch.setattr(letters, "find_spec", lambda name: None)
    yield
    letters.extra_fonts.cache_clear()


@pytest.mark.usefixtures("no_extra")
def test_every_letter_that_is_shown_is_in_the_fonts() -> None:
    own = [chr(code) for first, last in letters.OWN for code in range(first, last + 1)]
    text = " ".join("".join(own[at : at + 16]) for at in range(0, len(own), 16))
    assert len(own) > 2_000
    assert typst.pdf(written(unicodedata.normalize("NFC", text)), AT)


@pytest.mark.usefixtures("no_extra")
def test_other_letters_are_shown_by_their_code_points() -> None:
    assert letters.shown("é日") == "é⟨U+65E5⟩"
    assert letters.shown("\u202egnp") == "⟨U+202E⟩gnp"
    assert letters.shown("a" * 40).split("\u200b") == ["a" * 18, "a" * 18, "a" * 4]
    assert letters.fonts_for(["é"]) == (letters.Fonts(), False)
    assert letters.fonts_for(["é", "日"]) == (letters.Fonts(), True)
    assert typst.pdf(written(STRANGE[9]), AT) == typst.pdf(written(STRANGE[9]), AT)


NAMES = (
    "日本語 汉字 漢字 한국어",
    "العربية",
    "עברית",
    "हिन्दी",
    "ไทย",
    "தமிழ்",
    "বাংলা",
    "ქართული",
    "Հայերեն",
    "አማርኛ",
    "😀",
)


def test_names_of_other_scripts_are_set_in_their_letters() -> None:
    pytest.importorskip("manimgx_fonts", reason="the extra `letters` is not installed")
    text = " ".join(NAMES)
    assert "⟨" not in letters.shown(text)
    found, replaced = letters.fonts_for([text])
    assert (len(found.folders), replaced) == (2, False)
    assert typst.pdf(written(text), AT) == typst.pdf(written(text), AT)
    assert letters.fonts_for(["é \U00010380"]) == (found, True)  # Ugaritic


def test_every_letter_of_the_extra_is_in_its_fonts() -> None:
    """PDF/A refuses a letter without a picture; every seventh is tried, so that one document holds them."""
    pytest.importorskip("manimgx_fonts", reason="the extra `letters` is not installed")
    more = [chr(code) for code in sorted(letters.extra_fonts().more)][::7]
    assert len(more) > 6_000
    text = " ".join("".join(more[at : at + 16]) for at in range(0, len(more), 16))
    block = Paragraph(unicodedata.normalize("NFC", text))
    assert typst.pdf(Written("t", "s", (Section("c", (block,)),), "f"), AT)


def test_latin_letters_give_the_same_bytes_with_and_without_the_extra(request: pytest.FixtureRequest) -> None:
    with_extra = typst.pdf(written("naïve Кириллица →"), AT)
    request.getfixturevalue("no_extra")
    assert typst.pdf(written("naïve Кириллица →"), AT) == with_extra


def test_what_runs_from_right_to_left_is_isolated() -> None:
    pytest.importorskip("manimgx_fonts", reason="the extra `letters` is not installed")
    assert letters.shown("by עברית שלום 12 (3)") == "by \u2068עברית שלום\u2069 12 (3)"
    long = letters.shown("ش" * 40)
    assert long == "\u2068" + "\u200b".join(("ش" * 18, "ش" * 18, "ش" * 4)) + "\u2069"


def test_a_mark_stays_with_its_letter_where_a_word_is_broken() -> None:
    pytest.importorskip("manimgx_fonts", reason="the extra `letters` is not installed")
    for part in letters.shown("कि" * 30).split("\u200b"):
        assert not unicodedata.category(part[0]).startswith("M")


@pytest.mark.parametrize("letter", ["日", "ש", "ش", "ह"])
def test_a_word_of_a_million_letters_becomes_pages(letter: str) -> None:
    block = Paragraph(letter * 350_000)  # 1 MB in UTF-8, or 700 kB
    assert typst.pdf(Written("t", "s", (Section("c", (block,)),), "f"), AT).startswith(b"%PDF-1.7")


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
