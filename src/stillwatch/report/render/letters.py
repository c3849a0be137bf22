"""Letters of a PDF: of the fonts that Typst brings, and with the extra `letters` of Noto's for other scripts.

PDF/A refuses a letter that no font has, so each such letter is shown by its code point, as in `⟨U+65E5⟩`. The fonts of
the machine are never used: the same document would be other bytes elsewhere. For the same reason a document that has
letters of Typst's fonts alone is set as if the extra were not there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

OWN = (
    (0x20, 0x7E),
    (0xA0, 0xAC),
    (0xAE, 0x2FF),
    (0x38E, 0x3A1),
    (0x3A3, 0x482),
    (0x48A, 0x4FF),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2027),
    (0x2030, 0x2040),
    (0x20A0, 0x20BF),
    (0x2190, 0x23FF),
    (0x2460, 0x262F),
    (0x27E8, 0x27E9),
)
"""Code points that Typst's fonts have; a test writes all of them."""
BEFORE, AFTER = ("Libertinus Serif",), ("DejaVu Sans Mono",)
PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
HAN = "Noto Sans CJK SC"  # of the five families of one file, which draw the same characters in ways of five places
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))  # as of `sanitise`, of which no font has a picture
_RIGHT = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]"
_FROM_RIGHT = re.compile(rf"{_RIGHT}(?:[^\w⟨]*{_RIGHT})*")
_ISOLATED = "\u2068{}\u2069"
_BREAK = "\u200b"
LONGEST_WORD = 18  # characters, after which a line may break: a column of a table can be this narrow
REPLACED = "Letters that the fonts of this file lack stand here as their code points in Unicode, as ⟨U+65E5⟩ does."


@dataclass(frozen=True, slots=True)
class Fonts:
    """Families in the order in which a letter is looked for, folders of their files, and code points beside OWN."""

    families: tuple[str, ...] = BEFORE + AFTER
    folders: tuple[str, ...] = ()
    more: frozenset[int] = frozenset()


@cache
def extra_fonts() -> Fonts:
    """Typst's own fonts, and those of the extra `letters` where it is installed; reading these takes a second."""
    found = [find_spec(name) for name in ("fontTools", *PACKAGES)]
    if not all(found):
        return Fonts()
    folders = tuple(Path(one.origin).parent for one in found[1:] if one is not None and one.origin is not None)
    codes: dict[str, set[int]] = {}
    for path in sorted(path for folder in folders for path in folder.glob("Noto*.tt*")):
        codes |= _codes(path)
    for path in sorted(path for folder in folders for path in folder.glob("Noto*.otf.ttc")):
        codes |= _codes(path)
    more = {code for own in codes.values() for code in own if unicodedata.category(chr(code)) not in _HIDDEN}
    signs = [name for name in codes if name.endswith("Emoji")]
    families = (*BEFORE, *(name for name in codes if name not in signs), *AFTER, *signs)
    return Fonts(families, tuple(map(str, folders)), frozenset(more))


def _codes(path: Path) -> dict[str, set[int]]:
    """The code points of the families of a font file; of a collection those of HAN alone."""
    from fontTools.ttLib import TTCollection, TTFont

    several = path.suffix == ".ttc"
    opened = TTCollection(path, lazy=True).fonts if several else [TTFont(path, lazy=True)]
    named = {str(one["name"].getBestFamilyName()): one for one in opened}
    return {name: set(one.getBestCmap()) for name, one in named.items() if not several or name == HAN}


def fonts_for(texts: Iterable[str]) -> tuple[Fonts, bool]:
    """The fonts for the texts, and whether `letters` shows a letter of them by its code point."""
    others = {one for text in texts for one in unicodedata.normalize("NFC", text) if not _own(one)}
    return (extra_fonts() if others else Fonts()), not all(map(_have, others))


def letters(text: str) -> str:
    """The text in letters that the fonts have, others as code points."""
    return "".join(one if _have(one) else f"⟨U+{ord(one):04X}⟩" for one in unicodedata.normalize("NFC", text))


def _own(letter: str) -> bool:
    return letter == "\n" or any(first <= ord(letter) <= last for first, last in OWN)


def _have(letter: str) -> bool:
    return _own(letter) or ord(letter) in extra_fonts().more


def shown(text: str) -> str:
    """The text in letters that the fonts have, with places to break in words that are longer than a column.

    What is written from right to left is isolated, so that it cannot turn around what stands beside it.
    """
    broken = " ".join(_broken(word) for word in letters(text).split(" "))
    return _FROM_RIGHT.sub(lambda found: _ISOLATED.format(found[0]), broken)


def _broken(word: str) -> str:
    parts, begin = [], 0
    while len(word) - begin > LONGEST_WORD:
        end = begin + LONGEST_WORD
        while end < len(word) and unicodedata.category(word[end]).startswith("M"):
            end += 1  # a mark stays with its letter
        parts.append(word[begin:end])
        begin = end
    return _BREAK.join([*parts, word[begin:]]) if parts else word
