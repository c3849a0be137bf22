"""Makes outside text printable: no invisible character, no reordered line, no endless value."""

from __future__ import annotations

import unicodedata

LONGEST_ID = 120  # characters; real account and value ids are far shorter, a model name of 1 MB is not an id
LONGEST_SENTENCE = 600  # characters
LONGEST_SAMPLE = 200  # characters

# Controls, format characters (bidi, zero width, tags), lone surrogates, private use, unassigned code points, line and
# paragraph separators: each can hide or reorder what a reader sees, so each is shown by its code point instead.
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_COMBINING = frozenset(("Mn", "Me"))
_COMBINING_IN_A_ROW = 3  # Vietnamese and Hebrew need two or three; stacks of dozens only overprint other lines


def sanitise(text: str, longest: int = LONGEST_ID) -> str:
    """Returns the text on one line with every invisible character written as `⟨U+202E⟩`, cut at `longest` characters.

    A cut text ends in its true length, so that two long texts are not silently shown alike.
    """
    shown: list[str] = []
    combining = 0
    for character in text[:longest]:
        category = unicodedata.category(character)
        combining = combining + 1 if category in _COMBINING else 0
        hidden = category in _HIDDEN or combining > _COMBINING_IN_A_ROW
        shown.append(f"⟨U+{ord(character):04X}⟩" if hidden else character)
    if len(text) > longest:
        shown.append(f"… ({len(text):,} characters)")
    return "".join(shown)
