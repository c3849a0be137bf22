"""Holders held against lists: matches with their score and reasons, which are questions for a person and no effects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby, islice

from stillwatch.screening.holders import Named
from stillwatch.screening.index import Index, Pair
from stillwatch.screening.kept import Match
from stillwatch.screening.lists import Entry, ScreeningList
from stillwatch.screening.spelling import tokens

LEAST_AGREEMENT = 0.66
"""Matches from here on: `make bench-access` says what it misses and what it brings up besides."""
CROWDED = 1_000
"""Holders beyond whom an entry's matches are counted only: no name is that of so many by anything but chance."""
TOO_MANY = 0.05
"""Matches a row of holders beyond which the list is more likely the wrong one than the holders are."""
MOST_MATCHES = 200_000
"""Matches of one screening that are given; further ones are counted."""
MOST_EXPLAINED = 5_000
"""Matches of one screening, the best of them, whose reasons are given."""
NOT_EXPLAINED = "not explained among so many matches: screen this holder alone"
MOST_OF_A_NAME = 10
"""Entries that are shown for one name, the best of them."""
_AGAINST_OF_BIRTH = 0.1
_YEARS_APART = 2
_AT_ONCE = 50_000


@dataclass(slots=True)
class Tally:
    """What a screening has seen; `crowded` counts the holders of entries that name too many of them."""

    names: int = 0
    matched: int = 0
    beyond: int = 0  # of the matched, how many were counted only
    crowded: Counter[str] = field(default_factory=Counter)


class Screener:
    """The entries of some lists in one index; asking it is safe in several threads."""

    def __init__(self, lists: Sequence[ScreeningList]) -> None:
        self.lists = tuple(lists)
        self._entries = [entry for one in lists for entry in one.entries]
        spelt = [(place, name) for place, entry in enumerate(self._entries) for name in entry.names]
        self._owner = [place for place, _ in spelt]
        self._names = [name for _, name in spelt]
        self._index = Index(self._names)

    def spelt(self, key: str) -> str:
        """The first name of an entry."""
        return next(entry.names[0] for entry in self._entries if entry.key == key)

    def matches(self, names: Sequence[Named], least: float = LEAST_AGREEMENT) -> list[Match]:
        """The matches of some names, each one's best first."""
        matches = []
        for asked, found in groupby(self._best(names, least), key=lambda one: one[0]):
            scores = {listed: score for _, listed, score in found}
            explained = self._index.explained(names[asked].name, list(scores))
            for (listed, score), one in zip(scores.items(), explained, strict=True):
                matches.append(self._match(names[asked], listed, score, _of_names(*one)))
        return matches

    def agreements(self, names: Sequence[Named], least: float = LEAST_AGREEMENT) -> list[tuple[int, Entry, float]]:
        """The same without reasons, which take longer to find than the matches: place of the name, entry, score."""
        return [(asked, self._entries[self._owner[listed]], score) for asked, listed, score in self._best(names, least)]

    def screened(self, names: Iterable[Named], tally: Tally, least: float = LEAST_AGREEMENT) -> list[Match]:
        """The matches of many names, the best first; those of crowded entries, and beyond all bounds, are counted.

        The best have their reasons. To find these takes longer than to find the matches, and nobody reads so many.
        """
        by_entry: Counter[str] = Counter()
        found: list[tuple[float, Named, int]] = []
        source = iter(names)
        while portion := list(islice(source, _AT_ONCE)):
            tally.names += len(portion)
            for asked, listed, score in self._best(portion, least):
                key = self._entries[self._owner[listed]].key
                by_entry[key] += 1
                if by_entry[key] > CROWDED:
                    tally.crowded[key] = by_entry[key]
                elif len(found) < MOST_MATCHES:
                    found.append((score, portion[asked], listed))
                else:
                    tally.beyond += 1
        tally.matched = len(found) + tally.beyond
        found.sort(key=lambda one: -one[0])
        matches = []
        for place, (score, one, listed) in enumerate(found):
            few = place < MOST_EXPLAINED
            reasons = _of_names(*self._index.explained(one.name, [listed])[0]) if few else (NOT_EXPLAINED,)
            matches.append(self._match(one, listed, score, reasons))
        return matches

    def _best(self, names: Sequence[Named], least: float) -> list[tuple[int, int, float]]:
        """Of each name and entry the listed name that agrees best, in the order of the names and then of the scores."""
        best: dict[tuple[int, int], tuple[float, int]] = {}
        for one in self._index.find([one.name for one in names], least):
            entry = self._owner[one.listed]
            score = round(self._weighed(names[one.asked], self._entries[entry], one.score), 4)
            if score >= least and (score, -one.listed) > best.get((one.asked, entry), (0.0, 0)):
                best[one.asked, entry] = score, -one.listed
        ordered = sorted((asked, -score, -listed) for (asked, _), (score, listed) in best.items())
        shown: Counter[int] = Counter()
        kept = []
        for asked, score, listed in ordered:
            shown[asked] += 1
            if shown[asked] <= MOST_OF_A_NAME:
                kept.append((asked, listed, -score))
        return kept

    def _weighed(self, one: Named, entry: Entry, score: float) -> float:
        return score - _AGAINST_OF_BIRTH if _born_apart(one, entry) else score

    def _match(self, one: Named, listed: int, score: float, of_names: Iterable[str]) -> Match:
        entry = self._entries[self._owner[listed]]
        reasons = (*of_names, *_of_birth(one, entry), *_of_country(one, entry))
        return Match(
            match_id=match_id(one, entry),
            account_id=one.account_id,
            role=one.role,
            name=one.name,
            country=one.country,
            listed=self._names[listed],
            source=entry.source,
            programs=entry.programs,
            score=score,
            reasons=tuple(reasons),
        )


def match_id(one: Named, entry: Entry) -> str:
    """Names the match of an account's name with an entry, so that a judgement on it holds when lists come anew.

    Another name of the account, or another entry, is another match.
    """
    parts = (one.account_id, " ".join(tokens(one.name)) or one.name, entry.key)
    framed = "".join(f"{len(part)}:{part}" for part in parts)
    return blake2b(framed.encode("utf-8", "surrogatepass"), digest_size=16, person=b"screening").hexdigest()


def _of_names(pairs: Sequence[Pair], left: Sequence[str]) -> Iterator[str]:
    for pair in pairs:
        token = _shown(pair.token)
        if pair.listed is None:
            yield f"`{token}` has no partner in the listed name"
        elif pair.token == pair.listed:
            yield f"`{token}` stands in both"
        elif len(pair.token) == 1 or len(pair.listed) == 1:
            yield f"`{token}` may abbreviate `{_shown(pair.listed)}`"
        else:
            yield f"`{token}` is like `{_shown(pair.listed)}` ({pair.similarity:.2f})"
    if left:
        yield "of the listed name nothing here answers to " + ", ".join(f"`{_shown(one)}`" for one in left)


def _shown(token: str) -> str:
    return token.lstrip("~=")


def _born_apart(one: Named, entry: Entry) -> bool:
    years = entry.birth_years
    return one.birth_year is not None and len(years) > 0 and min(abs(one.birth_year - y) for y in years) > _YEARS_APART


def _of_birth(one: Named, entry: Entry) -> Iterator[str]:
    if one.birth_year is None or not entry.birth_years:
        return
    listed = ", ".join(map(str, entry.birth_years[:5]))
    if _born_apart(one, entry):
        yield f"against it: born {one.birth_year}, and the listed one {listed} (-{_AGAINST_OF_BIRTH})"
    else:
        yield f"born {one.birth_year}, as the listed one may be ({listed})"


def _of_country(one: Named, entry: Entry) -> Iterator[str]:
    if one.country and entry.countries:
        listed = ", ".join(entry.countries[:5])
        yield f"the country is {one.country}, of the listed one {listed}: shown, and not weighed"
