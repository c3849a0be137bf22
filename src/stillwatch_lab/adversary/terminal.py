"""The drill as a table on a terminal: recall before and after, and what each evasion costs."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from stillwatch_lab.adversary.drill import Drill, RungDrill, Try
from stillwatch_lab.scores.scorecard import percent


def render(found: Drill, console: Console) -> None:
    """Prints one table a rung, its cheapest halving evasion in words, and the prices used."""
    for rung in found.rungs:
        console.print(_table(rung))
        console.print(in_words(rung), markup=False)
        console.print()
    console.print("Prices (the exchanges themselves are left out):")
    for good, price in found.prices.items():
        console.print(f"- {good.replace('_', ' ')}: {price.dollars:,.2f} dollars; {price.source}", markup=False)


def in_words(rung: RungDrill) -> str:
    """One sentence: the cheapest evasion that halves recall, and its price in money, accounts and throughput."""
    if not rung.plain.recall:
        return f"`{rung.rung}` is not found at `act` even without evasion: there is nothing to halve."
    one = rung.cheapest
    if one is None:
        return f"No evasion tried halves the recall of `{rung.rung}` ({percent(rung.plain.recall)} at `act`)."
    return (
        f"Cheapest evasion that halves the recall of `{rung.rung}`: `{one.name}` ({one.says}), "
        f"{percent(rung.plain.recall)} to {percent(one.recall)}. A million exchanges cost "
        f"{one.dollars_per_million:,.0f} dollars instead of {rung.plain.dollars_per_million:,.0f}; an account makes "
        f"{one.pace:.1f} a day instead of {rung.plain.pace:.1f}; {rung.accounts_needed(one):,.0f} accounts bring in "
        f"what {rung.plain.used['account']:,.0f} did if the {percent(rung.waiting(one))} of requests that wait "
        "are lost."
    )


def _table(rung: RungDrill) -> Table:
    table = Table(title=f"{rung.rung}: evasions", title_justify="left", box=SIMPLE, pad_edge=False)
    table.add_column("evasion", no_wrap=True)
    for heading in ("recall", "innocents", "accounts", "needed", "$ a million", "a day each", "waits"):
        table.add_column(heading, justify="right")
    for one in (rung.plain, *rung.tries):
        halves = "*" if one is rung.cheapest else ""
        table.add_row(f"{one.name}{halves}", *_cells(rung, one))
    table.caption = (
        "recall, innocents: at act; needed: accounts for the plain throughput; waits: requests no account takes over; "
        "*: cheapest that halves"
    )
    return table


def _cells(rung: RungDrill, one: Try) -> tuple[str, ...]:
    return (
        percent(one.recall),
        f"{one.innocents:,.1f}",
        f"{one.used['account']:,.0f}",
        f"{rung.accounts_needed(one):,.0f}",
        f"{one.dollars_per_million:,.0f}",
        f"{one.pace:.1f}",
        percent(rung.waiting(one)),
    )
