"""Shared-attribute components: all accounts that share a value are one group, even if the value is common."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from stillwatch.engine import Engine
from stillwatch_lab.baselines.channels import channels
from stillwatch_lab.baselines.holdings import Holdings, load
from stillwatch_lab.baselines.interface import Logs, scored
from stillwatch_lab.baselines.tables import Int32, name_logs
from stillwatch_lab.baselines.unions import Floats, join_holders, sizes


@dataclass(frozen=True, slots=True)
class SharedAttributes:
    """Scores accounts by the size or by the density of their connected component."""

    name: str
    identifying: bool
    """True to use only channels that identify a person, machine or card; False to use every channel."""
    by_density: bool
    source: str = "link analysis as in fraud products; Akoglu, Tong and Koutra, Graph based anomaly detection (2015)"

    def scores(self, engine: Engine, logs: Logs) -> pa.Table:
        """The size or density of each account's component; 0 for accounts that share nothing."""
        accounts = name_logs(engine, logs)
        chosen = [one for one in channels(engine) if one.identifying or not self.identifying]
        holdings = load(engine, len(accounts), chosen)
        component = join_holders(holdings.accounts, holdings.value_start, holdings.holder)
        size = sizes(component).astype(np.float64)
        value = density(holdings, component) if self.by_density else size
        return scored(accounts, np.where(size > 1, value, 0.0))


def density(holdings: Holdings, component: Int32) -> Floats:
    """Edges of each account's component divided by its accounts and values together, (accounts,)."""
    held = np.diff(holdings.account_start)
    inside = holdings.holder[holdings.value_start[:-1]]  # a value belongs to the component of each of its holders
    edges = np.bincount(component, weights=held, minlength=holdings.accounts)
    nodes = np.bincount(component, minlength=holdings.accounts)
    nodes += np.bincount(component[inside], minlength=holdings.accounts)
    return np.asarray((edges / np.maximum(nodes, 1))[component])


ANY_VALUE = SharedAttributes("shares_any_value_with_many", identifying=False, by_density=False)
IDENTIFIERS = SharedAttributes("shares_identifiers_with_many", identifying=True, by_density=False)
DENSE_IDENTIFIERS = SharedAttributes("densely_shares_identifiers", identifying=True, by_density=True)
