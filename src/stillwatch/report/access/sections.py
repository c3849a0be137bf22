"""Doors, regions and resellers written as blocks, the same for the console and every format of the report."""

from __future__ import annotations

from collections.abc import Iterator

from stillwatch.engine import Engine
from stillwatch.report.access.doors import Door, Interval, Upheld, doors
from stillwatch.report.access.regions import Regions, regions
from stillwatch.report.access.resellers import Reseller, resellers
from stillwatch.report.document import RunFacts
from stillwatch.report.dossier.blocks import Block, Grid, Items, Paragraph, Section, Written
from stillwatch.report.dossier.shipped import table
from stillwatch.report.sanitise import sanitise
from stillwatch.report.wording import count, expected, in_words, percent

SHOWN = 30
"""Doors, countries and resellers that are listed, those with most findings first."""
DESCRIBED = 8
"""Doors of which further checks are worked out."""
_FROM_WORLDS = ("all campaigns' accounts at review or a stronger level", "all campaigns' accounts in any network")
_NO_GUILT = (
    "A range's country is where it is registered. Hosting, VPN and relays hide where a person is, travellers are "
    "elsewhere, and a place is no guilt: no finding rests on it."
)


_NO_DOORS = "This run says nothing of doors: it has no account, or an earlier version wrote it. Scan the logs anew."


def written(engine: Engine, facts: RunFacts, judged: Upheld) -> Written:
    """What a run knows of how accounts came in."""
    found, places, sold = doors(engine, judged), regions(engine, facts.addresses_wrong), resellers(engine)
    return Written(
        "Doors",
        "Through which door accounts came in, what campaigns took there, and what one more check would have stopped",
        (
            Section("By door", tuple(_doors(found))),
            Section("Checks that were passed", tuple(_checks(found))),
            Section("One more check", tuple(_further(found, judged))),
            Section("Regions", tuple(_regions(places, facts.addresses_wrong))),
            Section("Resellers", tuple(_resellers(sold))),
        )
        if found
        else (Section("By door", (Paragraph(_NO_DOORS),)),),
        f"Stillwatch {facts.version}. Counts of accounts with requests in this run; event times in UTC.",
    )


def _doors(found: tuple[Door, ...]) -> Iterator[Block]:
    yield Paragraph(
        "An account has one door: its reseller, else its programme, else the free plan, else the channel of its first "
        "request. Being found counts from the sign-up, or from the first request where that is earlier."
    )
    yield Grid(
        "Accounts and campaigns by door, those first through which campaigns took most",
        (
            "door", "accounts", "in campaigns", "campaigns", "requests taken", "before detection",
            "found in an hour", "in a day", "in a week",
        ),
        tuple(
            (
                sanitise(one.name),
                count(one.accounts),
                count(one.accused),
                count(one.campaigns),
                count(one.exchanges),
                percent(one.early / one.exchanges) if one.exchanges else "-",
                *(percent(part / one.accused) if one.accused else "-" for part in one.within),
            )
            for one in found[:SHOWN]
        ),
        numbers=tuple(range(1, 9)),
        otherwise="The run has no account.",
    )  # fmt: skip
    if len(found) > SHOWN:
        yield Paragraph(f"{count(len(found) - SHOWN, 'further door')} stand in the run's table doors.")


def _checks(found: tuple[Door, ...]) -> Iterator[Block]:
    yield Grid(
        "What accounts had passed at the doors that campaigns used, as the accounts' verification says",
        ("door", "check", "in campaigns", "other accounts", "judged innocent"),
        tuple(
            (
                sanitise(one.name),
                "not stated" if passed.check is None else in_words(passed.check),
                count(passed.accused),
                count(passed.others),
                count(passed.cleared),
            )
            for one in found[:DESCRIBED]
            if one.accused
            for passed in one.passed
        ),
        numbers=(2, 3, 4),
        otherwise="No campaign was found.",
    )


def _further(found: tuple[Door, ...], judged: Upheld) -> Iterator[Block]:
    yield Paragraph(
        "A check stops those who cannot pass it. A campaign that has passed a check with any account, at any door, is "
        "taken to be able to; the interval is that of the share of campaigns that are. It asks everybody else too."
    )
    yield Grid(
        "What each check would have stopped among accounts that had not passed it, and whom it would have asked "
        "besides. Intervals are 95 %",
        (
            "door", "check", "in campaigns", "campaigns able to pass", "stopped", "between",
            "others asked", "judged innocent", "passed it anyway",
        ),
        tuple(
            (
                sanitise(one.name),
                in_words(more.check),
                count(more.accused),
                f"{more.able} of {more.campaigns}",
                count(more.stopped),
                _interval(more.between),
                count(more.asked),
                count(more.cleared),
                "-" if more.passed_anyway is None else percent(more.passed_anyway),
            )
            for one in found[:DESCRIBED]
            for more in one.further
        ),
        numbers=tuple(range(2, 9)),
        otherwise="No account of a campaign lacks a check that the accounts' verification knows.",
    )  # fmt: skip
    yield Items(tuple(_doubts(found, judged)))


def _doubts(found: tuple[Door, ...], judged: Upheld) -> Iterator[str]:
    right = judged.right
    total = judged.confirmed + judged.innocent
    if right is None:
        innocent = sum(one.expected_innocent for one in found)
        yield f"Nobody has judged a finding: the run itself expects {expected(innocent)} innocents in these campaigns."
    else:
        yield (
            f"Of {count(total, 'judged finding')} people confirmed {count(judged.confirmed)}: between "
            f"{percent(right[0])} and {percent(right[1])} of findings are right; the low ends hold it."
        )
    yield "How many innocents would not pass, or would leave, no log says: ask a tenth of them first, and count."
    known = {row[0]: row[1:] for row in table("measured")["rows"]}
    for name in _FROM_WORLDS:
        own, second = known[name]
        yield f"Of {name}, made worlds show {own}, and worlds of others {second}; the rest is among the others."


def _regions(found: Regions, wrong: float) -> Iterator[Block]:
    if not found.accounts:
        yield Paragraph("No address data is set (regions.countries), so that nothing is said of places.")
        return
    yield Grid(
        "Sign-ups from countries that are not served, by what they came through",
        ("country", "address of", "network", "accounts", "in campaigns", "card of another country"),
        tuple(
            (
                sanitise(one.country),
                "hosting or VPN" if one.hosting else "an access network",
                in_words(sanitise(one.through or "none found")),
                count(one.accounts),
                count(one.accused),
                count(one.conflicting),
            )
            for one in found.away[:SHOWN]
        ),
        numbers=(3, 4, 5),
        otherwise="None, or regions.not_served names no country.",
    )
    registered, away = count(found.accounts, "registered account"), _interval(found.between)
    yield Items(
        (
            f"Of {registered} {count(found.unplaced)} have an address that the data do not know.",
            f"{count(found.seen)} are seen away. If {percent(wrong)} of the data are wrong, {away} truly are.",
            _NO_GUILT,
        )
    )


def _resellers(found: tuple[Reseller, ...]) -> Iterator[Block]:
    total = sum(one.found for one in found)
    yield Grid(
        "Resellers as the accounts' reseller_id names them, those with most findings first",
        ("reseller", "customers named", "requests", "in campaigns", "of all resellers' findings", "permit", "duties"),
        tuple(
            (
                sanitise(one.reseller_id),
                count(one.accounts),
                count(one.exchanges),
                count(one.found),
                percent(one.found / total) if total else "-",
                "none" if one.permit_id is None else sanitise(one.permit_id),
                ", ".join(in_words(sanitise(duty)) for duty in one.duties) or "none named",
            )
            for one in found[:SHOWN]
        ),
        numbers=(1, 2, 3, 4),
        otherwise="No account names a reseller.",
    )


def _interval(between: Interval) -> str:
    return f"{between[0]:,.0f} to {between[1]:,.0f}"
