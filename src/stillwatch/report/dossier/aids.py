"""What a person may look at before attributing: hours, days, marks, shared values, names from a list, earlier events.

None of it is an entry of the worksheet, and none of it names an actor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from stillwatch.engine import Engine, Query, literal
from stillwatch.errors import Mistake, UsageError, reason_of
from stillwatch.report.document import Campaign
from stillwatch.report.dossier.marks import hours_of_others, marks
from stillwatch.report.fetch import rows
from stillwatch.report.sanitise import sanitise
from stillwatch.report.sentences import history, shared_value
from stillwatch.report.wording import count, percent

NIGHT = 8  # hours of sleep, from 23 to 7 by the clock of whoever sleeps
EVEN = NIGHT / 24  # share of requests that any eight hours hold by chance
QUIET = 0.5 * EVEN  # share below which hours are called quiet
SLEEPS_FROM = 23
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def aids(engine: Engine, campaign: Campaign, names: Sequence[str] = ()) -> Iterator[str]:
    """Lines about a campaign; `names` are looked for in what its accounts share."""
    others, acts, acts_of_others = hours_of_others(engine, campaign.campaign_id)
    yield from quiet_hours([row["requests"] for row in rows(engine, hours_sql(campaign.campaign_id))], others)
    yield from quiet_hours(acts, acts_of_others, "hours of sign-ups and first uses", "of these")
    yield from quiet_days([row["requests"] for row in rows(engine, days_sql(campaign.campaign_id))])
    yield from marks(engine, campaign.campaign_id)
    values = [value for network in campaign.networks for value in network.values if value.shown is not None]
    for value in values:
        inside, outside = count(value.accounts), count(value.outside_accounts)
        yield f"shared: {shared_value(value)}, by {inside} accounts inside and {outside} outside"
    for name in names:
        found = [value for value in values if name.casefold() in (value.shown or "").casefold()]
        where = "; ".join(shared_value(value) for value in found)
        yield f"name `{sanitise(name)}`: {where or 'in no shared value that the run shows'}"
    yield from (f"earlier: {line}" for line in history(campaign.history, campaign.campaign_id))


def names_of(path: Path | None) -> list[str]:
    """The names of a file, one a line; raises UsageError where it cannot be read."""
    try:
        text = "" if path is None else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            [Mistake(f"`--names {path}`", f"cannot be read ({reason_of(error)})", "name a text file")]
        ) from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def quiet_hours(
    requests: Sequence[float], others: Sequence[float] = (), name: str = "hours", of: str = "of the requests"
) -> Iterator[str]:
    """The quietest eight hours in a row of 24, everybody else's share of them where it is known, and where it would
    then be night."""
    total = sum(requests)
    if not total:
        return
    sums = [sum(requests[(start + hour) % 24] for hour in range(NIGHT)) for start in range(24)]
    start = sums.index(min(sums))
    share = sums[start] / total
    hours = f"{start:02}:00 to {(start + NIGHT) % 24:02}:00 UTC"
    theirs = sum(others[(start + hour) % 24] for hour in range(NIGHT)) / sum(others) if sum(others) else None
    beside = f"; of everybody else's {percent(theirs)}" if theirs is not None else ""
    if share > QUIET:
        yield f"{name}: the quietest eight, {hours}, hold {percent(share)} {of}{beside}; by chance {percent(EVEN)}"
        return
    zone = (SLEEPS_FROM - start + 12) % 24 - 12
    yield (
        f"{name}: the quietest eight, {hours}, hold {percent(share)} {of}{beside}; if people sleep then, their "
        f"clocks are near UTC{zone:+d}, and a scheduler can keep any hours"
    )


def quiet_days(requests: Sequence[int]) -> Iterator[str]:
    """How the requests fall on the days of the week, from Monday."""
    total = sum(requests)
    if total:
        shares = ", ".join(f"{name} {percent(many / total)}" for name, many in zip(DAYS, requests, strict=True))
        yield f"days: {shares} (UTC)"


def hours_sql(campaign: str) -> Query:
    """Requests in each of the 24 hours of the day."""
    return _by("hour", 24, 0, campaign)


def days_sql(campaign: str) -> Query:
    """Requests on each of the 7 days of the week, from Monday."""
    return _by("isodow", 7, 1, campaign)


def _by(part: str, size: int, first: int, campaign: str) -> Query:
    return Query(
        f"aids {part}",
        f"""SELECT parts.part, count(own.part) AS requests
FROM (SELECT unnest(range({first}, {first + size})) AS part) AS parts
LEFT JOIN (
  SELECT date_part('{part}', started_at) AS part FROM campaign_exchanges WHERE campaign_id = {literal(campaign)}
) AS own ON own.part = parts.part
GROUP BY parts.part ORDER BY parts.part""",
    )
