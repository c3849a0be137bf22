"""The recipe of the made set: who is listed, how the listed write themselves otherwise, and who only looks alike.

Everything is drawn from a seed. A person or company is a tuple of parts (`names.toml`); a part has a spelling in its
own script and several in Latin letters. A list spells each part in one way, in Latin letters. Of each listed name that
is asked for, a variant is made by one or two of these changes:

* `script`: written in its own script; `romanised`: every part in another romanisation than the list's;
* `misspelt`: one letter of a word of four or more, but not its first or last, left out, doubled, replaced, or changed
  places with the next;
* `abbreviated`: a middle part left out or as an initial, the given name as an initial; of companies a word shortened,
  the legal form left out or written in another way;
* `order`: the last part first with a comma; `joined`: hyphens and blanks inside given names left out or added.

Those who only look alike are as many: they share all parts but one with a listed name, whose other part is another
part of that place (`other part`), the one most like it among these (`likest part`); or all parts are drawn (`drawn`).
Nobody among them has all parts of a listed name.
"""

from __future__ import annotations

import math
import random
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from rapidfuzz.distance import OSA

from bench.access import romanise

TUNED_ON = (
    "latin",
    "cyrillic",
    "arabic",
    "han",
    "greek",
    "hangul",
    "devanagari",
    "hebrew",
    "company",
    "persian",
    "georgian",
)
LEFT_OUT = ("armenian",)
"""Scripts that nothing was tuned on: their first result is the one that is published."""
SCRIPTS = (*TUNED_ON, *LEFT_OUT)
MOST_LISTED = 12
"""Of all names that a script's parts make, at most one in so many is listed."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHORT = {
    "International": "Intl", "Technology": "Tech", "Manufacturing": "Mfg", "Engineering": "Eng", "Development": "Dev",
    "Industries": "Ind", "Group": "Grp", "Holding": "Hldg", "Services": "Svcs", "University": "Univ",
    "Institute": "Inst", "Trading": "Trdg", "Shipping": "Shpg",
}  # fmt: skip
_ONSETS = ("b", "br", "d", "f", "g", "gr", "h", "k", "kl", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v", "z")
Part = tuple[str, ...]
"""A spelling in the part's own script, then those in Latin letters."""
Identity = tuple[str, tuple[int, ...]]
"""A script, and which of its parts."""


@dataclass(frozen=True, slots=True)
class Query:
    """A name that is asked for; `listed` is the place of the listed one that it is, None where it only looks alike."""

    text: str
    script: str
    changes: tuple[str, ...]
    listed: int | None


@dataclass(frozen=True, slots=True)
class Made:
    """A list, and what is asked of it."""

    listed: list[str]
    queries: list[Query]


@cache
def parts(script: str) -> tuple[tuple[Part, ...], ...]:
    """Of each place of a full name the parts that can stand there."""
    table: dict[str, Any] = tomllib.loads((Path(__file__).parent / "names.toml").read_text(encoding="utf-8"))[script]
    if script == "latin":
        family = [a + b for a, b in product(table["stems"], table["endings"])]
        return tuple(tuple((one, one) for one in some) for some in (table["given"], table["middle"], family))
    if script in ("cyrillic", "greek"):
        spelt = romanise.cyrillic if script == "cyrillic" else romanise.greek
        family = [a + b for a, b in product(table["stems"], table["endings"])]
        middle = table["patronymic" if script == "cyrillic" else "father"]
        ways = range(len(romanise.CYRILLIC if script == "cyrillic" else romanise.GREEK))
        return tuple(
            tuple((one, *(spelt(one, way) for way in ways)) for one in some)
            for some in (table["given"], middle, family)
        )
    if script == "han":
        return _chinese(table)
    if script == "hangul":
        given = [_two(a, b) for a, b in product(table["first"], table["second"])]
        return tuple(map(tuple, table["family"])), tuple(given)
    if script == "company":
        return tuple(tuple((one, one) for one in table[name]) for name in ("first", "second", "third", "form"))
    own, middle, family = (tuple(map(tuple, table[name])) for name in table["parts"])
    return own, middle + own, family  # a father's name is another's given name


def _chinese(table: dict[str, Any]) -> tuple[tuple[Part, ...], ...]:
    pinyin = table["pinyin"]
    family = [(one, pinyin[one].title(), romanise.wade_giles(pinyin[one]).title()) for one in table["family"]]
    given: list[Part] = []
    for a, b in product(["", *table["signs"]], table["signs"]):
        whole = [pinyin[one] for one in a + b]
        wade = "-".join(romanise.wade_giles(one) for one in whole)
        given.append((a + b, "".join(whole).title(), " ".join(whole).title(), wade.capitalize()))
    return tuple(family), tuple(given)


def _two(a: list[str], b: list[str]) -> Part:
    common = f"{a[1]}-{b[1].lower()}"
    other = f"{a[-1]}{b[-1].lower()}"
    return a[0] + b[0], common, f"{a[1]} {b[1]}", other


def drawn(draw: random.Random, script: str) -> Identity:
    """Somebody of a script."""
    return script, tuple(int(draw.random() ** 1.3 * len(some)) for some in parts(script))


def listed_spelling(draw: random.Random, one: Identity) -> list[str]:
    """The parts as a list writes them: one romanisation, the first of them mostly."""
    script, places = one
    rules = script in ("cyrillic", "greek", "han")
    way = draw.choice((1, 1, 1, 2))
    return [_nth(parts(script)[at][place], way if rules else draw.choice((1, 1, 2))) for at, place in enumerate(places)]


def made(seed: int, scripts: tuple[str, ...], entries: int, each: int) -> Made:
    """A list of so many entries of the scripts, and so many variants and look-alikes of each script."""
    draw = random.Random(f"access {seed}")
    found: dict[Identity, int] = {}
    room = {script: math.prod(map(len, parts(script))) // MOST_LISTED for script in scripts}
    while len(found) < entries:
        script = draw.choice(scripts)
        if room[script] > 0:
            one = drawn(draw, script)
            room[script] -= one not in found
            found.setdefault(one, len(found))
    identities = list(found)
    spelt = [listed_spelling(draw, one) for one in identities]
    queries: list[Query] = []
    for script in scripts:
        own = [place for place, one in enumerate(identities) if one[0] == script]
        for _ in range(each):
            place = draw.choice(own)
            queries.append(_variant(draw, identities[place], spelt[place], place))
        for _ in range(each):
            queries.append(_look_alike(draw, identities[draw.choice(own)], found))
    return Made([" ".join(one) for one in spelt], queries)


def holder(draw: random.Random) -> str:
    """The name of somebody among the holders, as they would write it: no list is looked at.

    Nine in ten have a family name made of syllables by chance: there are more family names than any table has.
    """
    one = drawn(draw, draw.choice(SCRIPTS))
    written = [_nth(parts(one[0])[at][place], draw.choice((0, 1, 1, 1, 2))) for at, place in enumerate(one[1])]
    if draw.random() < 0.9:
        written[-1] = "".join(
            draw.choice(_ONSETS) + draw.choice("aeiou") for _ in range(draw.choice((2, 3, 4)))
        ).title()
    return " ".join(written if draw.random() < 0.6 else _without_middle(written))


def _nth(part: Part, way: int) -> str:
    return part[min(way, len(part) - 1)]


def _variant(draw: random.Random, one: Identity, spelt: list[str], place: int) -> Query:
    latin = one[0] in ("latin", "company")
    kinds = ["misspelt", "abbreviated", "order", "joined"] + ([] if latin else ["script", "romanised"] * 2)
    changes = draw.sample(kinds, draw.choice((1, 1, 2)))
    if "script" in changes:
        changes = ["script", *(change for change in changes if change in ("abbreviated", "order"))]
    changes = list(dict.fromkeys(changes))
    written = list(spelt)
    for change in sorted(changes, key=_IN_ORDER.index):
        written = _CHANGES[change](draw, one, written)
    return Query(" ".join(written), one[0], tuple(sorted(changes)), place)


def _script(_draw: random.Random, one: Identity, _written: list[str]) -> list[str]:
    signs = [parts(one[0])[at][place][0] for at, place in enumerate(one[1])]
    return ["".join(signs)] if one[0] in ("han", "hangul") else signs


def _romanised(draw: random.Random, one: Identity, written: list[str]) -> list[str]:
    way = draw.randrange(1, 4)
    return [
        _nth(parts(one[0])[at][place], 1 + (way + at * (one[0] not in ("cyrillic", "greek", "han"))) % 4)
        for at, place in enumerate(one[1])
    ]


def _misspelt(draw: random.Random, _one: Identity, written: list[str]) -> list[str]:
    words = [(at, word) for at, part in enumerate(written) for word in re.findall(r"\w{4,}", part)]
    if not words:
        return written
    at, word = draw.choice(words)
    place, kind, letter = draw.randrange(1, len(word) - 1), draw.randrange(4), draw.choice(_LETTERS)
    changed = (
        word[:place] + word[place + 1 :],
        word[:place] + word[place] + word[place:],
        word[:place] + letter + word[place + 1 :],
        word[:place] + word[place + 1] + word[place] + word[place + 2 :],
    )[kind]
    return [*written[:at], written[at].replace(word, changed, 1), *written[at + 1 :]]


def _abbreviated(draw: random.Random, one: Identity, written: list[str]) -> list[str]:
    if one[0] == "company":
        short = [_SHORT.get(part, part) for part in written]
        return short[:-1] if draw.random() < 0.5 else [*short[:-1], draw.choice(("Ltd", "Co.", "Corp", "LLC"))]
    if len(written) < 3:
        return written
    kind = draw.randrange(3)
    if kind == 0:
        return _without_middle(written)
    at = 1 if kind == 1 else 0
    return [*written[:at], written[at][0] + ".", *written[at + 1 :]]


def _order(_draw: random.Random, one: Identity, written: list[str]) -> list[str]:
    if one[0] == "company" or len(written) < 2:
        return written
    return [written[-1] + ",", *written[:-1]]


def _joined(draw: random.Random, _one: Identity, written: list[str]) -> list[str]:
    swap = draw.choice((("-", ""), ("-", " "), (" ", ""), (" ", "-")))
    return [part.replace(*swap) for part in written]


_CHANGES: dict[str, Callable[[random.Random, Identity, list[str]], list[str]]] = {
    "script": _script,
    "romanised": _romanised,
    "misspelt": _misspelt,
    "joined": _joined,
    "abbreviated": _abbreviated,
    "order": _order,
}
_IN_ORDER = list(_CHANGES)


def _without_middle(written: list[str]) -> list[str]:
    return [written[0], *written[2:]] if len(written) == 3 else written


def _look_alike(draw: random.Random, one: Identity, listed: dict[Identity, int]) -> Query:
    while True:
        kind = draw.choice(("other part", "likest part", "drawn"))
        other = drawn(draw, one[0]) if kind == "drawn" else _with_another_part(draw, one, kind)
        if other not in listed and not _same_spelling(other, listed):
            break
    written = [_nth(parts(other[0])[at][place], draw.choice((1, 1, 2))) for at, place in enumerate(other[1])]
    return Query(" ".join(written), other[0], (kind,), None)


def _with_another_part(draw: random.Random, one: Identity, kind: str) -> Identity:
    script, places = one
    last = len(places) - (2 if script == "company" else 1)
    at = draw.randrange(last + 1)
    some = parts(script)[at]
    others = draw.sample(range(len(some)), min(len(some), 60))
    others = [other for other in others if some[other] != some[places[at]]]
    own = some[places[at]][1]
    chosen = (
        others[0]
        if kind == "other part"
        else max(others, key=lambda other: OSA.normalized_similarity(own, some[other][1]))
    )
    return script, (*places[:at], chosen, *places[at + 1 :])


def _same_spelling(one: Identity, listed: dict[Identity, int]) -> bool:
    """Whether the same parts, but for the legal form of a company, are listed."""
    script, places = one
    return script == "company" and any(
        (script, (*places[:-1], form)) in listed for form in range(len(parts(script)[-1]))
    )
