"""What the tokens of a name are: words that say little, words that say the same, and how a name can be divided."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from stillwatch.screening.syllables import SPELT, syllables

_SAME = {
    "intl": "international", "mfg": "manufacturing", "univ": "university", "inst": "institute", "dept": "department",
    "natl": "national", "govt": "government", "acad": "academy", "sci": "science", "tech": "technology",
    "dev": "development", "eng": "engineering", "ind": "industries", "grp": "group", "bros": "brothers",
    "assoc": "association", "trdg": "trading", "hldg": "holding", "hldgs": "holdings", "svcs": "services",
    "shpg": "shipping", "elec": "electronics", "pharm": "pharmaceutical", "cntr": "center", "centre": "center",
    "and": "&",
}  # fmt: skip
"""Abbreviations of words of organisations."""

_SMALL_WORDS = """
    ltd limited llc inc incorporated co company corp corporation gmbh ag sa srl plc ooo oao zao pao jsc ao llp bv
    nv spa sarl pte pvt sdn bhd kk kft oy ab as aps joint stock liability public private closed open
    bin bn ibn bint ben bar van von der den de del della di da dos du la le ter ul el al ash and & of the for
    mr mrs ms miss dr prof sir haji hajji hajj sheikh shaikh shaykh sayyid mullah mawlawi maulvi general gen col
"""
_LITTLE = frozenset(_SMALL_WORDS.split())
"""Forms of companies, particles and titles: their presence and absence says next to nothing."""
_WEIGHT_OF_LITTLE = 0.3
_WEIGHT_OF_A_LETTER = 2.0
_SERVANT = re.compile(r"abd[aeou]?[lrs]?|ab\w[ue]l")
_ARTICLES = frozenset({"al", "el", "ul", "ar", "as", "ash", "ad", "an", "az", "at"})
_OF_FAITH = re.compile(r"(?:al|[eu])?d+(?:[iy]|ee)ne?")
_LONGEST_SYLLABLE = 7
_MOST_OF_SYLLABLES = 4
_SHORTEST_ACRONYM = 4


def weight(token: str, rarity: float) -> float:
    """What a token weighs that is so rare."""
    if token in _LITTLE:
        return _WEIGHT_OF_LITTLE
    return min(rarity, _WEIGHT_OF_A_LETTER) if len(token) == 1 else rarity


def listed_forms(found: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The ways in which a listed name is held against others; none for one that says too little.

    One that looks Chinese, Korean or Vietnamese stands there as family and given name by syllables, and by its letters;
    any other by its tokens, and, where it has several, by their first letters.
    """
    whole, telling = _whole(found)
    divided = syllables(whole) if telling else []
    if divided:
        return [*divided, *_spelt(whole)]
    acronym = [("".join(one[0] for one in telling),)] if len(telling) >= _SHORTEST_ACRONYM else []
    return [whole, *acronym] if telling else []


def asked_forms(found: tuple[str, ...], known: Callable[[str], bool]) -> list[tuple[str, ...]]:
    """The ways in which a name is held against listed ones; `known` says whether these have a given name by syllables.

    A name without a known one may be a misspelt one.
    """
    whole, telling = _whole(found)
    divided = syllables(whole) if telling else []
    if not telling or any(known(given) for _, given in divided):
        return [*divided]
    if divided:
        return [*divided, *_spelt(whole)]
    return [whole, *(_spelt(whole) if len(whole) <= _MOST_OF_SYLLABLES else [])]


def _whole(found: tuple[str, ...]) -> tuple[tuple[str, ...], list[str]]:
    """A name's tokens, and those among them that tell something."""
    whole = tuple(_settled(tuple(_SAME.get(one, one) for one in found)))
    return whole, [one for one in whole if one not in _LITTLE and len(one) > 1]


def _spelt(whole: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [tuple(SPELT + token for token in way) for way in (whole, *_rejoined(whole))]


def _settled(found: tuple[str, ...]) -> Iterator[str]:
    """Tokens with the article of Arabic left out, and `abd al-rahman` and `nour eddine` as one each."""
    place = 0
    joined: list[str] = []
    for token in (one for at, one in enumerate(found) if one not in ("al", "el") or at + 1 == len(found)):
        joined = [*joined[:-1], joined[-1] + token] if joined and _OF_FAITH.fullmatch(token) else [*joined, token]
    while place < len(joined):
        token, rest = joined[place], joined[place + 1 :]
        servant = _SERVANT.fullmatch(token) is not None and len(rest) > 0
        article = servant and rest[0] in _ARTICLES and len(rest) > 1
        yield "abd" + rest[1 if article else 0] if servant else token
        place += 1 + servant + article


def _rejoined(whole: tuple[str, ...]) -> list[tuple[str, ...]]:
    """A name of three short tokens, with those that can be one given name as one token."""
    if len(whole) != 3 or max(map(len, whole)) > _LONGEST_SYLLABLE:
        return []
    return [(whole[0], whole[1] + whole[2]), (whole[0] + whole[1], whole[2])]
