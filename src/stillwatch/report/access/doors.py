"""What campaigns took through each door, and what one more check at it would have stopped.

A check stops those who cannot pass it. Who can is seen from campaigns, not from accounts: the accounts of a campaign
pass checks together. A campaign of which any account has passed a check, or a stronger one, at whatever door, is taken
to be able to pass it everywhere. So of n campaigns behind a door k could have come all the same, and the interval of
that share (Jeffreys 1946, 95 %) bounds what the check would have stopped of campaigns like them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scipy.special import betaincinv

from stillwatch.engine import Engine, Query
from stillwatch.records.inputs import VERIFICATIONS
from stillwatch.records.outputs import LEVELS
from stillwatch.report.fetch import Row, Rows, rows

if TYPE_CHECKING:
    from stillwatch.ledger.ledger import Ledger

CONFIDENCE = 0.95
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Upheld:
    """How people have judged findings: this many were confirmed, and this many were innocent."""

    confirmed: int = 0
    innocent: int = 0

    @property
    def right(self) -> Interval | None:
        """The share of findings that are right; None where nobody has judged any."""
        total = self.confirmed + self.innocent
        return jeffreys(self.confirmed, total) if total else None


@dataclass(frozen=True, slots=True)
class Passed:
    """Accounts that had passed just this check when they came in; None is not stated."""

    check: str | None
    accused: int
    others: int
    cleared: int  # of the others, those whom a person has judged innocent


@dataclass(frozen=True, slots=True)
class OneMore:
    """What a check would have done that a door does not ask for."""

    check: str
    accused: int  # accounts of campaigns that had not passed it
    campaigns: int  # theirs
    able: int  # of those campaigns, the ones that have passed it somewhere
    stopped: int  # accounts of the others
    between: Interval  # accounts, by the interval of campaigns that are able; its low end also has findings err
    asked: int  # other accounts that it would have asked
    cleared: int  # of them, those whom a person has judged innocent
    passed_anyway: float | None  # share of the door's other accounts that have passed it without being made to


@dataclass(frozen=True, slots=True)
class Door:
    """A way in, and what came through it."""

    name: str
    accounts: int
    accused: int
    campaigns: int
    exchanges: int  # that campaigns took
    early: int  # of them, before their account was detected
    within: tuple[int, int, int]  # accounts of campaigns found within an hour, a day, a week of the sign-up
    expected_innocent: float  # of the accused, by the run's own probabilities
    passed: tuple[Passed, ...]
    further: tuple[OneMore, ...]


def jeffreys(hits: int, trials: int) -> Interval:
    """Returns the equal-tailed interval of a share under Jeffreys' prior (Brown, Cai and DasGupta, 2001)."""
    tail = (1.0 - CONFIDENCE) / 2
    low = 0.0 if hits == 0 else float(betaincinv(hits + 0.5, trials - hits + 0.5, tail))
    high = 1.0 if hits == trials else float(betaincinv(hits + 0.5, trials - hits + 0.5, 1.0 - tail))
    return low, high


def upheld(ledger: Ledger) -> Upheld:
    """How people have judged what runs had found when they judged it; what was withdrawn does not count."""
    found = ledger.judgements.findings()
    said = [
        one.verdict
        for one in ledger.judgements.latest().values()
        if one.judgement_id in found and found[one.judgement_id].level in LEVELS
    ]
    return Upheld(said.count("confirmed"), said.count("innocent"))


def doors(engine: Engine, judged: Upheld) -> tuple[Door, ...]:
    """Every door, those first through which campaigns took most."""
    counted = rows(engine, doors_sql())
    able = _able(counted)
    names = list(dict.fromkeys(name_of(row) for row in counted))
    found = [_door(name, [row for row in counted if name_of(row) == name], able, judged) for name in names]
    return tuple(sorted(found, key=lambda one: (-one.exchanges, -one.accounts, one.name)))


def doors_sql() -> Query:
    """The counts by door, check and campaign."""
    return Query("access doors", "SELECT * FROM doors ORDER BY ALL")


def name_of(row: Row) -> str:
    """A door in words."""
    if row["door"] != "channel":
        return _NAMES[row["door"]]
    return f"channel {row['channel']}" if row["channel"] else "channel not stated"


_NAMES = {
    "reseller": "resellers",
    "education": "education programme",
    "research": "research programme",
    "startup": "start-up programme",
    "free": "free plan",
}


def _rank(check: str | None) -> int:
    return -1 if check is None else VERIFICATIONS.index(check)


def _able(counted: Rows) -> dict[str, int]:
    """By campaign the strongest check that any of its accounts has passed, at whatever door."""
    found: dict[str, int] = {}
    for row in counted:
        if row["campaign_id"] is not None:
            found[row["campaign_id"]] = max(found.get(row["campaign_id"], -1), _rank(row["verification"]))
    return found


def _door(name: str, mine: Rows, able: dict[str, int], judged: Upheld) -> Door:
    accused = [row for row in mine if row["campaign_id"] is not None]
    others = [row for row in mine if row["campaign_id"] is None]
    innocent = float(sum(row["expected_innocent_accounts"] for row in accused))
    right = 1.0 - innocent / max(1, _sum(accused)) if judged.right is None else judged.right[0]
    stated = [row for row in mine if row["verification"] is not None]
    further = [_one_more(check, accused, others, able, right) for check in VERIFICATIONS[1:]] if stated else []
    return Door(
        name,
        _sum(mine),
        _sum(accused),
        len({row["campaign_id"] for row in accused}),
        _sum(accused, "exchanges"),
        _sum(accused, "early_exchanges"),
        (_sum(accused, "within_hour"), _sum(accused, "within_day"), _sum(accused, "within_week")),
        innocent,
        tuple(_passed(check, accused, others) for check in (*VERIFICATIONS, None) if _any(check, mine)),
        tuple(one for one in further if one.accused),
    )


def _any(check: str | None, mine: Rows) -> bool:
    return any(row["verification"] == check for row in mine)


def _passed(check: str | None, accused: Rows, others: Rows) -> Passed:
    beside = [row for row in others if row["verification"] == check]
    return Passed(
        check,
        _sum([row for row in accused if row["verification"] == check]),
        _sum(beside),
        _sum(beside, "cleared_accounts"),
    )


def _one_more(check: str, accused: Rows, others: Rows, able: dict[str, int], right: float) -> OneMore:
    rank = _rank(check)
    # an account of which nothing is stated may have passed it
    without = [row for row in accused if 0 <= _rank(row["verification"]) < rank]
    asked = [row for row in others if 0 <= _rank(row["verification"]) < rank]
    past = [row for row in others if _rank(row["verification"]) >= rank]
    campaigns = {row["campaign_id"] for row in without}
    can = {one for one in campaigns if able[one] >= rank}
    accounts, stopped = _sum(without), _sum([row for row in without if row["campaign_id"] not in can])
    low, high = jeffreys(len(can), len(campaigns)) if campaigns else (0.0, 0.0)
    known = _sum(asked) + _sum(past)
    return OneMore(
        check,
        accounts,
        len(campaigns),
        len(can),
        stopped,
        (right * min(stopped, accounts * (1.0 - high)), max(stopped, accounts * (1.0 - low))),
        _sum(asked),
        _sum(asked, "cleared_accounts"),
        _sum(past) / known if known else None,
    )


def _sum(some: Sequence[Row], column: str = "accounts") -> int:
    return sum(row[column] for row in some)
