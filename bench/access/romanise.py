"""Romanisations by rule: Cyrillic by four standards, Greek by three, Chinese by Hanyu Pinyin and by Wade and Giles.

Published tables are followed letter by letter: BGN/PCGN 1947, ISO 9:1995 without its marks, the passports of 1997
(after the French manner) and the German transcription; ELOT 743, the classical and the phonetic manner.
"""

from __future__ import annotations

import re

_BGN = dict(zip("абвгдеёзийклмнопрстуфыэ", "abvgdeeziyklmnoprstufye", strict=True)) | {"ц": "ts"}
_BGN |= {"ж": "zh", "х": "kh", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": "", "ю": "yu", "я": "ya"}
_ISO = _BGN | {"ж": "z", "й": "j", "х": "h", "ц": "c", "ч": "c", "ш": "s", "щ": "s", "ю": "u", "я": "a"}
_FRENCH = _BGN | {"ж": "j", "у": "ou", "ц": "ts", "ч": "tch", "ш": "ch", "щ": "chtch", "ю": "iou", "я": "ia", "й": "i"}
_GERMAN = _BGN | {"в": "w", "ж": "sch", "з": "s", "й": "i", "х": "ch", "ц": "z", "ч": "tsch", "ш": "sch"}
_GERMAN |= {"щ": "schtsch", "ю": "ju", "я": "ja"}
CYRILLIC = (_BGN, _FRENCH, _GERMAN, _ISO)

_ACCENTS = str.maketrans("άέήίόύώϊΐϋΰςΆΈΉΊΌΎΏ", "αεηιουωιιυυσΑΕΗΙΟΥΩ")
_ELOT = dict(zip("αβγδεζηικλμνξοπρστυφω", "avgdeziiklmnxoprstyfo", strict=True)) | {"θ": "th", "χ": "ch", "ψ": "ps"}
_CLASSICAL = _ELOT | {"β": "b", "η": "e", "φ": "ph", "ξ": "x", "υ": "y"}
_PHONETIC = _ELOT | {"χ": "h", "ξ": "ks", "υ": "i", "γ": "g"}
GREEK = (_ELOT, _CLASSICAL, _PHONETIC)
_PAIRS = {"ου": "ou", "αυ": "af", "ευ": "ev", "γγ": "ng", "μπ": "b", "ντ": "nt", "τσ": "ts", "τζ": "tz"}

_WADE_GILES = (
    ("zhi", "chih"), ("shi", "shih"), ("zi", "TZU"), ("si", "ssu"), ("zh", "CH"), ("ch", "CH"), ("q", "CH"),
    ("j", "CH"), ("x", "hs"), ("z", "ts"), ("c", "ts"), ("b", "p"), ("d", "t"), ("guo", "kuo"), ("ie$", "ieh"),
    ("ue$", "ueh"), ("g", "K"), ("oNG", "uNG"), ("ian", "ien"), ("r", "j"), ("CH", "ch"), ("NG", "ng"),
)  # fmt: skip


def cyrillic(text: str, standard: int) -> str:
    """A text in Cyrillic by one of the standards."""
    table = CYRILLIC[standard % len(CYRILLIC)]
    return "".join(_like(one, table.get(one.lower(), one)) for one in text)


def greek(text: str, manner: int) -> str:
    """A text in Greek by one of the manners."""
    table = GREEK[manner % len(GREEK)]
    plain = text.translate(_ACCENTS)
    for pair, latin in _PAIRS.items():
        plain = plain.replace(pair, latin).replace(pair.capitalize(), latin.capitalize())
    return "".join(_like(one, table.get(one.lower(), one)) for one in plain)


def wade_giles(syllable: str) -> str:
    """A syllable of Pinyin as Wade and Giles spell it, without their marks."""
    found = re.sub(r"ng$", "NG", syllable)
    for pinyin, other in _WADE_GILES:
        found = re.sub(pinyin + ("$" if pinyin in ("zhi", "shi", "zi", "si") else ""), other, found)
    return found.lower()


def _like(one: str, latin: str) -> str:
    return latin.capitalize() if one.isupper() else latin
