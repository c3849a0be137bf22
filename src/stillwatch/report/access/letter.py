"""The monthly letter to a reseller: which of its own customers it must look into, and nothing of anybody else.

It names accounts, their levels and counts that stand in its own customers' use. Networks, campaigns, shared values and
evidence are left out: they tell of others, and of how campaigns are found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from stillwatch.engine import Engine, Query, literal
from stillwatch.errors import Mistake, UsageError
from stillwatch.report.access.resellers import DUTIES, Reseller, resellers
from stillwatch.report.document import RunFacts
from stillwatch.report.dossier.blocks import Block, Grid, Items, Paragraph, Section, Written
from stillwatch.report.fetch import Row, rows
from stillwatch.report.sanitise import sanitise
from stillwatch.report.wording import MONTHS, count, in_words, percent

LISTED = 200
"""Accounts that a letter names, those that took most first."""
NAMED_FROM = ("act", "review")
"""Levels at which an account is named: one at watch may be a stranger whom others copied."""
_MEANING = (
    "Programs compare how accounts are used, and such a comparison errs: firms, classes and tools that many use can "
    "look alike. It is no statement that a customer did anything wrong, and no reason to end a contract unheard. Ask "
    "each customer who uses the account and what for, and tell us what you found, also where you find nothing."
)


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, in UTC."""

    year: int
    month: int

    @property
    def first(self) -> datetime:
        """Its beginning."""
        return datetime(self.year, self.month, 1)

    @property
    def last(self) -> datetime:
        """The beginning of the next one."""
        return datetime(self.year + self.month // 12, self.month % 12 + 1, 1)

    def __str__(self) -> str:
        return f"{MONTHS[self.month - 1]} {self.year}"


def month_of(text: str) -> Month:
    """The month that `2026-05` says; raises UsageError for another text."""
    try:
        found = datetime.strptime(text, "%Y-%m")
    except ValueError as error:
        what = "is no month"
        raise UsageError([Mistake(f"`--month {text[:20]}`", what, "write year and month: `2026-05`")]) from error
    return Month(found.year, found.month)


def letter(engine: Engine, facts: RunFacts, reseller: str, month: Month) -> Written:
    """The letter; raises UsageError where no account of the run names this reseller."""
    own = next((one for one in resellers(engine) if one.reseller_id == reseller), None)
    if own is None:
        what = "sells to no account of this run"
        raise UsageError(
            [
                Mistake(
                    f"`--reseller {sanitise(reseller)}`",
                    what,
                    "use a `reseller_id` of the accounts, as `report doors` lists them",
                )
            ]
        )
    found = rows(engine, customers_sql(reseller, month))
    return Written(
        f"Your customers in {month}",
        f"To the reseller {sanitise(own.reseller_id)}",
        (
            Section("What you must look into", tuple(_found(found))),
            Section("Your customers as a whole", tuple(_whole(own))),
            Section("What your permit asks of you", tuple(_duties(own, facts.made_at))),
            Section("What this means", (Paragraph(_MEANING),)),
        ),
        f"Made by Stillwatch {facts.version}. It names your own customers alone; all times are in UTC.",
    )


def customers_sql(reseller: str, month: Month) -> Query:
    """The reseller's accounts with requests of a campaign in the month, and how many."""
    levels = ", ".join(literal(one) for one in NAMED_FROM)
    first, last = (f"TIMESTAMP {literal(str(one))}" for one in (month.first, month.last))
    return Query(
        "letter customers",
        f"""SELECT sold.account_id, sold.level, count(*) AS requests, min(taken.started_at) AS first,
  max(taken.started_at) AS last
FROM resold_accounts AS sold
JOIN campaign_exchanges AS taken ON taken.account_id = sold.account_id AND taken.campaign_id = sold.campaign_id
WHERE sold.reseller_id = {literal(reseller)} AND sold.level IN ({levels})
  AND taken.started_at >= {first} AND taken.started_at < {last}
GROUP BY 1, 2 ORDER BY requests DESC, sold.account_id""",
    )


def _found(found: Sequence[Row]) -> Iterator[Block]:
    yield Grid(
        "Your customers whose use looked like part of a larger extraction effort in this month",
        ("account", "level", "requests", "from", "to"),
        tuple(
            (
                sanitise(row["account_id"]),
                row["level"],
                count(row["requests"]),
                f"{row['first']:%Y-%m-%d}",
                f"{row['last']:%Y-%m-%d}",
            )
            for row in found[:LISTED]
        ),
        numbers=(2,),
        otherwise="None of your customers in this month.",
    )
    if len(found) > LISTED:
        yield Paragraph(f"{count(len(found) - LISTED, 'further account')} took less; ask us for the whole list.")


def _whole(own: Reseller) -> Iterator[Block]:
    share = percent(own.found / own.accounts if own.accounts else 0.0)
    levels = f"{count(own.act)} at act, {count(own.review)} at review, {count(own.watch)} at watch"
    yield Items(
        (
            f"We know {count(own.accounts, 'customer')} of yours by name who sent requests.",
            f"Of these {count(own.found)} ({share}) stand in findings: {levels}. Those at watch are not named.",
        )
    )


def _duties(own: Reseller, now: datetime) -> Iterator[Block]:
    if own.permit_id is None:
        yield Paragraph("You hold no permit for resale in our records. Please write to us.", strong=True)
        return
    yield Paragraph(f"Permit {sanitise(own.permit_id)}{_until(own, now)}. Under it the reseller:")
    yield Items(tuple(DUTIES.get(duty, in_words(sanitise(duty))) for duty in own.duties) or ("has no duty named",))


def _until(own: Reseller, now: datetime) -> str:
    if own.valid_until is None:
        return ", without an end"
    ended = own.valid_until <= now
    return f", {'which ended on' if ended else 'valid until'} {own.valid_until:%Y-%m-%d}"
