"""Random account-value graphs as the baselines hold them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from stillwatch_lab.baselines.holdings import Holdings, assemble

ACCOUNTS = 9

# the values each account holds; a graph small enough to try every subset of it
holdings_drawn = st.lists(st.sets(st.integers(0, 5), max_size=6), min_size=ACCOUNTS, max_size=ACCOUNTS)


def graph_of(held: list[set[int]], channels: int = 1) -> Holdings:
    """Account u holds the values held[u]; value v belongs to channel v modulo `channels`."""
    parts = []
    for channel in range(channels):
        pairs = [(u, v // channels) for u, values in enumerate(held) for v in sorted(values) if v % channels == channel]
        holder = np.array([u for u, _ in pairs], np.int32)
        value = np.array([v for _, v in pairs], np.int64)
        parts.append((holder, value, np.zeros(len(pairs), np.int64)))
    return assemble(len(held), parts)
