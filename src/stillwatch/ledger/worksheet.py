"""The attribution worksheet: hypotheses about the actor that people entered, weighed, and the entities that they named.

The machine adds up what people have rated (analysis of competing hypotheses: the hypothesis with the least against it
stands best) and says what a claim still needs. It enters nothing and concludes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from stillwatch.ledger.records import RATINGS, Attribution

WEIGHT = {"II": 2.0, "I": 1.0}
"""How much a rating counts against a hypothesis; what is consistent proves nothing, for it can fit others too."""

NEEDS: Mapping[str, tuple[int, int]] = {
    "same_operator": (1, 0),
    "same_network": (2, 0),
    "affiliated_with": (3, 1),
    "is": (4, 2),
}
"""For each rung, how many items must tell the hypotheses apart in its favour, and how many of these must come from
outside the provider's log: a shared tool, card or address shows one operator, and never by itself a company."""

SEPARATOR = "; "
"""Between the places and the networks of an entity."""

LOG = "log"
"""The source of items that the provider's own log gave."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """An account of who is behind it, and how much speaks against it."""

    name: str
    text: str
    against: float


@dataclass(frozen=True, slots=True)
class Item:
    """A fact, its source, how it fits each hypothesis, and whether it tells any two of them apart."""

    name: str
    text: str
    source: str
    ratings: tuple[tuple[str, str], ...]  # hypothesis, rating
    diagnostic: bool


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a person concluded, and what the ladder still asks for."""

    hypothesis: str
    rung: str
    likelihood: str
    confidence: str
    turns_over: str
    reason: str
    by: str
    lacks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entity:
    """Somebody whom people named, with what was attributed to them; `concluded` is None where nothing was."""

    name: str
    sort: str
    role: str
    places: tuple[str, ...]  # a country of ISO 3166-1, or `CC: a place in it`
    networks: tuple[str, ...]
    concluded: Conclusion | None


@dataclass(frozen=True, slots=True)
class Worksheet:
    """The newest state of everything that people entered about one campaign, least contradicted hypothesis first."""

    hypotheses: tuple[Hypothesis, ...]
    items: tuple[Item, ...]
    conclusion: Conclusion | None
    entities: tuple[Entity, ...] = ()


def worksheet(rows: Iterable[Attribution]) -> Worksheet | None:
    """The worksheet of one campaign from its ledger rows, oldest first; None where nothing stands."""
    hypotheses: dict[str, str] = {}
    items: dict[str, tuple[str, str]] = {}
    ratings: dict[tuple[str, str], str] = {}
    named: dict[str, dict[str, Attribution]] = {}
    last: Attribution | None = None
    for row in rows:
        if row.kind == "hypothesis":
            hypotheses[row.hypothesis] = row.text
        elif row.kind == "item":
            items[row.item] = (row.text, row.value)
        elif row.kind == "rating":
            ratings[row.item, row.hypothesis] = row.value
        elif row.kind == "conclusion":
            last = row
        elif row.kind == "withdrawn":
            hypotheses.pop(row.hypothesis, None)
            items.pop(row.item, None)
            named.pop(row.item, None)
            last = None if last is not None and last.hypothesis == row.hypothesis else last
        else:
            named.setdefault(row.item, {})[row.kind] = row
    if not hypotheses:
        return None
    facts = tuple(_item(name, *about, hypotheses, ratings) for name, about in items.items())
    weighed = [Hypothesis(name, text, _against(name, facts)) for name, text in hypotheses.items()]
    concluded = None if last is None or last.hypothesis not in hypotheses else _conclusion(last, facts)
    entities = tuple(_entity(name, said, hypotheses, facts) for name, said in named.items() if "entity" in said)
    return Worksheet(tuple(sorted(weighed, key=lambda one: one.against)), facts, concluded, entities)


def _entity(
    name: str, said: Mapping[str, Attribution], hypotheses: Mapping[str, str], items: tuple[Item, ...]
) -> Entity:
    held = said.get("attributed")
    lists = [said[kind].text if kind in said else "" for kind in ("places", "networks")]
    places, networks = (tuple(one for one in text.split(SEPARATOR) if one) for text in lists)
    concluded = None if held is None or held.hypothesis not in hypotheses else _conclusion(held, items)
    return Entity(name, said["entity"].text, said["entity"].value, places, networks, concluded)


def _item(
    name: str, text: str, source: str, hypotheses: Mapping[str, str], ratings: Mapping[tuple[str, str], str]
) -> Item:
    mine = tuple((one, ratings.get((name, one), "N")) for one in hypotheses)
    return Item(name, text, source, mine, len({rating for _, rating in mine}) > 1)


def _against(hypothesis: str, items: Iterable[Item]) -> float:
    return sum(WEIGHT.get(dict(one.ratings)[hypothesis], 0.0) for one in items)


def _conclusion(row: Attribution, items: tuple[Item, ...]) -> Conclusion:
    return Conclusion(
        row.hypothesis,
        row.value,
        row.likelihood,
        row.confidence,
        row.turns_over,
        row.text,
        row.by,
        lacks(row.value, row.hypothesis, items),
    )


def entered(rows: Iterable[Attribution], hypothesis: str, item: str) -> bool:
    """Whether a hypothesis, or else an item or an entity, was ever entered, so that it can be taken back."""
    return any(one.kind != "withdrawn" for one in _of_thing(rows, hypothesis, item))


def taken_back(rows: Iterable[Attribution], hypothesis: str, item: str) -> Attribution | None:
    """The withdrawal of a hypothesis, or else of an item or an entity, where it was not entered again since then."""
    last = _of_thing(rows, hypothesis, item)[-1:]
    return last[0] if last and last[0].kind == "withdrawn" else None


def _of_thing(rows: Iterable[Attribution], hypothesis: str, item: str) -> list[Attribution]:
    kinds = ("withdrawn", "hypothesis") if hypothesis else ("withdrawn", "item", "entity")
    return [one for one in rows if one.kind in kinds and (one.hypothesis, one.item) == (hypothesis, item)]


def lacks(rung: str, hypothesis: str, items: Iterable[Item]) -> tuple[str, ...]:
    """What a rung asks for and the items do not give the hypothesis."""
    wanted, outside = NEEDS[rung]
    favouring = [one for one in items if _favours(one, hypothesis)]
    missing = []
    if len(favouring) < wanted:
        missing.append(f"{wanted} items that speak for it against another hypothesis (it has {len(favouring)})")
    beyond = sum(one.source != LOG for one in favouring)
    if beyond < outside:
        missing.append(f"{outside} of them from outside the log (it has {beyond})")
    return tuple(missing)


def _favours(item: Item, hypothesis: str) -> bool:
    """Whether the item fits the hypothesis better than some other one, and does not contradict it."""
    own = RATINGS.index(dict(item.ratings)[hypothesis])
    return own < RATINGS.index("N") and any(RATINGS.index(rating) > own for _, rating in item.ratings)
