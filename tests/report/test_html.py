"""The page is self-contained, accessible in structure, and unmoved by whatever a client sent."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stillwatch import report
from stillwatch.report.document import RunFacts
from stillwatch.report.render import html
from stillwatch.report.sanitise import sanitise
from tests.report.small_document import WORDS, document_of
from tests.report.synthetic_run import HOSTILE

ALLOWED = re.compile(
    "html|head|meta|title|style|body|a|header|footer|main|section|article|h[1-4]|p|span|strong|em|b|i|small|dl|dt|dd|div|"
    "table|caption|thead|tbody|tr|th|td|details|summary|ul|li|code|figure|figcaption|svg|g|desc|line|rect|circle|path|text"
)


class Page(HTMLParser):
    """Tags, attributes and text as a browser's tokenizer sees them."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def source(full_folder: Path) -> str:
    return report.write(full_folder, None, "html")


@pytest.fixture(scope="module")
def page(source: str) -> Page:
    return Page(source)


def test_tags_are_only_the_templates_own_and_balance(page: Page) -> None:
    assert [tag for tag, _ in page.tags if not ALLOWED.fullmatch(tag)] == []
    assert page.open == [] and page.unbalanced == []


def test_no_attribute_runs_code_or_asks_the_network(page: Page, source: str) -> None:
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in {"src", "srcset", "action", "formaction", "xlink:href", "data", "background"}
            if name == "href":
                assert value is not None and value.startswith("#")
            if name == "style":
                assert re.fullmatch(r"(width:[0-9.]+%|--shade:[0-9.]+)", value or "")
    style = source[source.index("<style>") : source.index("</style>")]
    assert "url(" not in style and "@import" not in style
    assert source.count("<style") == 1


def test_policy_forbids_everything_else(page: Page) -> None:
    (policy,) = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")


def test_hostile_names_are_shown_and_harmless(page: Page, source: str) -> None:
    text = "".join(page.words)
    assert HOSTILE[0] in text and HOSTILE[1] in text and HOSTILE[3] in text
    assert "⟨U+202E⟩gnp.exe⟨U+202C⟩" in text
    assert "a⟨U+0000⟩b⟨U+001B⟩[31mc⟨U+000D⟩⟨U+000A⟩d" in text
    assert "(1,000,000 characters)" in text
    assert not re.search("[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]", source)
    assert len(source) < 600_000


ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=30) | st.sampled_from(HOSTILE)


@given(st.data())
@settings(max_examples=30)
def test_no_text_in_any_column_becomes_markup(data: st.DataObject) -> None:
    """Every string of a small document is drawn at random, already past `sanitise` as in a run."""
    words = data.draw(st.lists(ANY.map(sanitise), min_size=WORDS, max_size=WORDS))
    shown = html.render(replace(document_of(words), facts=RunFacts(words[0], 1.0)))
    page = Page(shown)
    assert [tag for tag, _ in page.tags if not ALLOWED.fullmatch(tag)] == []
    assert page.open == [] and page.unbalanced == []
    text = "".join(page.words)
    assert all(word in text for word in (words[1], words[9], words[23]))


def test_structure_serves_a_screen_reader(page: Page) -> None:
    tags = [tag for tag, _ in page.tags]
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert tags.count("h1") == 1 and dict(page.tags)["html"] == {"lang": "en"}
    assert tags.count("caption") == tags.count("table")
    assert len(ids) == len(set(ids))
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-4]", tag)]
    assert len(levels) > 3 and {"svg", "a", "table"} <= set(tags)
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for tag, attributes in page.tags:
        if tag == "svg":
            assert attributes["role"] == "img"
            assert set((attributes["aria-labelledby"] or "").split()) <= set(ids)
        if tag == "a":
            assert (attributes["href"] or "")[1:] in ids


def test_every_section_of_a_campaign_is_there(page: Page) -> None:
    text = " ".join("".join(page.words).split())
    for words in (
        "1,180 accounts · 19,914 exchanges · 22 Apr – 5 Jun 2026",
        "One agentic task can make hundreds of exchanges",
        "of the campaign's exchanges were sent before",
        "Evidence for and against",
        "Innocent explanations tested",
        "The networks that it uses",
        "The 50 strongest of 1,180 accounts",
        "Networks without a campaign",
        "What this report does not say",
        "Evidence that could not be used because columns or days are missing",
        "Rows that were not used",
        "a hypothesis with a stated confidence, only ever set by a person",
    ):
        assert words in text, words


def test_a_page_is_small_when_nothing_was_found(empty_folder: Path) -> None:
    text = " ".join("".join(Page(report.write(empty_folder, None, "html")).words).split())
    assert "No campaign was found" in text and "not proof of absence" in text
    assert "Every row was used" in text
