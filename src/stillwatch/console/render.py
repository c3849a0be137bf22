"""Pages from templates: everything from outside is escaped, and made visible where it hides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader

from stillwatch import __version__
from stillwatch.console import static
from stillwatch.console.asked import Asked, html
from stillwatch.console.navigation import LINKS
from stillwatch.ledger.records import in_utc
from stillwatch.records.lineage import CAMPAIGN
from stillwatch.records.subjects import REENTRY, SCREENING, account_of, names_a_group
from stillwatch.report import wording
from stillwatch.report.document import Evidence
from stillwatch.report.render.html import environment
from stillwatch.report.sanitise import LONGEST_SENTENCE, sanitise
from stillwatch.serve.http import Response

LONGEST_LINKED = 1_500
"""Characters of an id that an address can carry; longer ones are shown and not linked."""
WEAK_BITS, MOST_WEAK = 0.5, 4
"""Observations below so many bits are folded away where there are more than so many: a reader has a minute."""
_STANDINGS = {
    "waiting": "waits for a second person",
    "to_begin": "approved, begins later",
    "active": "in force",
    "held_out": "held out",
}


def page(asked: Asked, template: str, status: int = 200, **shown: Any) -> Response:
    """Returns a page of the console; a part of it where only that was asked for."""
    standing = {
        "asked": asked,
        "links": [one for one in LINKS if asked.may(one.role)],
        "version": __version__,
        "now": asked.now,
    }
    return html(templates().get_template(template).render(**standing, **shown), status)


def plain(template: str, status: int, **shown: Any) -> Response:
    """Returns a page for somebody who is not known, or cannot be."""
    return html(templates().get_template(template).render(asked=None, version=__version__, **shown), status)


@cache
def templates() -> Environment:
    """The console's templates over the report's words and drawings."""
    found = environment(PackageLoader("stillwatch.console"))
    found.filters.update(
        shown=shown,
        said=said,
        whole=whole,
        moment=moment,
        account_address=account_address,
        subject_address=subject_address,
        ago=ago,
        bar=bar,
        weaker=weaker,
        standing=standing,
        lasting=lasting,
        items_of=dict,
        zip_twice=zip_twice,
    )
    found.globals.update(asset=static.address, query=query, linked=linked, account_of=account_of)
    return found


def shown(text: object) -> str:
    """An id or a name from outside, on one line and with what hides in it made visible."""
    return sanitise(str(text))


def said(text: object) -> str:
    """What a person wrote, at sentence length."""
    return sanitise(str(text), LONGEST_SENTENCE)


def whole(text: str) -> str:
    """What a person must read to its end, as an objection; what takes it in bounds its length."""
    return sanitise(text, len(text))


def moment(at: datetime | date | None) -> str:
    """`22 Apr 2026, 13:05`, in UTC; of a date the day alone."""
    if at is None:
        return "never"
    if not isinstance(at, datetime):
        return wording.day(at, True)
    found = in_utc(at)
    return f"{wording.day(found, True)}, {found:%H:%M}"


def ago(at: datetime, now: datetime) -> str:
    """How long ago, or how far ahead, a moment is: `3 hours ago`, `in 2 days`."""
    span = in_utc(now) - in_utc(at)
    ahead, length = span < timedelta(0), abs(span)
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if length >= size:
            amount = wording.count(length // size, unit)
            return f"in {amount}" if ahead else f"{amount} ago"
    return "now"


def linked(text: str) -> bool:
    """Whether an address can carry this id, and it comes back as it was."""
    try:
        return 0 < len(text) <= LONGEST_LINKED and text.encode() is not None
    except UnicodeEncodeError:
        return False


def account_address(account: str) -> str:
    """The page of an account, whatever its id holds."""
    return f"/account?id={quote(account, safe='')}"


def subject_address(subject: str) -> str:
    """The page of a campaign, a network, a screened name, or else an account."""
    if subject.startswith(SCREENING):
        return "/screening"
    if (account := account_of(subject)) is not None:
        return account_address(account)
    if subject.startswith(REENTRY):
        return account_address(subject.removeprefix(REENTRY))
    if not names_a_group(subject):  # an account's own id may begin with the same letter
        return account_address(subject)
    return f"/{'campaigns' if subject.startswith(CAMPAIGN) else 'networks'}/{subject}"


def query(**named: str | int | None) -> str:
    """A query string of what is not empty."""
    stated = {name: value for name, value in named.items() if value not in (None, "")}
    return f"?{urlencode(stated)}" if stated else ""


def weaker(facts: Sequence[Evidence]) -> list[Evidence]:
    """The observations of little weight, where they are many enough to be folded away."""
    weak = [one for one in facts if abs(one.bits) < WEAK_BITS]
    return weak if len(weak) > MOST_WEAK else []


def standing(status: str) -> str:
    """What a decision is, in words: `waiting` becomes `waits for a second person`."""
    return _STANDINGS.get(status, wording.in_words(status))


def lasting(span: timedelta) -> str:
    """A duration in the largest unit that divides it: `6 hours`, `30 days`."""
    for unit, size in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if span >= size and not span % size:
            return wording.count(span // size, unit)
    return wording.count(round(span.total_seconds()), "second")


def zip_twice(names: Iterable[str]) -> list[tuple[str, str]]:
    """Names as options of a form whose values are the names themselves."""
    return [(one, one) for one in names]


def bar(share: float) -> str:
    """A share of 0..1 as the length of a bar of 100."""
    return f"{100 * min(1.0, max(0.0, share)):.1f}"


def now() -> datetime:
    """The moment."""
    return datetime.now(UTC)
