"""The result of the adversary search on a terminal: recall before and after each evasion, and its cost."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from stillwatch_lab.adversary.search import AdversaryResult, Attempt, ProfileResult
from stillwatch_lab.scores.scorecard import percent


def render(found: AdversaryResult, console: Console) -> None:
    """Prints one table per profile, a sentence on the cheapest evasion that halves recall, and the prices used."""
    for profile in found.profiles:
        console.print(_table(profile))
        console.print(in_words(profile), markup=False)
        console.print()
    console.print("Prices (the exchanges themselves are left out):")
    for good, price in found.prices.items():
        console.print(f"- {good.replace('_', ' ')}: {price.dollars:,.2f} dollars; {price.source}", markup=False)


def in_words(profile: ProfileResult) -> str:
    """Sentences on the cheapest evasion that halves recall, and its price in dollars, accounts and throughput."""
    if not profile.plain.recall:
        return f"`{profile.profile}` is not found at `act` even without evasion: there is nothing to halve."
    one = profile.cheapest
    if one is None:
        return f"No evasion tried halves the recall of `{profile.profile}` ({percent(profile.plain.recall)} at `act`)."
    return (
        f"Cheapest evasion that halves the recall of `{profile.profile}`: `{one.name}` ({one.says}), "
        f"{percent(profile.plain.recall)} to {percent(one.recall)}. A million exchanges cost "
        f"{one.dollars_per_million:,.0f} dollars instead of {profile.plain.dollars_per_million:,.0f}; an account makes "
        f"{one.pace:.1f} a day instead of {profile.plain.pace:.1f}; {profile.accounts_needed(one):,.0f} accounts bring "
        f"in what {profile.plain.used['account']:,.0f} did if the {percent(profile.waiting(one))} of requests that "
        "wait are lost."
    )


def _table(profile: ProfileResult) -> Table:
    table = Table(title=f"{profile.profile}: evasions", title_justify="left", box=SIMPLE, pad_edge=False)
    table.add_column("evasion", no_wrap=True)
    for heading in ("recall", "innocents", "accounts", "needed", "$ a million", "a day each", "waits"):
        table.add_column(heading, justify="right")
    for one in (profile.plain, *profile.attempts):
        halves = "*" if one is profile.cheapest else ""
        table.add_row(f"{one.name}{halves}", *_cells(profile, one))
    table.caption = (
        "recall, innocents: at act; needed: accounts for the throughput without evasion; waits: requests that no other "
        "account repeats; *: the cheapest evasion that halves recall"
    )
    return table


def _cells(profile: ProfileResult, one: Attempt) -> tuple[str, ...]:
    return (
        percent(one.recall),
        f"{one.innocents:,.1f}",
        f"{one.used['account']:,.0f}",
        f"{profile.accounts_needed(one):,.0f}",
        f"{one.dollars_per_million:,.0f}",
        f"{one.pace:.1f}",
        percent(profile.waiting(one)),
    )
