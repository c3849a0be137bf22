"""Languages: each phrase is told apart, English is not taken for another, and people write in their own."""

from __future__ import annotations

import pytest

from stillwatch_lab.worlds.population.geography import COUNTRIES
from stillwatch_lab.worlds.text import wording
from stillwatch_lab.worlds.text.languages import language_of, languages, phrases_by_language

PARTS = {"words", "countries", "openers", "followups", "roles", "manners", "labels", "endings"}


@pytest.mark.parametrize("name", languages())
def test_each_language_is_whole_and_recognised(name: str) -> None:
    assert set(phrases_by_language()[name]) == PARTS
    assert set(phrases_by_language()[name]["countries"]) <= {country[0] for country in COUNTRIES}
    own = languages().index(name) + 1
    texts = [" ".join(phrases_by_language()[name]["manners"]), " ".join(phrases_by_language()[name]["roles"])]
    assert [language_of(text) for text in texts] == [own, own]


def test_english_and_numbers_are_none_of_them() -> None:
    english = [
        *wording.PERSON_OPENERS[:6],
        *wording.FOLLOWUPS,
        *wording.ANSWER_OPENERS[:12],
        "",
        "1 2",
        "def f(x): return x",
    ]
    assert {language_of(text) for text in english} == {0}
