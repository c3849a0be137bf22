"""Lays out the drawing of a network: shared values on the left, the accounts that have them on the right.

Two columns serve better than a force-directed layout: labels never overlap, equal input gives equal output on every
machine, and a reader sees whether all accounts share one value or many values connect them pairwise. Lengths are in
SVG user units, of which the drawing is 720 wide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stillwatch.records.claims import FAMILIES
from stillwatch.report.document import Link, Network, Value
from stillwatch.report.sentences import shared_value
from stillwatch.report.wording import bits, count

WIDTH = 720
VALUE_X, ACCOUNT_X = 292, 610
ACCOUNTS = 240  # dots drawn; more of them would merge into a bar
ROW = 36.0  # height of a value with its two lines of text
DOT = 6.5  # distance between dots
MARGIN = 14.0
LABEL = 32  # characters of a label; a longer one would leave the drawing on the left


@dataclass(frozen=True, slots=True)
class ValueNode:
    """A shared value: its vertical position, style class, label, and the line that counts its accounts."""

    y: float
    colour: str
    label: str
    detail: str


@dataclass(frozen=True, slots=True)
class AccountNode:
    """The dot of an account, drawn hollow when the account is in the network but not in the campaign."""

    x: float
    y: float
    inside: bool
    title: str


@dataclass(frozen=True, slots=True)
class Lines:
    """All lines of one value as one SVG path, drawn lighter when they lead to accounts outside the campaign."""

    path: str
    colour: str
    inside: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything to draw, and the sentence that describes it to a reader who cannot see it."""

    height: float
    values: tuple[ValueNode, ...]
    accounts: tuple[AccountNode, ...]
    lines: tuple[Lines, ...]
    opacity: float
    sentence: str
    has_inside: bool  # whether any dot is an account in the campaign
    has_outside: bool  # whether any is one outside it


def draw(network: Network) -> Drawing | None:
    """Lays out the network's sampled links; None when there is nothing to draw."""
    values_of = _values_of_accounts(network.links, {value.value_id for value in network.values})
    if not values_of:
        return None
    values = [value for value in network.values if any(value.value_id in one for one in values_of.values())]
    inside = {link.account_id for link in network.links if link.inside}
    accounts = _order(values_of, values, inside)
    height = _height(len(values), len(accounts))
    heights = {value.value_id: _spread(index, len(values), height) for index, value in enumerate(values)}
    dots = _dots(accounts, height, inside)
    return Drawing(
        height=height,
        values=tuple(_value_node(value, heights[value.value_id]) for value in values),
        accounts=tuple(dots.values()),
        lines=_lines(values, heights, dots, values_of),
        opacity=_opacity(sum(len(values_of[account]) for account in accounts)),
        sentence=_description(network, len(accounts), len(values)),
        has_inside=any(dot.inside for dot in dots.values()),
        has_outside=any(not dot.inside for dot in dots.values()),
    )


def colour(family: str) -> str:
    """The style class of a family of evidence; unknown families share one colour."""
    plain = family.replace("-", "").replace("_", "").lower()
    for index, known in enumerate(FAMILIES):
        if plain.startswith(known):
            return f"family-{index}"
    return "family-other"


def _values_of_accounts(links: Sequence[Link], known: set[str]) -> dict[str, frozenset[str]]:
    values_of: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if link.value_id in known:
            values_of[link.account_id].add(link.value_id)
    return {account: frozenset(values) for account, values in values_of.items()}


def _order(values_of: Mapping[str, frozenset[str]], values: Sequence[Value], inside: set[str]) -> list[str]:
    """Chooses the best connected accounts, campaign members first, and orders them so that few lines cross."""
    rank = {value.value_id: index for index, value in enumerate(values)}
    chosen = sorted(values_of, key=lambda one: (one not in inside, -len(values_of[one]), one))[:ACCOUNTS]

    def middle(account: str) -> float:
        return sum(rank[value] for value in values_of[account]) / len(values_of[account])

    return sorted(chosen, key=lambda one: (middle(one), sorted(rank[value] for value in values_of[one]), one))


def _height(values: int, accounts: int) -> float:
    return max(values * ROW, min(accounts, 60) * DOT, 2 * ROW) + 2 * MARGIN


def _spread(index: int, of: int, height: float) -> float:
    return round(MARGIN + (height - 2 * MARGIN) * (index + 0.5) / of, 1)


def _dots(accounts: Sequence[str], height: float, inside: set[str]) -> dict[str, AccountNode]:
    columns = max(1, round(len(accounts) * DOT / (height - 2 * MARGIN) + 0.49))
    return {
        account: AccountNode(
            x=round(ACCOUNT_X + (index % columns) * DOT * 1.4, 1),
            y=_spread(index, len(accounts), height),
            inside=account in inside,
            title=account,
        )
        for index, account in enumerate(accounts)
    }


def _lines(
    values: Sequence[Value],
    heights: Mapping[str, float],
    dots: Mapping[str, AccountNode],
    values_of: Mapping[str, frozenset[str]],
) -> tuple[Lines, ...]:
    lines = []
    for value in values:
        for inside in (False, True):  # lines of campaign members are drawn over the others
            ends = [
                dot for account, dot in dots.items() if dot.inside is inside and value.value_id in values_of[account]
            ]
            if ends:
                path = "".join(_curve(heights[value.value_id], dot) for dot in ends)
                lines.append(Lines(path, colour(value.family), inside))
    return tuple(lines)


def _curve(y: float, dot: AccountNode) -> str:
    return f"M{VALUE_X + 6} {y:g}C{VALUE_X + 130} {y:g} {ACCOUNT_X - 130} {dot.y:g} {dot.x - 3:g} {dot.y:g}"


def _opacity(lines: int) -> float:
    """The opacity of lines, lower the more there are, so that a thousand of them do not hide one another."""
    return 0.75 if lines <= 60 else 0.45 if lines <= 250 else 0.22


def _value_node(value: Value, y: float) -> ValueNode:
    detail = f"{count(value.accounts)} inside · {count(value.outside_accounts)} outside · {bits(value.bits)} bits"
    label = shared_value(value)
    label = label if len(label) <= LABEL else f"{label[: LABEL - 1]}…"
    return ValueNode(y, colour(value.family), label, detail)


def _description(network: Network, accounts: int, values: int) -> str:
    drawn = count(accounts) if accounts == network.accounts else f"{count(accounts)} of {count(network.accounts)}"
    return (
        f"Network {network.network_id}: {count(values, 'shared value')} on the left joined by lines to "
        f"{drawn} accounts on the right. The table below says the same in numbers."
    )
