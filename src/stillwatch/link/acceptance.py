"""Whether a set of accounts is a bicluster: its pooled surprise must pay for the search, and several groups agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from stillwatch.link.graph import Graph, edges_inside
from stillwatch.link.membership import AGREEING_GROUPS, Float, Int32, belonging
from stillwatch.link.null_model import (
    EnrichedValues,
    NullModel,
    enriched_values,
    surprise,
)
from stillwatch.link.values import (
    ATTRIBUTES,
    GROUPS,
    SUFFICIENT_GROUPS,
    TOOL_GROUPS,
)

JOINED = 0.4  # share of the members that must hang together by more than one tool and its wording

_COARSE = {code for code, attribute in enumerate(ATTRIBUTES) if attribute.coarse}
_JOINING = [
    code for code, attribute in enumerate(ATTRIBUTES) if attribute.group not in TOOL_GROUPS and not attribute.coarse
]


@dataclass(frozen=True, slots=True)
class Bicluster:
    """One bicluster: its accounts (members,), its values (values,), and the bits of both."""

    members: Int32  # account indices, ascending
    member_bits: Float  # (members,)
    value_bits: Float  # (values,), parallel to `found.values`
    net_bits: float  # pooled surprise less the price of the search
    groups: tuple[str, ...]  # independence groups that agree
    widespread: tuple[int, ...]  # attributes of which at least a third of the members hold a value
    found: EnrichedValues
    carrying: tuple[int, ...]  # attributes whose surprise was counted: the strongest of each hierarchy


def agree(groups: tuple[str, ...]) -> bool:
    """Do enough groups agree? Strangers who use one tool share its software and its wording, which is one reason."""
    if set(groups) & set(SUFFICIENT_GROUPS):
        return True
    return len(groups) >= AGREEING_GROUPS and not set(groups) <= set(TOOL_GROUPS)


def accept(graph: Graph, null: NullModel, prior: Float, part: Int32, core: Int32 | None) -> Bicluster | None:
    """The bicluster of those accounts of `part` that belong together; None when no value or no account is left.

    Arguments are as of `membership.complete`. Whether the bicluster pays for the search stands in its `net_bits`.
    """
    found = enriched_values(graph, null, part)
    candidates, bits = belonging(graph, null, prior, found, len(part), core)
    inside = np.isin(candidates, part)
    members, member_bits = candidates[inside], bits[inside]
    found = enriched_values(graph, null, members)
    if len(members) == 0 or len(found.values) == 0:
        return None
    gain = surprise(found.inside, found.expected)
    attribute = graph.attribute[found.values]
    net, groups, carrying = _net_bits(graph, members, found.values, gain)
    if _joined_share(graph, members, found) < JOINED:
        groups = tuple(group for group in groups if group in TOOL_GROUPS)
    by_attribute = np.bincount(attribute, weights=found.inside, minlength=len(ATTRIBUTES))
    widespread = tuple(int(code) for code in np.flatnonzero(by_attribute >= len(members) / 3))
    return Bicluster(members, member_bits, gain, net, groups, widespread, found, carrying)


def _joined_share(graph: Graph, members: Int32, found: EnrichedValues) -> float:
    """Share of the members in the largest piece that values other than software and wording hold together.

    Strangers who ask from one public data set share its wording; that each also shares an address with a few
    colleagues joins them to those colleagues only.
    """
    values = found.values[np.isin(graph.attribute[found.values], _JOINING)]
    edges = edges_inside(graph, members, values)
    size = len(members) + len(values)
    joined = coo_array((np.ones(len(edges.member)), (edges.member, edges.value + len(members))), shape=(size, size))
    _, label = connected_components(joined, directed=False)
    return float(np.bincount(label[: len(members)]).max() / len(members))


def _net_bits(
    graph: Graph, members: Int32, chosen: Int32, gain: NDArray[np.float64]
) -> tuple[float, tuple[str, ...], tuple[int, ...]]:
    """Pooled surprise less the price of choosing these accounts and values, in bits; the groups that agree; and the
    attributes whose surprise was counted.

    `gain` is the surprise of each `chosen` value. The price is the description length of the choice: u log2(e U / u)
    for u of U accounts, and the same for values. A group agrees when one of its attributes, coarse ones left out,
    carries at least one bit an account.
    """
    attribute = graph.attribute[chosen]
    by_attribute = np.bincount(attribute, weights=gain, minlength=len(ATTRIBUTES))
    best: dict[str, int] = {}
    for code, one in enumerate(ATTRIBUTES):
        strongest = best.get(one.hierarchy)
        if by_attribute[code] > 0 and (strongest is None or by_attribute[code] > by_attribute[strongest]):
            best[one.hierarchy] = code
    used = np.isin(attribute, list(best.values()))
    picked, available = int(used.sum()), graph.values
    size = len(members)
    price = size * np.log2(np.e * graph.accounts / size) + picked * np.log2(np.e * available / max(picked, 1))
    by_group = dict.fromkeys(GROUPS, 0.0)
    for code in best.values():
        by_group[ATTRIBUTES[code].group] += by_attribute[code]
    strongest_of = dict.fromkeys(GROUPS, 0.0)
    for code, one in enumerate(ATTRIBUTES):
        if code not in _COARSE:
            strongest_of[one.group] = max(strongest_of[one.group], by_attribute[code])
    agreeing = tuple(group for group, bits in strongest_of.items() if bits >= size)
    return float(sum(by_group.values()) - price), agreeing, tuple(sorted(best.values()))
