"""Outside text made harmless: cut down to a few printable characters for a table, or escaped for a terminal."""

from __future__ import annotations

import unicodedata

LONGEST = 64
"""Characters of an outside text that a table holds."""

HIDDEN_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Unicode categories that hide or reorder what a reader sees: controls, format marks (of direction, of zero width),
lone surrogates, private use, unassigned code points, ends of lines and paragraphs."""

MARK_CATEGORIES = frozenset(("Mn", "Me"))
MARKS_IN_A_ROW = 3
"""Vietnamese and Hebrew need two or three marks on a letter; stacks of dozens only serve to overprint other lines."""

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_CUT = "…"


def printable(text: str, longest: int = LONGEST) -> str:
    """The text on one line of at most `longest` characters; a cut text ends in `…`.

    Each character that a reader would not see, and each mark beyond MARKS_IN_A_ROW, becomes U+FFFD, so that a text
    that hides something does not look like one that hides nothing. Markup stays as it is: whoever writes HTML or
    Markdown escapes it.
    """
    shown: list[str] = []
    marks = 0
    for character in text[:longest]:
        category = unicodedata.category(character)
        marks = marks + 1 if category in MARK_CATEGORIES else 0
        hidden = category in HIDDEN_CATEGORIES or marks > MARKS_IN_A_ROW
        shown.append(_REPLACEMENT if hidden else character)
    if len(text) > longest:
        shown[-1] = _CUT
    return "".join(shown)


def escaped(text: str) -> str:
    r"""The text with every character that a terminal would obey or not show as an escape, ends of lines among them.

    >>> escaped("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
