"""How names are spelt: in Latin letters, folded to what spellings of one sound share, and as their consonants alone.

Names reach a list through many romanisations: one letter of Cyrillic, Arabic or Chinese has several in Latin. A folded
token merges the usual ones, and its skeleton leaves the vowels out, in which they differ most and which Arabic and
Hebrew hardly write.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

from stillwatch.records.confusables import UNSEEN, as_seen

LONGEST = 300
"""Characters of a name that are looked at."""
MOST_READ = 65_536
"""Characters of a text among which these are looked for."""
MOST_TOKENS = 12
"""Tokens of a name that are looked at."""

_ARTICLE = re.compile(r"(?<!\w)(?:\u0648)?\u0627\u0644(?=\w{2})")  # of Arabic, in its own script: al-
_LETTERS = str.maketrans(
    {
        # anyascii leaves these marks out, though they make another sound
        "č": "ch", "ć": "ch", "š": "sh", "ŝ": "shch", "ś": "sh", "ş": "sh", "ș": "sh", "ž": "zh", "ż": "zh", "ź": "zh",
        "ţ": "ts", "ț": "ts", "ç": "ch", "đ": "d", "ł": "l", "ø": "o", "å": "a", "æ": "ae", "œ": "oe", "ı": "i",
        "û": "yu", "â": "ya",  # of ISO 9
        "ظ": "z", "ض": "z", "ذ": "d", "ة": "a", "ع": "a", "أ": "a", "إ": "i", "آ": "a", "ا": "a",
        "ं": "n", "च": "ch", "श": "sh", "ष": "sh",
    }
)  # fmt: skip
_MARKS = re.compile(r"[’‘ʼʹʺ'`´.]")  # inside a token: O'Neil, Ch'ien, I.R.I.S.L.
_CAPITAL_INSIDE = re.compile(r"(?<=[a-z])(?<!\bMc)(?<!\bMac)(?=[A-Z][a-z])")  # alMasri
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\uac00-\ud7af]")
_ASCII_LETTER = re.compile(r"[A-Za-z]")
_CAMEL = re.compile(r"[A-Z][a-z]*")
_TOKEN = re.compile(r"[a-z0-9]+")
_PAIRS = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        (r"γγ|γκ(?=.)", "ng"),
        (r"ου|ού", "ou"),
        (r"(?<=[αεάέ])[υύ]", "v"),
        (r"μπ", "b"),
        (r"ντ", "nt"),
        # Hebrew: which letters stand for vowels, and which sounds begin a word
        (r"ה$", "a"),
        (r"^(.?)ו(?=.?$)", r"\1v"),
        (r"^ב", "b"),
        (r"^כ", "q"),
        (r"^פ", "p"),
        (r"^ו", "v"),
        (r"וו", "v"),
        (r"ו", ""),
        (r"ש", "sh"),
        (r"ץ|צ", "ts"),
        (r"א", "a"),
    )
)
"""Letters of Greek and Hebrew that make another sound together, or at the beginning or end of a word."""
_GREEK_OR_HEBREW = re.compile(r"[\u0370-\u03ff\u0590-\u05ff]")

_FOLDS = tuple(
    (re.compile(pattern), to)
    for pattern, to in (
        (r"^al(?=\w{5})|^el(?=[bcdfghjklmnpqrstvwxz]\w{4})", ""),  # al- that is written without its hyphen
        (r"^abd(?:[aeou][lr]?)?(?=\w)", "abd"),
        (r"(?<=[ae])h$", ""),
        (r"shch|schtsch", "S"),
        (r"ic$", "iC"),
        (r"tsch|tch|dzh|dsch", "C"),
        (r"sch|sh|sz|^hs(?=[iu])|^x(?=[iu])", "S"),
        (r"dj|zh|cz|ts|tz|ch|^q(?=i)", "C"),
        # of German and Slavic spellings, in which j is no sibilant
        (r"(?<=[aeiouy])j|(?<=[aeiouy][bdfgklmnprstvzCS])j|(?<=^[lwvpbmf])j|^j(?=u[rlds]|a[kr])", "i"),
        (r"j", "C"),
        (r"kh", "h"),
        (r"c(?=[eiy])|ß", "s"),
        (r"ck|c|q", "k"),
        (r"gh", "g"),
        (r"ph", "f"),
        (r"th", "t"),
        (r"dh", "d"),
        (r"x", "ks"),
        (r"ff$|(?<=[aeiou])w$|^w|(?<=[eo])w(?=[ie])", "v"),
        (r"ou|oo|w", "u"),
        (r"ee|ea|ie|y", "i"),
        (r"o", "u"),
        (r"e", "i"),
        (r"(.)\1+", r"\1"),
        (r"S", "s"),
        (r"C", "c"),
    )
)
_CH = re.compile(r"(?<![st])ch")
_GERMAN = str.maketrans("wj", "vy")
_VOWELS = re.compile(r"[aiu]")
_DOUBLED = re.compile(r"(.)\1+")
_CONFUSED = str.maketrans("czdbgv", "sstpkf")


@lru_cache(maxsize=200_000)
def folded(token: str) -> str:
    """The token with the spellings of one sound made one; never empty."""
    found = token
    for pattern, to in _FOLDS:
        found = pattern.sub(to, found)
    return found or token


@lru_cache(maxsize=200_000)
def other(token: str) -> str:
    """The token folded as German and Slavic spellings sound: ch as in Bach, w as v, and j as y."""
    return folded(_CH.sub("kh", token).translate(_GERMAN))


@lru_cache(maxsize=200_000)
def skeleton(sound: str) -> str:
    """The consonants of a folded token; what romanisations confuse is one, such as d and t."""
    return _DOUBLED.sub(r"\1", _VOWELS.sub("", sound).translate(_CONFUSED))


def seen(text: str, longest: int) -> str:
    """The first characters of a text that are seen, its words a blank apart: whatever else takes up room in it would
    push a name out of what is looked at."""
    return " ".join(UNSEEN.sub("", unicodedata.normalize("NFC", text[:MOST_READ])).split())[:longest]


def tokens(text: str) -> tuple[str, ...]:
    """A name in Latin letters of lower case, token by token, with what stands in other scripts transliterated."""
    text = seen(text, LONGEST)
    if not text.isascii():
        text = _latin(unicodedata.normalize("NFKC", text))
    found = _TOKEN.findall(_MARKS.sub("", _CAPITAL_INSIDE.sub(" ", text).lower()))
    return tuple(_joined_initials(found[: 2 * MOST_TOKENS])[:MOST_TOKENS])


def _latin(text: str) -> str:
    text = text.replace("\u0627\u0644\u0644\u0647", "allah")
    text = _ARTICLE.sub("", text.lower() if text.islower() or text.isupper() else text)
    return " ".join(_word(word) for word in re.split(r"[\s,;/\-\u2010-\u2015\u00b7\u30fb\u200c]+", text) if word)


def _word(word: str) -> str:
    if _HAN.search(word):
        # each sign gives a syllable with a capital
        return " ".join(_CAMEL.findall(anyascii(word))) or anyascii(word)
    if _ASCII_LETTER.search(word) and not word.isascii():
        word = as_seen(word)  # a letter of another script among Latin ones stands for how it looks, not how it sounds
    plain = word.lower()
    if _GREEK_OR_HEBREW.search(plain):
        for pattern, latin in _PAIRS:
            plain = pattern.sub(latin, plain)
    found = anyascii(plain.translate(_LETTERS))
    return found[:1] if len(word.rstrip(".")) == 1 else found  # an initial, of which Latin needs several letters


def _joined_initials(found: list[str]) -> list[str]:
    """Single letters in a row, of which there are three or more, are one token: I R I S L."""
    joined: list[str] = []
    run: list[str] = []
    for token in [*found, ""]:
        if len(token) == 1:
            run.append(token)
            continue
        joined += ["".join(run)] if len(run) > 2 else run
        run = []
        joined += [token] if token else []
    return joined
