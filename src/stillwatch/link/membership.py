"""Which accounts belong to a bicluster: those whose values are likelier under it than by chance."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from stillwatch.link.graph import Graph
from stillwatch.link.kernels import score_holders
from stillwatch.link.null_model import (
    EnrichedValues,
    NullModel,
    enriched_values,
)
from stillwatch.link.values import (
    ATTRIBUTES,
    GROUP_OF_HIERARCHY,
    GROUPS,
    HIERARCHY_OF,
    SUFFICIENT_GROUPS,
)

Int32 = NDArray[np.int32]
Float = NDArray[np.float64]
Steps = dict[bytes, Int32]
"""The accounts to which a set of accounts grew in one round, by a digest of that set."""

ROUNDS = 10  # rounds of growth: a fixed point is mostly reached after three or four
EXTRA_BITS = 8.0  # beyond log2(accounts / members): by chance one bicluster in 256 would gain one stranger
AGREEING_GROUPS = 2  # independence groups in which a member must be like the others

_SUFFICIENT = np.array([group in SUFFICIENT_GROUPS for group in GROUPS])


@dataclass(frozen=True, slots=True)
class AccountPrior:
    """What is known of each account by itself, before it is compared with others: arrays (accounts,)."""

    bits: Float  # that no independent person uses it
    handover_count: Int32


def complete(  # noqa: PLR0913  the graph, its null model and its prior go everywhere together
    graph: Graph,
    null: NullModel,
    prior: Float,
    seed: Int32,
    minimum: int,
    steps: Steps,
    free: NDArray[np.bool_],
    core: Int32 | None = None,
) -> Int32 | None:
    """The account indices to which a seed grows at the fixed point of values and members; None under `minimum`.

    `prior` (accounts,) are bits, `free` (accounts,) marks the accounts that may belong, and a `core` holds accounts
    joined by handovers. `steps` remembers what each set of accounts grew to: seeds of one bicluster soon coincide.
    """
    members = seed
    for _ in range(ROUNDS):
        name = blake2b(members.tobytes() + (b"" if core is None else b"core" + core.tobytes()), digest_size=16).digest()
        if name not in steps:
            steps[name] = _grown(graph, null, prior, members, core)
        grown = steps[name][free[steps[name]]]
        if len(grown) < minimum:
            return None
        if len(grown) == len(members) and bool((grown == members).all()):
            break
        members = grown
    return members


def _grown(graph: Graph, null: NullModel, prior: Float, members: Int32, core: Int32 | None) -> Int32:
    found = enriched_values(graph, null, members)
    if len(found.values) == 0:
        return np.empty(0, np.int32)
    return belonging(graph, null, prior, found, len(members), core)[0]


def belonging(
    graph: Graph, null: NullModel, prior: Float, found: EnrichedValues, size: int, core: Int32 | None
) -> tuple[Int32, Float]:
    """Account indices, ascending, whose bits exceed the price of choosing them, and that agree in enough groups; and
    their bits.

    The price is log2(accounts / `size`), which no account pays less than 1 bit of, and EXTRA_BITS. An account of the
    `core` pays no EXTRA_BITS: handovers chose it, no search among all accounts did.
    """
    candidates, bits, groups = _member_bits(graph, null, found)
    bits = bits + prior[candidates]
    extra = EXTRA_BITS if core is None else np.where(np.isin(candidates, core), 0.0, EXTRA_BITS)
    kept = (bits > np.log2(max(2.0, graph.accounts / max(size, 1))) + extra) & (groups >= AGREEING_GROUPS)
    return candidates[kept], bits[kept]


def _member_bits(graph: Graph, null: NullModel, found: EnrichedValues) -> tuple[Int32, Float, Int32]:
    """The accounts that hold any of the values, ascending, with their log2 likelihood ratio and agreeing groups."""
    given = (
        graph.value_start,
        graph.holder,
        graph.distinct_count,
        found.values,
        graph.attribute[found.values],
        found.usage,
        found.rate,
        np.zeros(len(ATTRIBUTES)),
        null.country,
        HIERARCHY_OF,
        GROUP_OF_HIERARCHY,
        null.scratch.by_account,
        _SUFFICIENT,
    )
    holders = int((graph.value_start[found.values + 1] - graph.value_start[found.values]).sum())
    parts = null.chunks.each(lambda first, last: score_holders(*given, first, last), holders)
    candidates, bits, groups = (np.concatenate(column) for column in zip(*parts, strict=True))
    return candidates, bits, groups
