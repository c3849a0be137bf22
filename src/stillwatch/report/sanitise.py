"""Outside text made printable: nothing invisible, nothing that reorders a line, nothing endless."""

from __future__ import annotations

import unicodedata

LONGEST_ID = 120  # far above any real account or value id; a 1 MB model name is not one
LONGEST_SENTENCE = 600
LONGEST_SAMPLE = 200

# Controls, format marks (bidi, zero width, tags), lone surrogates, private use, unassigned, line and paragraph ends:
# each can hide or reorder what a reader sees, so each is shown by its code point instead.
_HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_MARKS = frozenset(("Mn", "Me"))
_MARKS_IN_A_ROW = 3  # Vietnamese and Hebrew need two or three; stacks of dozens only serve to overprint other lines


def visible(text: str, longest: int = LONGEST_ID) -> str:
    """The text on one line with every invisible character spelled `⟨U+202E⟩`, cut at `longest` characters.

    A cut text ends in its true length, so that two long texts are not silently shown alike.
    """
    shown: list[str] = []
    marks = 0
    for character in text[:longest]:
        category = unicodedata.category(character)
        marks = marks + 1 if category in _MARKS else 0
        hidden = category in _HIDDEN or marks > _MARKS_IN_A_ROW
        shown.append(f"⟨U+{ord(character):04X}⟩" if hidden else character)
    if len(text) > longest:
        shown.append(f"… ({len(text):,} characters)")
    return "".join(shown)
