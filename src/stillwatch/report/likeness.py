"""How alike a campaign is to the earlier ones that a run knows, by hands, contents and schedule.

Each aspect is a set of weights: of values and words the share of accounts (or texts) that hold one, times the bits by
which the share exceeds that of strangers; of hours and kinds of requests the share itself. Two sets are as alike as the
sum of the smaller weights over that of the larger ones (the weighted Jaccard similarity of Ruzicka, 1958): 0 is nothing
in common, 1 the same. What chance alone gives is the same figure of the earlier campaign beside every other network of
the run: customers of one firm, class or relay, other campaigns among them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, median
from typing import Any

import pyarrow as pa

from stillwatch.engine import Engine, Query, literal
from stillwatch.records.claims import (
    ACTIVE_IN_HOUR,
    ASKS_ALIKE,
    ASKS_OF_KIND,
    SAME_PAYLOAD,
    SET_UP_IN_HOUR,
    SHARED_VALUES,
)
from stillwatch.records.columns import Kind, Table, columns
from stillwatch.report.fetch import Row, rows
from stillwatch.report.sanitise import sanitise

EARLIER = 6  # earlier campaigns that are told, those most alike
COUNTED = ("act", "review")  # levels at which an earlier campaign has accounts, for it to be compared
MOST_BITS, WORD_BITS = 20.0, 4.0  # of one value, and of one word: words of a text depend on one another
KINDS = ("hands", "contents", "schedule")


@dataclass(frozen=True, slots=True)
class Aspect:
    """A way in which campaigns are alike, in words, and the claims of profiles that belong to it."""

    kind: str
    words: str
    claims: tuple[str, ...]


def _of_group(*groups: str) -> tuple[str, ...]:
    return tuple(
        one.name for one in SHARED_VALUES if one.independence_group in groups and one.name != SAME_PAYLOAD.name
    )


ASPECTS = (
    Aspect("hands", "addresses", _of_group("place")),
    Aspect("hands", "registration details", _of_group("registration")),
    Aspect("hands", "means of payment", _of_group("payment")),
    Aspect("hands", "client software and its settings", _of_group("software")),
    Aspect("hands", "conversations handed over", _of_group("lifecycle")),
    Aspect("contents", "wording around the questions", _of_group("wording")),
    Aspect("contents", "whole questions", (SAME_PAYLOAD.name,)),
    Aspect("contents", "words of what is asked", (ASKS_ALIKE.name,)),
    Aspect("contents", "mix of subjects and forms", (ASKS_OF_KIND.name,)),
    Aspect("schedule", "hours of the week of requests", (ACTIVE_IN_HOUR.name,)),
    Aspect("schedule", "hours of the day of sign-ups and first uses", (SET_UP_IN_HOUR.name,)),
)
_SHARES = (ACTIVE_IN_HOUR.name, SET_UP_IN_HOUR.name, ASKS_OF_KIND.name)

_COMPARED = Table(
    "compared_networks",
    (
        *columns(Kind.STRING, "subject network_id", required=True),
        *columns(Kind.BOOLEAN, "remembered", required=True),
        *columns(Kind.FLOAT64, "part", required=True),  # of the subject's accounts that are the network's
        *columns(Kind.INT16, "side", required=True),  # 0 for what is compared, 1 for what it is compared with
    ),
    ("subject", "network_id", "remembered"),
)


@dataclass(frozen=True, slots=True)
class Chance:
    """The same figure of so many other networks: the median, the most, and how many are at least as alike."""

    networks: int
    middle: float
    most: float
    as_alike: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """One aspect, or all of one kind: 0 for nothing in common to 1 for the same; None where one side has none of it.

    `again` is the share of the earlier campaign's weight that is found again, `new` that of this one's that is new;
    `common` of `before` and `now` counts values.
    """

    kind: str
    words: str
    figure: float | None
    again: float = 0.0
    new: float = 0.0
    common: int = 0
    before: int = 0
    now: int = 0
    chance: Chance | None = None


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier campaign, or what is remembered of this one itself, and how alike this campaign is to it."""

    campaign_id: str
    itself: bool
    accounts: int  # of its networks
    in_common: int  # accounts that were once the earlier campaign's, and are this one's
    known_until: datetime  # event time: up to which the last run that found it so had read; of itself, the one after
    days_until_back: float | None  # from then to this campaign's first exchange; None where that came before
    kinds: tuple[Likeness, ...]
    aspects: tuple[Likeness, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """The earlier campaigns most like this one, and how many were compared; `runs` is how many the lineage counts."""

    earlier: tuple[Earlier, ...]
    compared: int
    runs: int
    profiles: bool  # whether the run has profiles of this campaign's networks


@dataclass(frozen=True, slots=True)
class Side:
    """A campaign or a network with its parts: networks, whether remembered, and their accounts."""

    subject: str
    networks: tuple[tuple[str, bool, int], ...]

    def rows(self, side: int) -> list[dict[str, Any]]:
        whole = max(1, sum(accounts for *_, accounts in self.networks))
        return [
            {"subject": self.subject, "network_id": one, "remembered": own, "part": many / whole, "side": side}
            for one, own, many in self.networks
        ]


def past(engine: Engine, campaign: str) -> Past:
    """This campaign beside every earlier one that the run knows; raises the engine's errors.

    An earlier campaign is one that is remembered, this one itself before it was missed, or another of this run that
    began before. Campaigns that people judged innocent, and those of which no account is at level act or review, are
    not compared.
    """
    (this,) = rows(engine, Query("this campaign", f"SELECT * FROM campaigns WHERE campaign_id = {literal(campaign)}"))
    sizes = {row["network_id"]: row["accounts"] for row in rows(engine, Query("sizes", "SELECT * FROM networks"))}
    own = Side("", tuple((one, False, sizes.get(one, 1)) for one in this["networks"]))
    before = _earlier([*rows(engine, former_sql(campaign)), *rows(engine, standings_sql(campaign))], this)
    (counted,) = rows(engine, Query("runs", "SELECT coalesce(max(run), 1) AS runs FROM lineage"))
    figures = figures_of(engine, [own], [Side(name, of) for name, (_, of) in before.items()])
    order = sorted(before, key=lambda name: (-_sum(figures.get((own.subject, name), ())), name))[:EARLIER]
    others = [
        Side(f"network {one}", ((one, False, many),))
        for one, many in sorted(sizes.items())
        if one not in this["networks"]
    ]
    beside = figures_of(engine, others, [Side(name, before[name][1]) for name in order])
    common = {row["subject"]: row["accounts"] for row in rows(engine, common_sql(campaign))}
    return Past(
        tuple(_described(name, before[name], this, common, (figures, beside)) for name in order),
        len(before),
        counted["runs"],
        bool(rows(engine, profiled_sql(campaign))),
    )


def standings_sql(campaign: str) -> Query:
    """Networks of campaigns that are remembered, or began before this one, and that nobody judged innocent."""
    name = literal(campaign)
    return Query(
        "report earlier campaigns",
        f"""SELECT s.campaign_id, s.network_id, s.remembered, s.accounts, s.act, s.review, s.read_until
FROM network_standings AS s LEFT JOIN campaigns AS c ON c.campaign_id = s.campaign_id
WHERE (s.remembered OR (s.campaign_id <> {name}
    AND c.first_seen < (SELECT first_seen FROM campaigns WHERE campaign_id = {name})))
  AND NOT EXISTS (
    SELECT 1 FROM applied_judgements AS j
    WHERE j.verdict = 'innocent' AND (j.applies_to IN (s.campaign_id, s.network_id)
      OR j.subject IN (s.campaign_id, s.network_id)))
ORDER BY s.campaign_id, s.network_id, s.remembered""",
    )


def former_sql(campaign: str) -> Query:
    """Networks of the campaign as they were before a run missed them, where profiles say what they were."""
    name = literal(campaign)
    return Query(
        "report former networks",
        f"""SELECT {name} AS campaign_id, l.subject AS network_id, true AS remembered, l.accounts, l.accounts AS act,
  0 AS review, l."at" AS read_until
FROM lineage AS l JOIN (SELECT subject, max(run) AS run FROM lineage WHERE event = 'silent' GROUP BY subject) AS newest
  ON newest.subject = l.subject AND newest.run = l.run AND l.event = 'silent'
WHERE l.subject IN (SELECT unnest(networks) FROM campaigns WHERE campaign_id = {name})
  AND l.subject IN (SELECT network_id FROM network_profiles WHERE remembered)
  AND l.subject NOT IN (SELECT network_id FROM network_standings WHERE remembered)
ORDER BY l.subject""",
    )


def common_sql(campaign: str) -> Query:
    """Accounts of the campaign that were an earlier one's."""
    return Query(
        "report accounts in common",
        f"""SELECT l.subject, count(DISTINCT l.account_id) AS accounts
FROM lineage_members AS l JOIN campaign_members AS m ON m.account_id = l.account_id
WHERE m.campaign_id = {literal(campaign)}
GROUP BY l.subject""",
    )


def profiled_sql(campaign: str) -> Query:
    """The campaign's networks of which the run has habits, without which half of the aspects are not known."""
    return Query(
        "report profiled networks",
        f"""SELECT DISTINCT network_id FROM network_profiles
WHERE claim IN ({", ".join(map(literal, _SHARES))}) AND NOT remembered
  AND network_id IN (SELECT unnest(networks) FROM campaigns WHERE campaign_id = {literal(campaign)})
ORDER BY network_id""",
    )


_Known = tuple[Row, tuple[tuple[str, bool, int], ...]]


def _earlier(found: Iterable[Row], this: Row) -> dict[str, _Known]:
    """The newest standing of each earlier campaign, and its networks, of each what is remembered before what is found;
    without the networks that this campaign uses now."""
    by_campaign: dict[str, dict[str, Row]] = defaultdict(dict)
    for row in found:
        if row["remembered"] or row["network_id"] not in this["networks"]:
            by_campaign[row["campaign_id"]][row["network_id"]] = row
    return {
        name: (
            max(own.values(), key=lambda row: row["read_until"]),
            tuple((row["network_id"], row["remembered"], row["accounts"]) for row in own.values()),
        )
        for name, own in by_campaign.items()
        if sum(row[level] for row in own.values() for level in COUNTED)
    }


Found = Mapping[tuple[str, str], Sequence[Row]]


def figures_of(engine: Engine, some: Sequence[Side], others: Sequence[Side]) -> Found:
    """By the names of one of `some` and one of `others` a row for each aspect that both have."""
    given = [row for side, of in enumerate((some, others)) for one in of for row in one.rows(side)]
    engine.store(_COMPARED, pa.Table.from_pylist(given, schema=_COMPARED.schema))
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows(engine, likeness_sql()):
        found[row["one"], row["other"]].append(row)
    return found


def likeness_sql() -> Query:
    """Of each subject of side 0 beside each of side 1: by aspect the weights of both, and what they have in common."""
    aspects = ", ".join(f"({place}, {literal(claim)})" for place, one in enumerate(ASPECTS) for claim in one.claims)
    shares = ", ".join(map(literal, _SHARES))
    bits = f"CASE p.claim WHEN {literal(ASKS_ALIKE.name)} THEN {WORD_BITS} ELSE {MOST_BITS} END"
    own = f"greatest(0.0, least({bits}, log2(greatest(p.usage, 1e-9) / greatest(p.rate, 1e-9))))"
    return Query(
        "report likeness",
        f"""WITH weights AS (
  SELECT c.side, c.subject, a.aspect, p.claim, p.keyed,
    sum(c.part * p.usage * CASE WHEN p.claim IN ({shares}) THEN 1.0 ELSE {own} END) AS weight
  FROM {_COMPARED.name} AS c
  JOIN network_profiles AS p ON p.network_id = c.network_id AND p.remembered = c.remembered
  JOIN (VALUES {aspects}) AS a(aspect, claim) ON a.claim = p.claim
  GROUP BY c.side, c.subject, a.aspect, p.claim, p.keyed
), totals AS (
  SELECT side, subject, aspect, sum(weight) AS weight, count(*) AS held FROM weights WHERE weight > 0
  GROUP BY side, subject, aspect
), shared AS (
  SELECT m.subject AS one, t.subject AS other, m.aspect, sum(least(m.weight, t.weight)) AS weight, count(*) AS held
  FROM weights AS m JOIN weights AS t
    ON t.aspect = m.aspect AND t.claim = m.claim AND t.keyed = m.keyed AND m.side = 0 AND t.side = 1
  WHERE m.weight > 0 AND t.weight > 0
  GROUP BY m.subject, t.subject, m.aspect
)
SELECT m.subject AS one, t.subject AS other, m.aspect, m.weight AS mine, t.weight AS theirs,
  coalesce(s.weight, 0.0) AS both, m.held AS now, t.held AS before, coalesce(s.held, 0) AS common
FROM totals AS m JOIN totals AS t ON t.aspect = m.aspect AND m.side = 0 AND t.side = 1
LEFT JOIN shared AS s ON s.one = m.subject AND s.other = t.subject AND s.aspect = m.aspect
ORDER BY one, other, m.aspect""",
    )


def _figure(row: Row) -> float:
    """The weighted Jaccard similarity; digits in which the order of a sum shows are left out."""
    return round(min(1.0, float(row["both"] / (row["mine"] + row["theirs"] - row["both"]))), 6)


def _sum(found: Sequence[Row]) -> float:
    return sum(mean_of(found, kind) or 0.0 for kind in KINDS)


def mean_of(found: Sequence[Row], kind: str) -> float | None:
    """The mean of a kind's aspects that both sides have."""
    own = [_figure(row) for row in found if ASPECTS[row["aspect"]].kind == kind]
    return round(fmean(own), 6) if own else None


def _described(name: str, known: _Known, this: Row, common: Mapping[str, int], figures: tuple[Found, Found]) -> Earlier:
    row, networks = known
    mine = figures[0].get(("", name), ())
    of_others = [found for (one, other), found in figures[1].items() if other == name and not _is_own(one, networks)]
    days = (this["first_seen"] - row["read_until"]).total_seconds() / 86_400
    return Earlier(
        sanitise(name),
        name == this["campaign_id"],
        sum(accounts for *_, accounts in networks),
        common.get(name, 0),
        row["read_until"],
        round(days, 1) if days >= 0 else None,
        tuple(_of_kind(kind, mine, of_others) for kind in KINDS),
        tuple(_of_aspect(place, mine, of_others) for place in range(len(ASPECTS))),
    )


def _is_own(subject: str, networks: Iterable[tuple[str, bool, int]]) -> bool:
    return subject.removeprefix("network ") in {one for one, *_ in networks}


def _of_kind(kind: str, mine: Sequence[Row], others: Iterable[Sequence[Row]]) -> Likeness:
    figure = mean_of(mine, kind)
    return Likeness(kind, kind, figure, chance=_chance(figure, [mean_of(one, kind) for one in others]))


def _of_aspect(place: int, mine: Sequence[Row], others: Iterable[Sequence[Row]]) -> Likeness:
    aspect = ASPECTS[place]
    for row in mine:
        if row["aspect"] == place:
            figure = _figure(row)
            same = [_figure(one) for found in others for one in found if one["aspect"] == place]
            return Likeness(
                aspect.kind,
                aspect.words,
                figure,
                again=round(row["both"] / row["theirs"], 6),
                new=round(1.0 - row["both"] / row["mine"], 6),
                common=row["common"],
                before=row["before"],
                now=row["now"],
                chance=_chance(figure, same),
            )
    return Likeness(aspect.kind, aspect.words, None)


def _chance(figure: float | None, others: Iterable[float | None]) -> Chance | None:
    known = [one for one in others if one is not None]
    if figure is None or not known:
        return None
    return Chance(len(known), round(median(known), 6), max(known), sum(one >= figure for one in known))
