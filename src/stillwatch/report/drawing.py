"""Where the nodes of a network's picture stand: shared values on the left, the accounts that hold them on the right.

Two columns rather than a cloud of springs: labels never overlap, equal input gives equal output on every machine, and
the reader sees at a glance whether all accounts hold one value or a mesh of values holds them together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stillwatch.records.claims import FAMILIES
from stillwatch.report.document import Link, Network, Value
from stillwatch.report.wording import bits, count, words

WIDTH = 720
VALUE_X, ACCOUNT_X = 292, 610
ACCOUNTS = 240  # with 24 values under 300 nodes: more dots than this merge into a bar
ROW = 36.0  # two lines of label a value
DOT = 6.5  # pixels between dots
MARGIN = 14.0


@dataclass(frozen=True, slots=True)
class ValueNode:
    """A shared value: its height, colour class, label and the line that counts its holders."""

    y: float
    colour: str
    label: str
    detail: str


@dataclass(frozen=True, slots=True)
class AccountNode:
    """An account's dot; hollow when it is in the network but not in the campaign."""

    x: float
    y: float
    inside: bool
    title: str


@dataclass(frozen=True, slots=True)
class Lines:
    """All lines of one value in one SVG path, lighter when they lead outside the campaign."""

    path: str
    colour: str
    inside: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything to draw, and the sentence that says it to who cannot see it."""

    height: float
    values: tuple[ValueNode, ...]
    accounts: tuple[AccountNode, ...]
    lines: tuple[Lines, ...]
    opacity: float
    sentence: str
    strangers: bool  # whether any dot is outside the campaign


def drawing(network: Network) -> Drawing | None:
    """The picture of a network's sampled links; None when there is nothing to draw."""
    held = _held(network.links, {value.value_id for value in network.values})
    if not held:
        return None
    values = [value for value in network.values if any(value.value_id in one for one in held.values())]
    inside = {link.account_id for link in network.links if link.inside}
    accounts = _order(held, values, inside)
    height = _height(len(values), len(accounts))
    heights = {value.value_id: _spread(index, len(values), height) for index, value in enumerate(values)}
    dots = _dots(accounts, height, inside)
    return Drawing(
        height=height,
        values=tuple(_value_node(value, heights[value.value_id]) for value in values),
        accounts=tuple(dots.values()),
        lines=_lines(values, heights, dots, held),
        opacity=_opacity(sum(len(held[account]) for account in accounts)),
        sentence=_sentence(network, len(accounts), len(values)),
        strangers=any(not dot.inside for dot in dots.values()),
    )


def colour(family: str) -> str:
    """The style class of a family; families not known here share one colour."""
    plain = family.replace("-", "").replace("_", "").lower()
    for index, known in enumerate(FAMILIES):
        if plain.startswith(known):
            return f"family-{index}"
    return "family-other"


def _held(links: Sequence[Link], known: set[str]) -> dict[str, frozenset[str]]:
    held: dict[str, set[str]] = defaultdict(set)
    for link in links:
        if link.value_id in known:
            held[link.account_id].add(link.value_id)
    return {account: frozenset(values) for account, values in held.items()}


def _order(held: Mapping[str, frozenset[str]], values: Sequence[Value], inside: set[str]) -> list[str]:
    """The best connected accounts, campaign members first, in the order of what they hold: few lines cross."""
    rank = {value.value_id: index for index, value in enumerate(values)}
    chosen = sorted(held, key=lambda one: (one not in inside, -len(held[one]), one))[:ACCOUNTS]

    def middle(account: str) -> float:
        return sum(rank[value] for value in held[account]) / len(held[account])

    return sorted(chosen, key=lambda one: (middle(one), sorted(rank[value] for value in held[one]), one))


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
    held: Mapping[str, frozenset[str]],
) -> tuple[Lines, ...]:
    lines = []
    for value in values:
        for inside in (False, True):  # members are drawn over strangers
            ends = [dot for account, dot in dots.items() if dot.inside is inside and value.value_id in held[account]]
            if ends:
                path = "".join(_curve(heights[value.value_id], dot) for dot in ends)
                lines.append(Lines(path, colour(value.family), inside))
    return tuple(lines)


def _curve(y: float, dot: AccountNode) -> str:
    return f"M{VALUE_X + 6} {y:g}C{VALUE_X + 130} {y:g} {ACCOUNT_X - 130} {dot.y:g} {dot.x - 3:g} {dot.y:g}"


def _opacity(lines: int) -> float:
    """Fainter the more lines there are, so that a thousand still read as a shade and not as a blot."""
    return 0.75 if lines <= 60 else 0.45 if lines <= 250 else 0.22


def _value_node(value: Value, y: float) -> ValueNode:
    detail = f"{count(value.accounts)} inside · {count(value.outside_accounts)} outside · {bits(value.bits)} bits"
    return ValueNode(y, colour(value.family), words(value.claim), detail)


def _sentence(network: Network, accounts: int, values: int) -> str:
    drawn = count(accounts) if accounts == network.accounts else f"{count(accounts)} of {count(network.accounts)}"
    return (
        f"Network {network.network_id}: {count(values, 'shared value')} on the left joined by lines to "
        f"{drawn} accounts on the right. The table below says the same in numbers."
    )
