"""A report begins with what is missing from it."""

from __future__ import annotations

from dataclasses import replace

from stillwatch.report import sentences
from stillwatch.report.document import Altered, Unread
from stillwatch.report.losses import UNREAD, altered_texts, losses
from stillwatch.report.render import RENDERERS
from tests.report.small_document import document_of


def test_many_lost_rows_are_said_first() -> None:
    document = document_of([f"w{n}" for n in range(40)])
    (source,) = document.sources
    lost = replace(document, sources=(replace(source, rows_read=1_000, rows_quarantined=20),))
    (sentence,) = losses(lost)
    assert sentence.startswith("2 % of the rows could not be used (20 of 1,000)")
    for render in (RENDERERS["md"], RENDERERS["html"]):
        text = render(lost)
        assert text.index("2 % of the rows") < text.index("were read")
    assert list(losses(replace(document, sources=(replace(source, rows_read=1_000, rows_quarantined=10),)))) == []


def test_files_that_were_not_read_are_named() -> None:
    files = tuple(Unread(f"f{n}", "it is cut", in_part=n == 0) for n in range(UNREAD + 2))
    said = list(losses(replace(document_of([f"w{n}" for n in range(40)]), sources=(), unread=files)))
    assert said[:2] == ["f0 was read only up to its fault: it is cut.", "f1 was not read: it is cut."]
    assert said[UNREAD] == "2 further files could not be read either."


def test_accounts_with_altered_texts_are_counted() -> None:
    document = replace(document_of([f"w{n}" for n in range(40)]), altered=Altered(12, 9, 340))
    assert "12 accounts, 9 of them in campaigns, sent texts" in altered_texts(document)
    assert altered_texts(document) in sentences.notices(document)
    assert altered_texts(document_of([f"w{n}" for n in range(40)])) == ""
