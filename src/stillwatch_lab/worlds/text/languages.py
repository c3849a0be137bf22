"""Languages of people and campaigns: phrases in each language, and the detection of a text's language."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
)
_WORD = re.compile(r"[^\W\d_]+")
_LOOKED_AT = 300  # characters of a text from which its language is detected
_ENOUGH = 0.25  # least share of words among a language's commonest; texts of other languages have under a fifth


@lru_cache(maxsize=1)
def phrases_by_language() -> dict[str, dict[str, list[str]]]:
    """Phrases of each language but English, by language and sort of phrase."""
    return tomllib.loads((Path(__file__).parent / "languages.toml").read_text(encoding="utf-8"))


def languages() -> list[str]:
    """Codes of the languages that phrases exist in besides English."""
    return sorted(phrases_by_language())


def language_of(text: str) -> int:
    """0 for English and for unknown languages, else 1 plus the language's index in `languages()`."""
    head = text[:_LOOKED_AT]
    if not head.isascii():
        for name, script in _SCRIPTS:
            if script.search(head):
                return languages().index(name) + 1
    words = _WORD.findall(head.lower())
    shares = [(sum(word in known for word in words), place) for place, known in _commonest()]
    most, place = max(shares)
    return place if most >= max(_ENOUGH * len(words), 2) else 0


@lru_cache(maxsize=1)
def _commonest() -> list[tuple[int, frozenset[str]]]:
    return [
        (place, frozenset(phrases_by_language()[name]["words"]))
        for place, name in enumerate(languages(), start=1)
        if phrases_by_language()[name]["words"]
    ]
